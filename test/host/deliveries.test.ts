import { afterEach, beforeEach, expect, test } from "vitest";
import { BudgetError, definePlugin, NetworkError, NotReadyError, plainText } from "../../core/plugin.js";
import type { EventPayload } from "../../core/events/event.js";
import type { Invocation, Plugin } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { riding } from "./accounts.js";
import { closeDesks, failedOf, mention, openDesk, type Desk } from "./desk.js";

let sandbox: Sandbox;
let redis: TestRedis;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "zoe", "yan"] });
  redis = testRedis();
});
afterEach(async () => {
  await closeDesks();
  await sandbox.close();
});

type Mentioned = Invocation<"read" | "write", never> & EventPayload<"notification.mention">;

/** A plugin that does this with mentions. */
function onMention(handle: (invocation: Mentioned) => unknown, name = "greeter"): Plugin {
  return definePlugin({ name, scopes: ["read", "write"], setup: ({ on }) => on("notification.mention", handle) });
}

async function openAtStart(plugins: readonly Plugin[], timing = {}): Promise<Desk> {
  const desk = await openDesk({ redis, sandbox, riders: plugins.map((plugin) => riding(plugin)), timing });
  await desk.deliveries.places.open(async () => "");
  return desk;
}

async function handled(desk: Desk, rider = "greeter"): Promise<number> {
  return (await desk.store.counts(rider)).handled;
}

test("each rider gets a notification once, whether it comes by stream, by catch-up or both", async () => {
  const seen: string[] = [];
  const see = (name: string) => onMention(({ id }) => void seen.push(id), name);
  const desk = await openAtStart([see("greeter"), see("counter")]);
  const event = { kind: "notification", notification: await mention(sandbox, "hi") } as const;
  desk.deliveries.offer(event);
  desk.deliveries.offer(event);
  await desk.deliveries.idle();
  desk.deliveries.offer(event);
  await desk.deliveries.idle();
  const id = `notification/${event.notification.id}`;
  expect(seen.toSorted()).toEqual([`counter/${id}`, `greeter/${id}`]);
  expect(await handled(desk)).toBe(1);
});

test("what one person does is handled in order, what others do is not held up by it", async () => {
  const ended: string[] = [];
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const plugin = onMention(async ({ notification }) => {
    const text = plainText(notification.status.content);
    if (text.includes("first")) await held;
    ended.push(text.replace("@bot ", ""));
  });
  const desk = await openAtStart([plugin]);
  for (const [text, by] of [
    ["first", "zoe"],
    ["second", "zoe"],
    ["other", "yan"],
  ] as const) {
    desk.deliveries.offer({ kind: "notification", notification: await mention(sandbox, text, by) });
  }
  await expect.poll(() => ended, soon).toEqual(["other"]);
  letGo();
  await desk.deliveries.idle();
  expect(ended).toEqual(["other", "first", "second"]);
});

test("a handler that throws is tried again from the due list, and after five attempts kept as failed", async () => {
  const attempts: number[] = [];
  const plugin = onMention(({ attempt }) => {
    attempts.push(attempt);
    throw new Error("the plugin is broken");
  });
  const desk = await openAtStart([plugin]);
  const { id } = await mention(sandbox, "hi");
  desk.deliveries.offer({ kind: "notification", notification: { ...(await mention(sandbox, "hi")), id } });
  await expect.poll(() => failedOf(redis, desk.connection), soon).toEqual([`greeter/notification/${id}`]);
  expect(attempts).toEqual([1, 2, 3, 4, 5]);
  expect(await desk.store.dueInvocations()).toEqual([]);
  expect(await desk.store.counts("greeter")).toEqual({ handled: 0, failed: 1 });
});

test("waiting for the server, the account or the budget is no failed attempt", async () => {
  const waits = [
    new NetworkError("the server is down", "refused", false),
    new NotReadyError("paused"),
    new BudgetError("statuses.create", new Date(Date.now() + 5)),
    new NetworkError("the server is down", "timeout", true),
    new NotReadyError("paused"),
    new NetworkError("the server is down", "dns", false),
  ];
  const attempts: number[] = [];
  const plugin = onMention(({ attempt }) => {
    attempts.push(attempt);
    const wait = waits.shift();
    if (wait !== undefined) throw wait;
  });
  const desk = await openAtStart([plugin]);
  desk.deliveries.offer({ kind: "notification", notification: await mention(sandbox, "hi") });
  await expect.poll(() => handled(desk), soon).toBe(1);
  expect(attempts).toEqual([1, 1, 1, 1, 1, 1, 1]);
  expect(await desk.store.dueInvocations()).toEqual([]);
});

