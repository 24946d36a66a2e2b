import { afterEach, beforeEach, expect, test } from "vitest";
import type { RiderEntry } from "../../core/accounts/account.js";
import { definePlugin, plainText, type EventName, type Plugin } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { accountOf, riding } from "./accounts.js";
import { closeProcesses, FleetProcess } from "./process.js";

let sandbox: Sandbox;
let redis: TestRedis;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "zoe", "yan"] });
  redis = testRedis();
  follow("zoe");
});
afterEach(async () => {
  await closeProcesses();
  await sandbox.close();
});

function follow(whom: string): void {
  sandbox.act({ user: "bot", operation: "accounts.follow", params: { id: idOf(whom) } });
}

function idOf(whom: string): string {
  return sandbox.users().find(({ user }) => user === whom)?.id ?? "";
}

async function post(text: string, by = "zoe"): Promise<string> {
  return (await sandbox.actAs(by).statuses.create({ status: text })).id;
}

function reader(
  heard: string[],
  timeline: EventName & `timeline.${string}` = "timeline.home",
  name = "reader",
): Plugin {
  return definePlugin({
    name,
    setup: ({ on }) => on(timeline, ({ status }) => void heard.push(plainText(status.content))),
  });
}

async function run(...riders: readonly RiderEntry<Plugin>[]): Promise<FleetProcess> {
  const account = accountOf("bot", sandbox.url, riders);
  const process = await FleetProcess.compose({ redis, accounts: [account] });
  await process.authorize(account, sandbox, "bot");
  await process.start();
  await sandbox.waitForStreams((open) => open.some(({ streams }) => streams.length > 0));
  return process;
}

async function handled(process: FleetProcess, rider = "reader"): Promise<number> {
  return (await process.riderStatus("bot", rider))?.handled ?? 0;
}

test("posts that came while the stream was cut are handled, each once, in order", async () => {
  const heard: string[] = [];
  await run(riding(reader(heard)));
  const expected: string[] = [];
  for (let round = 1; round <= 2; round += 1) {
    await post(`heard ${round}`);
    await expect.poll(() => heard.at(-1), soon).toBe(`heard ${round}`);
    sandbox.dropStreams("bot");
    for (const text of [`missed ${round}`, `missed too ${round}`]) await post(text);
    expected.push(`heard ${round}`, `missed ${round}`, `missed too ${round}`);
    await expect.poll(() => heard, soon).toEqual(expected);
    await sandbox.waitForStreams((open) => open.some(({ streams }) => streams.length > 0));
  }
});

test("posts that came while no process ran are handled by the next, what was handled is not again", async () => {
  const heard: string[] = [];
  const before = await run(riding(reader(heard)));
  await post("one");
  await expect.poll(() => handled(before), soon).toBe(1);
  await before.stop();
  await post("two");
  const after = await run(riding(reader(heard)));
  await expect.poll(() => heard, soon).toEqual(["one", "two"]);
  await post("three");
  await expect.poll(() => handled(after), soon).toBe(3);
  expect(heard).toEqual(["one", "two", "three"]);
});

test("a post that comes late, below what was handled, is found in the overlap", async () => {
  const heard: string[] = [];
  const process = await run(riding(reader(heard)));
  await post("one");
  await post("comes late", "yan");
  await post("two");
  await expect.poll(() => handled(process), soon).toBe(2);
  await process.stop();
  follow("yan");
  await run(riding(reader(heard)));
  await expect.poll(() => heard, soon).toEqual(["one", "two", "comes late"]);
});

test("a first start begins now, or where since says", async () => {
  await post("long ago");
  const now: string[] = [];
  const earlier: string[] = [];
  const since = { ...riding(reader(earlier, "timeline.home", "earlier")), since: { agoMs: 60_000 } };
  const process = await run(riding(reader(now)), since);
  await post("now");
  await expect.poll(() => handled(process, "earlier"), soon).toBe(2);
  await expect.poll(() => now, soon).toEqual(["now"]);
  expect(earlier.toSorted()).toEqual(["long ago", "now"]);
});

test("notifications too begin where since says", async () => {
  await post("@bot long ago");
  const heard: string[] = [];
  const plugin = definePlugin({
    name: "reader",
    setup: ({ on }) =>
      on("notification.mention", ({ notification }) => void heard.push(plainText(notification.status.content))),
  });
  await run({ ...riding(plugin), since: { at: Date.now() - 60_000 } });
  await expect.poll(() => heard, soon).toEqual(["@bot long ago"]);
});

test("what is too old is skipped, and the audit says so", async () => {
  const heard: string[] = [];
  const process = await run({ ...riding(reader(heard)), staleAfterMs: -1 });
  const id = await post("old news");
  const lines = () => process.connection.xrange(redis.keys.account("bot", "audit"), "-", "+");
  await expect.poll(async () => (await lines()).length, soon).toBe(1);
  const [, fields] = (await lines())[0] ?? [];
  expect(fields).toEqual(expect.arrayContaining(["outcome", "skipped", "invocation", `reader/timeline.home/${id}`]));
  expect(heard).toEqual([]);
  sandbox.dropStreams("bot");
  await sandbox.waitForStreams((open) => open.some(({ streams }) => streams.length > 0));
  await expect
    .poll(() => sandbox.requests().filter(({ operation }) => operation === "timelines.home").length, soon)
    .toBeGreaterThan(2);
  expect(await lines()).toHaveLength(1);
});

test("a timeline that the server refuses holds up nothing else", async () => {
  const heard: string[] = [];
  sandbox.addFault({ method: "GET", path: "/api/v1/timelines/public", action: { status: 422 } });
  const local = reader([], "timeline.local", "local");
  const process = await run(riding(reader(heard)), riding(local));
  await post("home");
  await expect.poll(() => heard, soon).toEqual(["home"]);
  const named = process.lines.filter(({ msg }) => msg === "timeline.local cannot be read");
  expect(named).toHaveLength(1);
});

test("a gap that is longer than the server keeps is said in the log and in the audit", async () => {
  const heard: string[] = [];
  const first = await run(riding(reader(heard)));
  const seen = await post("seen");
  await expect.poll(() => handled(first), soon).toBe(1);
  await first.stop();
  const place = JSON.stringify(["1", "1"]);
  await first.connection.hset(redis.keys.account("bot", "cursor"), "reader timeline.home", place);
  sandbox.act({ user: "zoe", operation: "statuses.delete", params: { id: seen } });
  for (let number = 1; number <= 45; number += 1) await post(`missed ${number}`);
  const second = await run(riding(reader(heard)));
  await expect.poll(() => handled(second), soon).toBe(46);
  expect(second.lines.some(({ msg }) => msg.startsWith("timeline.home: posts before"))).toBe(true);
  const lines = await second.connection.xrange(redis.keys.account("bot", "audit"), "-", "+");
  expect(lines.map(([, fields]) => fields)).toEqual([expect.arrayContaining(["outcome", "gap"])]);
});
