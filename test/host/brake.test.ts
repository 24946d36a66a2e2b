import "reflect-metadata";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pino } from "pino";
import { Pace } from "../../core/auth/pace.js";
import { auditKey } from "../../core/client/audit.js";
import { Pauses } from "../../core/client/pauses.js";
import type { EventPayload } from "../../core/events/event.js";
import { Brake } from "../../core/host/brake.js";
import { definePlugin, PausedError, type Invocation, type Plugin } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { riding } from "./accounts.js";
import { closeDesks, mention, openDesk, tickOf, type Desk } from "./desk.js";
import { HandTenure } from "./hand-tenure.js";

let sandbox: Sandbox;
let redis: TestRedis;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "zoe", "yan", "xia"] });
  redis = testRedis();
});
afterEach(async () => {
  await closeDesks();
  await sandbox.close();
});

type Mentioned = Invocation<"read" | "write", never> & EventPayload<"notification.mention">;

function onMention(handle: (invocation: Mentioned) => unknown): Plugin {
  return definePlugin({
    name: "greeter",
    scopes: ["read", "write"],
    setup: ({ on }) => on("notification.mention", handle),
  });
}

async function openAtStart(plugin: Plugin): Promise<Desk> {
  const desk = await openDesk({ redis, sandbox, riders: [riding(plugin)] });
  await desk.deliveries.places.open(async () => "");
  return desk;
}

const pausesOf = (desk: Desk) => new Pauses(desk.connection, redis.keys);
const call = { by: "ops@host", reason: "spam", forMs: undefined };

async function pause(desk: Desk, forMs?: number): Promise<void> {
  await pausesOf(desk).pause("bot", { ...call, forMs });
  await desk.brake.look();
}

async function resume(desk: Desk): Promise<void> {
  await pausesOf(desk).resume("bot");
  await desk.brake.look();
}

async function offer(desk: Desk, text: string, by = "zoe"): Promise<void> {
  desk.deliveries.offer({ kind: "notification", notification: await mention(sandbox, text, by) });
}

async function handled(desk: Desk): Promise<number> {
  return (await desk.store.counts("greeter")).handled;
}

/** Answers every mention, and writes down which attempt it was. */
function answering(attempts: number[]): Plugin {
  return onMention(async ({ attempt, client }) => {
    attempts.push(attempt);
    await client.statuses.create({ status: "hello" });
  });
}

const posts = () => sandbox.requests().filter(({ operation }) => operation === "statuses.create").length;

test("while an account is paused its events wait and no handler is begun; then each is handled as at first", async () => {
  const attempts: number[] = [];
  const desk = await openAtStart(answering(attempts));
  await pause(desk);
  for (const by of ["zoe", "yan"]) await offer(desk, "hi", by);
  await desk.deliveries.idle();
  const before = posts();
  await desk.deliveries.takeDue();
  await desk.deliveries.idle();
  expect([attempts, await desk.deliveries.waiting("greeter")]).toEqual([[], 2]);
  expect(desk.deliveries.reason("greeter")).toBe("the account is paused");
  await resume(desk);
  await expect.poll(() => handled(desk), soon).toBe(2);
  expect([attempts, posts() - before]).toEqual([[1, 1], 2]);
  expect(await desk.store.dueInvocations()).toEqual([]);
});

test("a handler that runs has its write refused; it runs again after the pause, and that was no failed attempt", async () => {
  const thrown: unknown[] = [];
  const attempts: number[] = [];
  const desk = await openAtStart(
    onMention(async ({ attempt, client, notification }) => {
      attempts.push(attempt);
      await client.statuses.favourite({ id: notification.status.id });
      // Nobody has told this process.
      if (attempts.length === 1) await pausesOf(desk).pause("bot", call);
      try {
        await client.statuses.create({ status: "hello" });
      } catch (error) {
        thrown.push(error);
        throw error;
      }
    }),
  );
  await offer(desk, "hi");
  await expect.poll(() => desk.brake.isOn, soon).toBe(true);
  await desk.deliveries.idle();
  const [due] = (await desk.store.due()).records;
  expect(due).toMatchObject({ attempts: 0, waits: 0, held: "paused", reason: "the account bot is paused" });
  expect(thrown).toEqual([expect.any(PausedError)]);
  expect(thrown).toMatchObject([{ code: "ACCOUNT_PAUSED" }]);
  await resume(desk);
  await expect.poll(() => handled(desk), soon).toBe(1);
  expect(attempts).toEqual([1, 1]);
  // What it wrote before is not written again.
  const favourites = sandbox.requests().filter(({ operation }) => operation === "statuses.favourite");
  expect(favourites).toHaveLength(1);
});