test("an event that waits is counted as waiting, wherever it waits", async () => {
  const desk = await openAtStart([onMention(() => Promise.reject(new NotReadyError("paused")))], {
    waitDelayMs: () => 60_000,
  });
  desk.deliveries.offer({ kind: "notification", notification: await mention(sandbox, "hi") });
  expect(await desk.deliveries.waiting("greeter")).toBe(1);
  await desk.deliveries.idle();
  expect(await desk.deliveries.waiting("greeter")).toBe(1);
  expect(await desk.deliveries.waiting("greet")).toBe(0);
});

test("state is stored with the acknowledgement only, and a retried handler starts from before", async () => {
  const starts: unknown[] = [];
  const plugin = onMention(async ({ attempt, state }) => {
    starts.push(await state.get("count"));
    state.set("count", Number((await state.get("count")) ?? 0) + 1);
    state.set("gone", attempt);
    state.delete("gone");
    if (attempt < 3) throw new Error("not yet");
  });
  const desk = await openAtStart([plugin]);
  desk.deliveries.offer({ kind: "notification", notification: await mention(sandbox, "hi") });
  await expect.poll(() => handled(desk), soon).toBe(1);
  expect(starts).toEqual([undefined, undefined, undefined]);
  expect(await desk.store.state("greeter", "count")).toBe(1);
  expect(await desk.store.state("greeter", "gone")).toBeUndefined();
});

test("what once computed stays the same over attempts", async () => {
  let computed = 0;
  const seen: unknown[] = [];
  const plugin = onMention(async ({ attempt, once }) => {
    seen.push(await once("number", () => (computed += 1)), await once("nothing", () => null));
    if (attempt < 3) throw new Error("not yet");
  });
  const desk = await openAtStart([plugin]);
  desk.deliveries.offer({ kind: "notification", notification: await mention(sandbox, "hi") });
  await expect.poll(() => handled(desk), soon).toBe(1);
  expect(seen).toEqual([1, null, 1, null, 1, null]);
});

test("a rider moves on past what it did not ask for", async () => {
  const desk = await openAtStart([onMention(() => undefined)]);
  const bot = await sandbox.actAs("zoe").accounts.lookup({ acct: "bot" });
  await sandbox.actAs("zoe").accounts.follow({ id: bot.id });
  const [follow] = await sandbox.actAs("bot").notifications.list();
  if (follow === undefined) throw new Error("nobody followed");
  desk.deliveries.offer({ kind: "notification", notification: follow });
  await desk.deliveries.places.caughtUp(follow.id);
  await desk.deliveries.places.caughtUp(follow.id);
  expect((await desk.store.place("greeter")).cursor).toBe(follow.id);
  expect(await handled(desk)).toBe(0);
});

test("an account's first start begins now, a later one where it was", async () => {
  const desk = await openDesk({ redis, sandbox, riders: [riding(onMention(() => undefined))] });
  await desk.deliveries.places.open(async () => "41");
  expect(desk.deliveries.places.positions()).toEqual(["41"]);
  const next = await openDesk({ redis, sandbox, riders: [riding(onMention(() => undefined))] });
  await next.deliveries.places.open(() => Promise.reject(new Error("it has a place")));
  expect(next.deliveries.places.positions()).toEqual(["41"]);
});

test("events and state do not stand in clear in Redis", async () => {
  const plugin = onMention(({ state }) => {
    state.set("secret", "the moon is cheese");
    throw new NotReadyError("paused");
  });
  const desk = await openAtStart([plugin], { waitDelayMs: () => 60_000 });
  desk.deliveries.offer({ kind: "notification", notification: await mention(sandbox, "the moon is cheese") });
  await desk.deliveries.idle();
  const kept = await desk.connection.hvals(redis.keys.account("bot", "due"));
  expect(kept).toHaveLength(1);
  expect(kept.join()).not.toContain("cheese");
  expect((await desk.store.due()).records[0]?.event).toMatchObject({ kind: "notification" });
});
