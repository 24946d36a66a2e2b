import { afterEach, beforeEach, expect, test } from "vitest";
import { clockJitterMs, setClocks, tickJob, type ClockEntry } from "../../core/events/clock.js";
import { RedisDeliveryStore } from "../../core/host/redis-delivery-store.js";
import { definePlugin, type Plugin, type Setup } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { accountOf, riding } from "./accounts.js";
import { closeProcesses, FleetProcess, keyring } from "./process.js";

let sandbox: Sandbox;
let redis: TestRedis;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "cat"] });
  redis = testRedis();
});
afterEach(async () => {
  await closeProcesses();
  await sandbox.close();
});

type Clocks = Pick<Setup<"read", never, undefined>, "cron" | "every">;

function poet(setup: (clocks: Clocks) => void): Plugin {
  return definePlugin({ name: "poet", setup });
}

function accounts(plugin: Plugin, ...names: string[]) {
  return names.map((name) => accountOf(name, sandbox.url, [riding(plugin)]));
}

async function repeated(process: FleetProcess): Promise<string[]> {
  return (await process.jobs.repeated(tickJob)).toSorted();
}

const nothing = () => undefined;

test("exactly the clocks that are asked for tick: new ones begin, others end, other accounts' stay", async () => {
  const { connection, jobs } = await FleetProcess.compose({ redis, accounts: [] });
  const set = (account: string, clocks: readonly ClockEntry[]) =>
    setClocks(jobs, new RedisDeliveryStore(connection, redis.keys, keyring, account), account, clocks);
  const clock = (name: string, everyMs: number) =>
    ({ rider: "poet", name, repeat: { everyMs }, jitterMs: 0, missed: "last" }) as const;
  await set("bot", [clock("a", 3_600_000), clock("b", 3_600_000)]);
  await set("bots", [clock("a", 3_600_000)]);
  await set("bot", [clock("b", 7_200_000), clock("c", 3_600_000)]);
  expect((await jobs.repeated(tickJob)).toSorted()).toEqual(["bot/poet/b", "bot/poet/c", "bots/poet/a"]);
  await set("bot", []);
  expect(await jobs.repeated(tickJob)).toEqual(["bots/poet/a"]);
});

test("a clock that a new version of the plugin does without is ended, one that it changes changes", async () => {
  const ticks: string[] = [];
  const [account] = accounts(
    poet(({ cron, every }) => {
      cron("old", "0 7 * * *", nothing);
      every("kept", { hours: 8 }, () => void ticks.push("slow"));
    }),
    "bot",
  );
  if (account === undefined) throw new Error("no account");
  const before = await FleetProcess.compose({ redis, accounts: [account] });
  await before.authorize(account, sandbox, "bot");
  await before.start();
  await expect.poll(() => repeated(before), soon).toEqual(["bot/poet/kept", "bot/poet/old"]);
  await before.stop();
  const changed = poet(({ every }) => every("kept", { seconds: 1 }, () => void ticks.push("quick")));
  const after = await FleetProcess.compose({ redis, accounts: accounts(changed, "bot") });
  await after.start();
  await expect.poll(() => repeated(after), soon).toEqual(["bot/poet/kept"]);
  await expect.poll(() => ticks.slice(0, 1), soon).toEqual(["quick"]);
});

test("with three hosts each tick is done once, and hosts that go take no tick along", async () => {
  const done: string[] = [];
  const entries = (host: string) =>
    accounts(
      definePlugin({
        name: "poet",
        setup: ({ account, every }) =>
          every("second", { seconds: 1 }, ({ dueAt }) => void done.push(`${account.name} ${dueAt.getTime()} ${host}`)),
      }),
      "bot",
      "cat",
    );
  const first = await FleetProcess.compose({ redis, accounts: entries("a"), ownership: "locks" });
  const second = await FleetProcess.compose({ redis, accounts: entries("b"), ownership: "locks" });
  const third = await FleetProcess.compose({ redis, accounts: entries("c"), ownership: "locks" });
  for (const account of entries("a")) await first.authorize(account, sandbox, account.name);
  for (const each of [first, second, third]) await each.start();
  const ticksOf = (name: string, host = "") => done.filter((tick) => tick.startsWith(name) && tick.endsWith(host));
  await expect.poll(() => Math.min(ticksOf("bot").length, ticksOf("cat").length) > 1, soon).toBe(true);
  await first.stop();
  await third.stop();
  await expect.poll(() => Math.min(ticksOf("bot", "b").length, ticksOf("cat", "b").length) > 1, soon).toBe(true);
  const ticks = done.map((tick) => tick.split(" ").slice(0, 2).join(" "));
  expect(new Set(ticks).size).toBe(ticks.length);
});

