import { afterEach, beforeEach, expect, test } from "vitest";
import type { Account } from "../../core/accounts/account.js";
import { definePlugin, plainText, type EventName, type Plugin } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis } from "../support/redis.js";
import { accountOf, riding } from "./accounts.js";
import { closeProcesses, FleetProcess } from "./process.js";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["one", "two", "zoe"] });
});
afterEach(async () => {
  await closeProcesses();
  await sandbox.close();
});

/** What each account heard. */
type Heard = Record<string, string[]>;

function reader(heard: Heard, ...timelines: (EventName & `timeline.${string}`)[]): Plugin {
  return definePlugin({
    name: "reader",
    setup: ({ account, on }) => {
      const own = (heard[account.name] ??= []);
      for (const timeline of timelines) {
        on(timeline, ({ status }) => void own.push(`${timeline.slice(9)} ${plainText(status.content)}`));
      }
    },
  });
}

async function run(...accounts: readonly Account<Plugin>[]): Promise<FleetProcess> {
  const process = await FleetProcess.compose({ redis: testRedis(), accounts });
  for (const account of accounts) await process.authorize(account, sandbox, account.name);
  return process.start();
}

async function post(text: string): Promise<void> {
  await sandbox.actAs("zoe").statuses.create({ status: text });
}

/** Resolves when each of these is subscribed to, once; what is open then. */
function subscribed(...streams: readonly string[]) {
  return sandbox.waitForStreams((open) => {
    const all = open.flatMap((each) => each.streams).toSorted();
    return JSON.stringify(all) === JSON.stringify(streams.toSorted());
  });
}

test("accounts of one server hear its public timelines through one socket, each what it asked for", async () => {
  const heard: Heard = {};
  const process = await run(
    accountOf("one", sandbox.url, [riding(reader(heard, "timeline.local", "timeline.tag:cats"))]),
    accountOf("two", sandbox.url, [riding(reader(heard, "timeline.local", "timeline.home"))]),
  );
  const open = await subscribed("public:local", "hashtag:cats", "user");
  expect(open).toHaveLength(2);
  await expect
    .poll(async () => (await process.status("one"))?.stream, soon)
    .toMatchObject({ mode: "streaming", connected: true });
  await expect
    .poll(async () => (await process.status("two"))?.stream, soon)
    .toMatchObject({ mode: "streaming", connected: true });
  await post("about #cats");
  await expect
    .poll(() => heard, soon)
    .toEqual({
      one: expect.arrayContaining(["local about #cats", "tag:cats about #cats"]),
      two: ["local about #cats"],
    });
  sandbox.dropStreams();
  await post("missed");
  await expect.poll(() => heard["two"], soon).toEqual(["local about #cats", "local missed"]);
  await expect.poll(() => heard["one"]?.at(-1), soon).toBe("local missed");
  await subscribed("public:local", "hashtag:cats", "user");
  expect(heard["one"]).toHaveLength(3);
});

test("when the account whose token it is loses it, the socket goes on with another's", async () => {
  const heard: Heard = {};
  const process = await run(
    accountOf("one", sandbox.url, [riding(reader(heard, "timeline.local"))]),
    accountOf("two", sandbox.url, [riding(reader(heard, "timeline.local"))]),
  );
  const [first] = await subscribed("public:local");
  const gone = first?.user ?? "";
  const other = gone === "one" ? "two" : "one";
  await expect.poll(async () => (await process.status(other))?.stream.connected, soon).toBe(true);
  sandbox.revoke({ user: gone });
  await expect.poll(async () => (await process.status(gone))?.state, soon).toBe("needs_authorization");
  await post("after");
  await expect.poll(() => heard[other], soon).toEqual(["local after"]);
  const [second] = await subscribed("public:local");
  expect(second?.user).toBe(other);
});
