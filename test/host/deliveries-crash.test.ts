import { afterEach, beforeEach, expect, test } from "vitest";
import { definePlugin, type Plugin } from "../../core/plugin.js";
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

/** Answers mentions; `then` runs between the answer and the end of the handler. */
function answering(then: (attempt: { signal: AbortSignal; number: number }) => unknown): Plugin {
  return definePlugin({
    name: "greeter",
    scopes: ["read", "write"],
    setup: ({ on }) =>
      on("notification.mention", async ({ attempt, client, reply, signal, state }) => {
        await reply("hello");
        await client.statuses.create({ status: `greeted in ${Number((await state.get("count")) ?? 0)}` });
        state.set("count", Number((await state.get("count")) ?? 0) + 1);
        await then({ signal, number: attempt });
      }),
  });
}

async function take(plugin: Plugin, timing = {}): Promise<Desk> {
  const desk = await openDesk({ redis, sandbox, riders: [riding(plugin)], timing });
  await desk.deliveries.places.open(async () => "");
  return desk;
}

function posts(): number {
  return sandbox.requests().filter(({ operation }) => operation === "statuses.create").length;
}

async function handled(desk: Desk): Promise<number> {
  return (await desk.store.counts("greeter")).handled;
}

test("a crash between handling and acknowledgement runs the handler again, but doubles no write", async () => {
  let attempts = 0;
  const notification = await mention(sandbox, "hi");
  // Redis hears nothing any more of the first owner: as if its process had died there.
  const first: Desk = await take(
    answering(() => {
      attempts += 1;
      first.connection.disconnect();
    }),
  );
  first.deliveries.offer({ kind: "notification", notification });
  await expect.poll(() => attempts, soon).toBe(1);
  const second = await take(answering(() => (attempts += 1)));
  expect(second.deliveries.places.positions()).toEqual([""]);
  second.deliveries.offer({ kind: "notification", notification });
  await second.deliveries.idle();
  expect(attempts).toBe(2);
  expect(posts()).toBe(2);
  expect(await handled(second)).toBe(1);
  expect(await second.store.state("greeter", "count")).toBe(1);
});

test("an owner of the past stores neither state nor place nor acknowledgement", async () => {
  const notification = await mention(sandbox, "hi");
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  let isHeld = false;
  const first = await take(
    answering(() => {
      isHeld = true;
      return held;
    }),
  );
  first.deliveries.offer({ kind: "notification", notification });
  await expect.poll(() => isHeld, soon).toBe(true);
  const second = await take(answering(() => undefined));
  const later = await mention(sandbox, "again");
  for (const each of [notification, later]) second.deliveries.offer({ kind: "notification", notification: each });
  await second.deliveries.idle();
  await second.deliveries.places.caughtUp(later.id);
  await second.deliveries.places.caughtUp(later.id);
  // It was stopped for a while and does not know yet that it owns nothing.
  letGo();
  await first.deliveries.idle();
  expect(await second.store.state("greeter", "count")).toBe(2);
  expect((await second.store.place("greeter")).cursor).toBe(later.id);
  expect(await handled(second)).toBe(2);
});

test("an event that is under way when the tenure ends is not lost", async () => {
  const notification = await mention(sandbox, "hi");
  let isHanging = false;
  const hang = () => {
    isHanging = true;
    return new Promise(() => undefined);
  };
  const first = await take(answering(hang));
  first.deliveries.offer({ kind: "notification", notification });
  await expect.poll(() => isHanging, soon).toBe(true);
  first.tenure.end();
  await first.deliveries.idle();
  expect(await handled(first)).toBe(0);
  const second = await take(answering(() => undefined));
  second.deliveries.offer({ kind: "notification", notification });
  await second.deliveries.idle();
  expect(await handled(second)).toBe(1);
  expect(posts()).toBe(2);
});

test("a post of a timeline that is under way or queued when the tenure ends waits for the next owner", async () => {
  const seen: string[] = [];
  const plugin = (isHanging: boolean) =>
    definePlugin({
      name: "greeter",
      setup: ({ on }) =>
        on("timeline.home", ({ id }) => (isHanging ? new Promise(() => undefined) : void seen.push(id))),
    });
  const first = await take(plugin(true));
  const ids: string[] = [];
  for (const text of ["one", "two"]) {
    const status = await sandbox.actAs("zoe").statuses.create({ status: text });
    ids.push(`greeter/timeline.home/${status.id}`);
    first.deliveries.offer({ kind: "status", timeline: "timeline.home", status });
  }
  first.tenure.end();
  await first.deliveries.idle();
  const second = await take(plugin(false));
  await second.deliveries.takeDue();
  await second.deliveries.idle();
  expect(seen.toSorted()).toEqual(ids.toSorted());
  expect(await second.store.dueInvocations()).toEqual([]);
});