/** A process that ticks each second for two ticks, then nothing for a few seconds, then another process. */
async function afterPause(
  missed: "last" | "all" | "none",
): Promise<{ before: number[]; after: number[]; pause: number }> {
  const [before, after]: [number[], number[]] = [[], []];
  const ticking = (ticks: number[]) =>
    accounts(
      poet(({ every }) => every("second", { seconds: 1 }, ({ dueAt }) => void ticks.push(dueAt.getTime()), { missed })),
      "bot",
    );
  const first = await FleetProcess.compose({ redis, accounts: ticking(before) });
  for (const account of ticking(before)) await first.authorize(account, sandbox, account.name);
  await first.start();
  await expect.poll(() => before.length, soon).toBeGreaterThan(1);
  await first.close();
  await new Promise((resolve) => setTimeout(resolve, 3_500));
  const pause = Date.now();
  const second = await FleetProcess.compose({ redis, accounts: ticking(after) });
  await second.start();
  await expect.poll(() => after.filter((at) => at > pause).length, soon).toBeGreaterThan(0);
  await second.stop();
  return { before, after: after.toSorted((a, b) => a - b), pause };
}

test("of the ticks that came due while no process ran the last is handled", async () => {
  const { after, before, pause } = await afterPause("last");
  const missed = after.filter((at) => at <= pause);
  expect(missed.length).toBeLessThanOrEqual(2);
  expect((after[0] ?? 0) - (before.at(-1) ?? 0)).toBeGreaterThan(1_000);
});

test("where all count, each is handled once, in order, without a gap", async () => {
  const { after, before } = await afterPause("all");
  const all = [...before, ...after];
  expect(all.length).toBeGreaterThan(5);
  expect(all).toEqual(all.map((_, index) => (all[0] ?? 0) + index * 1_000));
});

test("a clock's jitter is its own, the same each time, and a quarter of its rhythm at most", () => {
  const clock = (name: string, cron: string) =>
    ({ rider: "poet", name, repeat: { cron, timezone: "UTC" }, missed: "last" }) as const;
  const jitter = (account: string, name: string, cron = "0 7 * * *", limitMs = 120_000) =>
    clockJitterMs(account, clock(name, cron), limitMs);
  const many = Array.from({ length: 50 }, (_, number) => jitter(`bot-${number}`, "morning"));
  expect(many).toEqual(Array.from({ length: 50 }, (_, number) => jitter(`bot-${number}`, "morning")));
  expect(new Set(many).size).toBeGreaterThan(45);
  expect(Math.max(...many)).toBeGreaterThan(90_000);
  expect(Math.max(...many)).toBeLessThanOrEqual(120_000);
  expect(many[0]).not.toBe(jitter("bot-0", "evening"));
  expect(jitter("bot-0", "often", "* * * * *")).toBeLessThanOrEqual(15_000);
  expect(jitter("bot-0", "morning", "0 7 * * *", 0)).toBe(0);
});

test("a tick comes after its jitter, and says when it was due", async () => {
  const done: { dueAt: number; at: number }[] = [];
  const [account] = accounts(
    poet(({ cron }) =>
      cron("often", "*/4 * * * * *", ({ dueAt }) => void done.push({ dueAt: dueAt.getTime(), at: Date.now() })),
    ),
    "bot",
  );
  if (account === undefined) throw new Error("no account");
  const process = await FleetProcess.compose({ redis, accounts: [account] });
  await process.authorize(account, sandbox, "bot");
  await process.start();
  await expect.poll(() => done.length, soon).toBeGreaterThan(0);
  const repeat = { cron: "*/4 * * * * *", timezone: "UTC" };
  const jitterMs = clockJitterMs("bot", { rider: "poet", name: "often", repeat, missed: "last" }, 120_000);
  for (const { at, dueAt } of done) {
    expect(dueAt % 4_000).toBe(0);
    expect(at - dueAt).toBeGreaterThanOrEqual(jitterMs);
  }
});
