import { afterEach, beforeEach, expect, test } from "vitest";
import { definePlugin, plainText, type Plugin } from "../../core/plugin.js";
import { dialectNames, dialects, type DialectName } from "../../sandbox/dialects/dialects.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { accountOf, riding } from "./accounts.js";
import { closeProcesses, FleetProcess } from "./process.js";

let sandbox: Sandbox;
let redis: TestRedis;
beforeEach(() => (redis = testRedis()));
afterEach(async () => {
  await closeProcesses();
  await sandbox.close();
});

/** Whom the bot follows, and who mentions it. */
const author = "zoe";
const stranger = "yan";
const listenTiming = { silenceMs: 400, longestPauseMs: 100, pollFastestMs: 100, pollSlowestMs: 200 };

interface Heard {
  readonly mentions: string[];
  readonly posts: string[];
}

function listener({ mentions, posts }: Heard): Plugin {
  return definePlugin({
    name: "listener",
    scopes: ["read"],
    setup: ({ on }) => {
      on("notification.mention", ({ notification }) => {
        mentions.push(plainText(notification.status.content).replace("@bot ", ""));
      });
      on("timeline.home", ({ status }) => void posts.push(plainText(status.content)));
    },
  });
}

async function run(heard: Heard): Promise<FleetProcess> {
  const account = accountOf("bot", sandbox.url, [riding(listener(heard))]);
  const process = await FleetProcess.compose({ redis, accounts: [account], listenTiming });
  await process.authorize(account, sandbox, "bot");
  await process.start();
  await expect.poll(async () => (await process.status("bot"))?.stream.connected, soon).toBe(true);
  return process;
}

/** Something to hear of each kind. */
async function happen(what: string): Promise<void> {
  await sandbox.actAs(stranger).statuses.create({ status: `@bot ${what}` });
  await sandbox.actAs(author).statuses.create({ status: what });
}

/** Resolves when the bot's socket is open, where there are sockets. */
async function listening(dialect: DialectName): Promise<void> {
  if (dialects[dialect].streaming === undefined) return;
  await sandbox.waitForStreams((open) => open.some(({ streams }) => streams.length > 0));
}

test.each(dialectNames)(
  "%s: whatever breaks, each mention and each post is handled once, in order",
  async (dialect) => {
    sandbox = await startSandbox({ dialect, users: ["bot", author, stranger], limits: "off" });
    const { id = "" } = sandbox.users().find(({ user }) => user === author) ?? {};
    sandbox.act({ user: "bot", operation: "accounts.follow", params: { id } });
    const heard: Heard = { mentions: [], posts: [] };
    const expected: string[] = [];
    const hears = async (what: string) => {
      expected.push(what);
      await expect.poll(() => heard, soon).toEqual({ mentions: expected, posts: expected });
    };

    const first = await run(heard);
    await listening(dialect);
    await happen("connected");
    await hears("connected");

    sandbox.dropStreams("bot");
    await happen("cut");
    await hears("cut");
    await listening(dialect);

    sandbox.halfOpenStreams("bot");
    await happen("half-open");
    await hears("half-open");

    await expect.poll(async () => (await first.riderStatus("bot", "listener"))?.handled, soon).toBe(6);
    await first.stop();
    await happen("restart");
    const second = await run(heard);
    await hears("restart");
    await listening(dialect);
    await happen("afterwards");
    await hears("afterwards");
    await expect.poll(async () => (await second.riderStatus("bot", "listener"))?.handled, soon).toBe(10);
    const mode = dialects[dialect].streaming === undefined ? "polling" : "streaming";
    expect((await second.status("bot"))?.stream.mode).toBe(mode);
    expect(heard).toEqual({ mentions: expected, posts: expected });
  },
);
