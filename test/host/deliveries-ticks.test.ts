import { afterEach, beforeEach, expect, test } from "vitest";
import { definePlugin, NotReadyError, type Plugin } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { riding } from "./accounts.js";
import { closeDesks, openDesk, tickOf, type Desk } from "./desk.js";

let sandbox: Sandbox;
let redis: TestRedis;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot"] });
  redis = testRedis();
});
afterEach(async () => {
  await closeDesks();
  await sandbox.close();
});

type Ticked = (tick: { dueAt: number; attempt: number }) => unknown;

function ticking(tick: Ticked, clock = "morning"): Plugin {
  return definePlugin({
    name: "poet",
    setup: ({ every }) => every(clock, { hours: 9 }, ({ attempt, dueAt }) => tick({ attempt, dueAt: dueAt.getTime() })),
  });
}

async function take(plugin: Plugin, timing = {}): Promise<Desk> {
  return openDesk({ redis, sandbox, riders: [riding(plugin)], timing });
}

async function come(desk: Desk, ...dueAt: number[]): Promise<void> {
  for (const at of dueAt) await desk.store.putDue(tickOf("poet", "morning", at));
  await desk.deliveries.takeDue();
}

test("a tick is handled once, also if it comes to the list twice", async () => {
  const handled: number[] = [];
  const desk = await take(ticking(({ dueAt }) => void handled.push(dueAt)));
  await come(desk, 5);
  await desk.deliveries.idle();
  await come(desk, 5);
  await desk.deliveries.idle();
  expect(handled).toEqual([5]);
  expect(await desk.store.dueInvocations()).toEqual([]);
});

test("ticks that nobody was there for are one, the last", async () => {
  const handled: number[] = [];
  const desk = await take(ticking(({ dueAt }) => void handled.push(dueAt)));
  await come(desk, 1, 2, 3);
  await desk.deliveries.idle();
  await expect.poll(() => desk.store.dueInvocations(), soon).toEqual([]);
  expect(handled).toEqual([3]);
});

test("the next tick waits for one that is tried again", async () => {
  const handled: [number, number][] = [];
  const desk = await take(
    ticking(({ attempt, dueAt }) => {
      handled.push([dueAt, attempt]);
      if (dueAt === 1 && attempt < 3) throw new Error("not yet");
    }),
    { retryDelayMs: () => 30 },
  );
  await come(desk, 1);
  await expect.poll(() => handled.length, soon).toBe(1);
  await come(desk, 2);
  await expect.poll(() => handled.length, soon).toBe(4);
  expect(handled).toEqual([
    [1, 1],
    [1, 2],
    [1, 3],
    [2, 1],
  ]);
});

test("many readings of the list at once start a tick once", async () => {
  let handled = 0;
  const desk = await take(
    ticking(async () => {
      handled += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }),
  );
  for (let at = 1; at <= 5; at += 1) {
    await desk.store.putDue(tickOf("poet", "morning", at));
    await Promise.all([1, 2, 3, 4].map(() => desk.deliveries.takeDue()));
    await desk.deliveries.idle();
  }
  expect(handled).toBe(5);
});

test("a tick whose clock the plugin has given up leaves the list without being handled", async () => {
  const before = await take(
    ticking(() => Promise.reject(new NotReadyError("paused"))),
    { waitDelayMs: () => 200 },
  );
  await come(before, 1);
  await before.deliveries.idle();
  before.tenure.end();
  const after = await take(ticking(() => undefined, "evening"));
  await after.deliveries.takeDue();
  await expect.poll(() => after.store.dueInvocations(), soon).toEqual([]);
  expect(await after.store.counts("poet")).toEqual({ handled: 0, failed: 0 });
});

test("what is due for a rider that is not running waits untouched, and comes when it runs", async () => {
  const handled: number[] = [];
  const desk = await take(ticking(({ dueAt }) => void handled.push(dueAt)));
  const [rider] = desk.riders;
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  await rider?.stop({ state: "waiting", reason: "for scopes" }, log);
  await come(desk, 1);
  await desk.deliveries.idle();
  expect(handled).toEqual([]);
  expect((await desk.store.due()).records).toMatchObject([{ waits: 0, attempts: 0 }]);
  const next = await take(ticking(({ dueAt }) => void handled.push(dueAt)));
  await next.deliveries.takeDue();
  await next.deliveries.idle();
  expect(handled).toEqual([1]);
});

test("a tick dropped by an operator while it waits in line is not handled", async () => {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const handled: number[] = [];
  const desk = await take(
    ticking(async ({ dueAt }) => {
      handled.push(dueAt);
      await held;
    }),
  );
  await come(desk, 1);
  await expect.poll(() => handled, soon).toEqual([1]);
  await come(desk, 2);
  await desk.store.dropDue([tickOf("poet", "morning", 2).invocation]);
  letGo();
  await desk.deliveries.idle();
  expect(handled).toEqual([1]);
});

test("a tick whose process died after its post is brought to its end before the next one builds on it", async () => {
  const texts = ["one", "two", "three"];
  const inTurn = (then: () => unknown): Plugin =>
    definePlugin({
      name: "poet",
      scopes: ["write:statuses"],
      setup: ({ every }) =>
        every("morning", { hours: 9 }, async ({ client, state }) => {
          const position = (await state.get<number>("position")) ?? 0;
          await client.statuses.create({ status: texts[position] ?? "no more" });
          state.set("position", position + 1);
          await then();
        }),
    });
  let hasPosted = false;
  const first: Desk = await take(
    inTurn(() => {
      hasPosted = true;
      first.connection.disconnect();
    }),
  );
  await come(first, 1);
  await expect.poll(() => hasPosted, soon).toBe(true);
  const second = await take(inTurn(() => undefined));
  await come(second, 2);
  await expect.poll(() => second.store.dueInvocations(), soon).toEqual([]);
  const posted = sandbox.requests().filter(({ operation }) => operation === "statuses.create");
  expect(posted.map(({ body }) => (body as { status: string }).status)).toEqual(["one", "two"]);
});

test("where missed ticks do not count, one that is late is skipped, and the audit says so", async () => {
  const handled: number[] = [];
  const plugin = definePlugin({
    name: "poet",
    setup: ({ every }) =>
      every("morning", { hours: 9 }, ({ dueAt }) => void handled.push(dueAt.getTime()), { missed: "none" }),
  });
  const desk = await take(plugin);
  const now = Date.now();
  await come(desk, now - 120_000);
  await expect.poll(() => desk.store.dueInvocations(), soon).toEqual([]);
  await come(desk, now - 1_000);
  await expect.poll(() => handled, soon).toEqual([now - 1_000]);
  const lines = await desk.connection.xrange(redis.keys.account("bot", "audit"), "-", "+");
  expect(lines.map(([, fields]) => fields)).toEqual([expect.arrayContaining(["outcome", "skipped"])]);
});
