import { afterEach, beforeEach, expect, test } from "vitest";
import { compareIds } from "../../core/mastodon/ids.js";
import { definePlugin, plainText, type Plugin } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { accountOf, riding } from "./accounts.js";
import { mention, notificationsOf } from "./desk.js";
import { closeProcesses, FleetProcess } from "./process.js";

let sandbox: Sandbox;
let redis: TestRedis;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "zoe", "yan"] });
  redis = testRedis();
});
afterEach(async () => {
  await closeProcesses();
  await sandbox.close();
});

function listener(heard: string[]): Plugin {
  return definePlugin({
    name: "listener",
    setup: ({ on }) =>
      on("notification.mention", ({ notification }) => {
        heard.push(plainText(notification.status.content).replace("@bot ", ""));
      }),
  });
}

async function run(plugin: Plugin): Promise<FleetProcess> {
  const account = accountOf("bot", sandbox.url, [riding(plugin)]);
  const process = await FleetProcess.compose({ redis, accounts: [account] });
  await process.authorize(account, sandbox, "bot");
  return process.start();
}

function streaming(): Promise<unknown> {
  return sandbox.waitForStreams((open) => open.some(({ streams }) => streams.length > 0));
}

async function place(process: FleetProcess): Promise<string | null> {
  return process.connection.hget(redis.keys.account("bot", "cursor"), "listener");
}

async function handled(process: FleetProcess): Promise<number> {
  return (await process.riderStatus("bot", "listener"))?.handled ?? 0;
}

test("what happens while the stream is cut is handled, each once, in order", async () => {
  const heard: string[] = [];
  await run(listener(heard));
  const expected: string[] = [];
  for (let round = 1; round <= 3; round += 1) {
    await streaming();
    const words = [`heard ${round}`, `missed ${round}`, `missed too ${round}`];
    await mention(sandbox, words[0] ?? "");
    await expect.poll(() => heard.at(-1), soon).toBe(words[0]);
    sandbox.dropStreams("bot");
    for (const word of words.slice(1)) await mention(sandbox, word);
    expected.push(...words);
    await expect.poll(() => heard, soon).toEqual(expected);
  }
});

test("what the stream brings while the gap is being read does not hide the gap", async () => {
  const heard: string[] = [];
  const process = await run(listener(heard));
  await streaming();
  await mention(sandbox, "start");
  await expect.poll(() => heard, soon).toEqual(["start"]);
  sandbox.dropStreams("bot");
  const rule = { method: "GET", path: "/api/v1/notifications", user: "bot" } as const;
  sandbox.addFault({ ...rule, action: "hold" });
  await mention(sandbox, "missed");
  await expect.poll(() => sandbox.faults()[0]?.held, soon).toBe(1);
  await streaming();
  await mention(sandbox, "live", "yan");
  await expect.poll(() => heard, soon).toEqual(["start", "live"]);
  await expect.poll(() => handled(process), soon).toBe(2);
  // Were the process to die now, "missed" would still be ahead of where its next owner begins.
  const missed = (await notificationsOf(sandbox))[1]?.id ?? "";
  expect(compareIds((await place(process)) ?? missed, missed)).toBeLessThan(0);
  sandbox.clearFaults();
  await expect.poll(() => heard, soon).toEqual(["start", "live", "missed"]);
});

test("a catch-up over several pages that fails is taken up again by the next, without a double", async () => {
  const heard: string[] = [];
  await run(listener(heard));
  await streaming();
  await mention(sandbox, "start");
  await expect.poll(() => heard, soon).toEqual(["start"]);
  sandbox.dropStreams("bot");
  const missed: string[] = [];
  for (let number = 1; number <= 90; number += 1) {
    missed.push(`missed ${number}`);
    await mention(sandbox, `missed ${number}`);
  }
  await expect.poll(() => heard, soon).toEqual(["start", ...missed]);
  await streaming();
  // As often as a request is sent again by itself.
  sandbox.addFault({ method: "GET", path: "/api/v1/notifications", times: 3, action: { status: 502 } });
  sandbox.dropStreams("bot");
  await mention(sandbox, "last");
  await expect.poll(() => sandbox.faults()[0]?.left, soon).toBe(0);
  sandbox.dropStreams("bot");
  await expect.poll(() => heard, soon).toEqual(["start", ...missed, "last"]);
});

test("a restart after a long silence does not hand out again what was handled", async () => {
  const heard: string[] = [];
  const before = await run(listener(heard));
  await streaming();
  for (let number = 1; number <= 5; number += 1) await mention(sandbox, `number ${number}`);
  await expect.poll(() => handled(before), soon).toBe(5);
  await before.stop();
  const after = await run(listener(heard));
  await streaming();
  await mention(sandbox, "number 6");
  await expect.poll(() => handled(after), soon).toBe(6);
  expect(heard).toHaveLength(6);
});

test("an account that starts for the first time begins now", async () => {
  await mention(sandbox, "long ago");
  const heard: string[] = [];
  await run(listener(heard));
  await streaming();
  await mention(sandbox, "now");
  await expect.poll(() => heard, soon).toEqual(["now"]);
});