test("an event on the due list that a catch-up brings again keeps its attempts and its time", async () => {
  const notification = await mention(sandbox, "hi");
  const attempts: number[] = [];
  const broken = answering(({ number }) => {
    attempts.push(number);
    throw new Error("broken");
  });
  const late = { retryDelayMs: (failed: number) => (failed < 3 ? 1 : 60_000) };
  const first = await take(broken, late);
  first.deliveries.offer({ kind: "notification", notification });
  await expect.poll(() => attempts, soon).toEqual([1, 2, 3]);
  await first.deliveries.idle();
  first.tenure.end();
  const second = await take(broken, late);
  second.deliveries.offer({ kind: "notification", notification });
  await second.deliveries.takeDue();
  await second.deliveries.idle();
  expect(attempts).toEqual([1, 2, 3]);
  expect((await second.store.due()).records.map(({ attempts }) => attempts)).toEqual([3]);
});

test("an event that was given up is not taken up again by a catch-up", async () => {
  const notification = await mention(sandbox, "hi");
  let attempts = 0;
  const broken = answering(() => {
    attempts += 1;
    throw new Error("broken");
  });
  const first = await take(broken, { retryDelayMs: () => undefined });
  first.deliveries.offer({ kind: "notification", notification });
  await first.deliveries.idle();
  first.tenure.end();
  const second = await take(broken, { retryDelayMs: () => undefined });
  second.deliveries.offer({ kind: "notification", notification });
  await second.deliveries.idle();
  expect(attempts).toBe(1);
  expect(await failedOf(redis, second.connection)).toHaveLength(1);
});

test("a handler that hangs meets its deadline, cannot write afterwards, and is tried again", async () => {
  const late: string[] = [];
  const plugin = definePlugin({
    name: "greeter",
    scopes: ["read", "write"],
    setup: ({ on }) =>
      on("notification.mention", async ({ attempt, client, once, signal, state }) => {
        if (attempt > 1) return;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        state.set("late", true);
        const nameOf = (error: unknown) => void late.push(error instanceof Error ? error.name : "");
        await client.statuses.create({ status: "too late" }).catch(nameOf);
        await once("late", () => 1).catch(nameOf);
      }),
  });
  const desk = await take(plugin, { handlerDeadlineMs: 50 });
  desk.deliveries.offer({ kind: "notification", notification: await mention(sandbox, "hi") });
  await expect.poll(() => handled(desk), soon).toBe(1);
  await expect.poll(() => late, soon).toHaveLength(2);
  expect(posts()).toBe(0);
  expect(await desk.store.state("greeter", "late")).toBeUndefined();
  expect(desk.lines.some(({ err }) => err?.message.includes("the handler took over") ?? false)).toBe(true);
});

test("the second handler of an event does not begin once the first has met the deadline", async () => {
  let began = 0;
  const plugin = definePlugin({
    name: "greeter",
    setup: ({ on }) => {
      on("notification", ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)));
      on("notification.mention", () => void (began += 1));
    },
  });
  const desk = await take(plugin, { handlerDeadlineMs: 20, retryDelayMs: () => undefined });
  desk.deliveries.offer({ kind: "notification", notification: await mention(sandbox, "hi") });
  await desk.deliveries.idle();
  expect(began).toBe(0);
});

test("Redis away for a moment while acknowledging: the event is not lost, nothing is written twice", async () => {
  let cut = 0;
  const notification = await mention(sandbox, "hi");
  const desk: Desk = await take(
    answering(() => {
      if ((cut += 1) === 1) desk.connection.stream.destroy();
    }),
  );
  desk.deliveries.offer({ kind: "notification", notification });
  await expect.poll(() => handled(desk), soon).toBe(1);
  expect(posts()).toBe(2);
  expect(await desk.store.state("greeter", "count")).toBe(1);
});

test("Redis that refuses to save: how the event ended is stored as soon as it can be, once", async () => {
  const notification = await mention(sandbox, "hi");
  let attempts = 0;
  const counts = redis.keys.account("bot", "counts");
  const desk: Desk = await take(
    answering(() => {
      attempts += 1;
    }),
    { storeAgainMs: 20 },
  );
  // A command of the acknowledgement fails for as long as its key holds something else.
  await desk.connection.set(counts, "in the way");
  desk.deliveries.offer({ kind: "notification", notification });
  await expect.poll(() => desk.lines.some(({ msg }) => msg.includes("could not be stored")), soon).toBe(true);
  expect((await desk.store.place("greeter")).cursor).toBe("");
  await desk.connection.del(counts);
  await expect.poll(() => handled(desk), soon).toBe(1);
  expect(await desk.store.state("greeter", "count")).toBe(1);
  expect(attempts).toBe(1);
  expect(posts()).toBe(2);
});