test("a pause holds for the next process, ends by itself where it was asked for that, and is noticed unsaid", async () => {
  const attempts: number[] = [];
  const first = await openAtStart(answering(attempts));
  await pause(first);
  await offer(first, "hi");
  await first.deliveries.idle();
  first.tenure.end();
  const second = await openAtStart(answering(attempts));
  await second.deliveries.takeDue();
  await second.deliveries.idle();
  expect([attempts, second.brake.isOn]).toEqual([[], true]);
  await pausesOf(second).pause("bot", { ...call, forMs: 100 });
  await expect.poll(() => handled(second), soon).toBe(1);
  expect(attempts).toEqual([1]);
});

test("what piled up comes one at a time at first, and then more at once", async () => {
  const begun: { running: number; ended: number }[] = [];
  let [running, ended] = [0, 0];
  const desk = await openAtStart(
    onMention(async () => {
      running += 1;
      begun.push({ running, ended });
      await new Promise((resolve) => setTimeout(resolve, 30));
      running -= 1;
      ended += 1;
    }),
  );
  await pause(desk);
  for (let round = 0; round < 4; round += 1) for (const by of ["zoe", "yan", "xia"]) await offer(desk, "hi", by);
  await desk.deliveries.idle();
  await resume(desk);
  await expect.poll(() => handled(desk), soon).toBe(12);
  expect(begun.filter((at) => at.running > at.ended + 1)).toEqual([]);
  expect(begun.some((at) => at.running > 1)).toBe(true);
});

test("ticks that are stale after a pause are skipped, and the audit says so", async () => {
  const ticks: number[] = [];
  const plugin = definePlugin({
    name: "greeter",
    scopes: ["write:statuses"],
    setup: ({ every }) => every("round", { hours: 1 }, ({ dueAt }) => void ticks.push(dueAt.getTime())),
  });
  const desk = await openDesk({ redis, sandbox, riders: [{ ...riding(plugin), staleAfterMs: 3_600_000 }] });
  await pause(desk);
  await desk.store.putDue(tickOf("greeter", "round", Date.now() - 7_200_000));
  await desk.deliveries.takeDue();
  await desk.deliveries.idle();
  await resume(desk);
  await expect.poll(() => desk.store.dueInvocations(), soon).toEqual([]);
  const [line] = await desk.connection.xrange(redis.keys.account("bot", auditKey), "-", "+");
  expect([ticks, line?.[1].includes("skipped")]).toEqual([[], true]);
});

test("of a server's accounts one goes on at first; one that is paused again meanwhile does not", async () => {
  const connection = await redis.connect();
  const pauses = new Pauses(connection, redis.keys);
  const pace = new Pace();
  const went: string[] = [];
  const ends: (() => void)[] = [];
  const brakes = await Promise.all(
    ["a", "b", "c", "d"].map(async (name) => {
      const tenure = await HandTenure.take(connection, redis.keys, name);
      const account = { name, server: "https://one.example" };
      const brake = new Brake(account, tenure, connection, redis.keys, pace, pino({ level: "silent" }));
      brake.whenReleased(async () => {
        went.push(name);
        await new Promise<void>((resolve) => ends.push(resolve));
      });
      await pauses.pause(name, call);
      await brake.look();
      return { brake, name, tenure };
    }),
  );
  const isOn = () => brakes.map(({ brake }) => brake.isOn);
  for (const { brake, name } of brakes) {
    await pauses.resume(name);
    await brake.look();
  }
  expect([went, isOn()]).toEqual([["a"], [false, true, true, true]]);
  await pauses.pause("b", call);
  await brakes[1]?.brake.look();
  ends[0]?.();
  await expect.poll(() => went, soon).toEqual(["a", "c", "d"]);
  expect(isOn()).toEqual([false, true, false, false]);
  await pauses.resume("b");
  await brakes[1]?.brake.look();
  await expect.poll(() => went, soon).toEqual(["a", "c", "d", "b"]);
  for (const { tenure } of brakes) tenure.end();
});
