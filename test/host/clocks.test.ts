import { afterEach, beforeEach, expect, test } from "vitest";
import { setClocks, tickJob } from "../../core/events/clock.js";
import { definePlugin, type Plugin, type Setup } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { accountOf, riding } from "./accounts.js";
import { closeProcesses, FleetProcess } from "./process.js";

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
  const { jobs } = await FleetProcess.compose({ redis, accounts: [] });
  const clock = (name: string, everyMs: number) => ({ rider: "poet", name, repeat: { everyMs } });
  await setClocks(jobs, "bot", [clock("a", 3_600_000), clock("b", 3_600_000)]);
  await setClocks(jobs, "bots", [clock("a", 3_600_000)]);
  await setClocks(jobs, "bot", [clock("b", 7_200_000), clock("c", 3_600_000)]);
  expect((await jobs.repeated(tickJob)).toSorted()).toEqual(["bot/poet/b", "bot/poet/c", "bots/poet/a"]);
  await setClocks(jobs, "bot", []);
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

test("with two hosts each tick is done once, and a host that goes takes no tick along", async () => {
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
  for (const account of entries("a")) await first.authorize(account, sandbox, account.name);
  await first.start();
  await second.start();
  const ticksOf = (name: string, host = "") => done.filter((tick) => tick.startsWith(name) && tick.endsWith(host));
  await expect.poll(() => Math.min(ticksOf("bot").length, ticksOf("cat").length) > 1, soon).toBe(true);
  await first.stop();
  await expect.poll(() => Math.min(ticksOf("bot", "b").length, ticksOf("cat", "b").length) > 1, soon).toBe(true);
  const ticks = done.map((tick) => tick.split(" ").slice(0, 2).join(" "));
  expect(new Set(ticks).size).toBe(ticks.length);
});
