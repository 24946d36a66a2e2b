import { afterEach, beforeEach, expect, test } from "vitest";
import type { RiderEntry } from "../../core/accounts/account.js";
import { definePlugin, RepliesExhaustedError, type Plugin } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { riding } from "./accounts.js";
import { closeDesks, failedOf, openDesk, notificationsOf, type Desk } from "./desk.js";

let sandbox: Sandbox;
let redis: TestRedis;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "zoe"] });
  redis = testRedis();
});
afterEach(async () => {
  await closeDesks();
  await sandbox.close();
});

function answerer(fails: (attempt: number) => boolean = () => false): Plugin {
  return definePlugin({
    name: "answerer",
    scopes: ["read", "write"],
    setup: ({ on }) =>
      on("notification.mention", async ({ attempt, reply }) => {
        await reply("yes?");
        if (fails(attempt)) throw new Error("after the answer");
      }),
  });
}

async function open(entry: RiderEntry<Plugin>): Promise<Desk> {
  const desk = await openDesk({ redis, sandbox, riders: [entry] });
  await desk.deliveries.places.open(async () => "");
  return desk;
}

/** Zoe writes to the bot, in reply to a post or anew; resolves when that is handled, with what the bot has answered so far. */
async function write(desk: Desk, inReplyTo?: string): Promise<string[]> {
  const before = (await desk.store.counts("answerer")).handled;
  await sandbox.actAs("zoe").statuses.create({ status: "@bot hey", ...(inReplyTo && { in_reply_to_id: inReplyTo }) });
  const notification = (await notificationsOf(sandbox)).at(-1);
  if (notification === undefined) throw new Error("the sandbox notified nobody");
  desk.deliveries.offer({ kind: "notification", notification });
  await expect.poll(async () => (await desk.store.counts("answerer")).handled, soon).toBe(before + 1);
  return answers();
}

/** The bot's posts, newest first. */
async function answers(): Promise<string[]> {
  const bot = await sandbox.actAs("zoe").accounts.lookup({ acct: "bot" });
  return (await sandbox.actAs("zoe").accounts.statuses({ id: bot.id, limit: 40 })).map(({ id }) => id);
}

function audit(desk: Desk): Promise<[string, string[]][]> {
  return desk.connection.xrange(redis.keys.account("bot", "audit"), "-", "+");
}

async function skips(desk: Desk): Promise<number> {
  return (await audit(desk)).filter(([, fields]) => fields.includes("skipped")).length;
}

test("who answers each answer is answered five times in a thread, then no more, which is said once", async () => {
  const desk = await open(riding(answerer()));
  let newest: string | undefined;
  for (let round = 1; round <= 8; round += 1) [newest] = await write(desk, newest);
  expect(await answers()).toHaveLength(5);
  expect(await skips(desk)).toBe(1);
  expect(desk.lines.filter(({ msg }) => msg === "no more answers in a thread for now")).toHaveLength(1);
  expect(await failedOf(redis, desk.connection)).toEqual([]);
  // Another thread is another matter.
  expect(await write(desk)).toHaveLength(6);
});

test("accounts.yaml may say otherwise, and the count stands over processes", async () => {
  const entry = { ...riding(answerer()), repliesPerThread: 2 };
  const first = await open(entry);
  const [answer] = await write(first);
  const second = await open(entry);
  const [next] = await write(second, answer);
  expect(await write(second, next)).toHaveLength(2);
});

test("an answer of an earlier attempt is not counted again", async () => {
  const desk = await open({ ...riding(answerer((attempt) => attempt < 4)), repliesPerThread: 1 });
  expect(await write(desk)).toHaveLength(1);
  expect(await skips(desk)).toBe(0);
});

test("a handler can tell that it may not answer any more", async () => {
  const caught: unknown[] = [];
  const plugin = definePlugin({
    name: "answerer",
    scopes: ["read", "write"],
    setup: ({ on }) =>
      on("notification.mention", async ({ reply }) => {
        await reply("one");
        await reply("two").catch((error: unknown) => caught.push(error));
      }),
  });
  const desk = await open({ ...riding(plugin), repliesPerThread: 1 });
  await write(desk);
  expect(caught[0]).toBeInstanceOf(RepliesExhaustedError);
  expect(caught[0]).toMatchObject({ code: "REPLIES_EXHAUSTED", limit: 1 });
});
