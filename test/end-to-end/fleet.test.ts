import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { beforeAll, expect, test } from "vitest";
import type { BotProcess } from "./bot-process.js";
import { eventually } from "./eventually.js";
import { fleetOf, type Fleet } from "./fleet.js";

// The shipped accounts.yaml on an embedded Redis, only faster. The tests tell one story, in this order.

const accounts = ["newsbot", "greeter", "warden"];
const texts = [
  "Good morning from the herd.",
  "Elephants walk slowly, and arrive.",
  "A howdah is the seat on an elephant's back.",
];
let fleet: Fleet;
let bot: BotProcess;

beforeAll(async () => {
  const shipped = await readFile(new URL("../../accounts.yaml", import.meta.url), "utf8");
  const faster = shipped.replace('"* * * * *"', '"*/2 * * * * *"');
  expect(faster).not.toBe(shipped);
  fleet = await fleetOf({ accounts: faster, sandbox: { users: [...accounts, "visitor", "guest", "late"] } });
});

/** The list of texts from its beginning, again and again: what a schedule posts that neither loses nor doubles. */
function inTurn(count: number): string[] {
  return Array.from({ length: count }, (_, index) => texts[index % texts.length] ?? "");
}

async function follows(user: string): Promise<boolean> {
  const [relationship] = await fleet.sandbox.actAs("greeter").accounts.relationships({ id: [fleet.idOf(user)] });
  return relationship?.following === true;
}

async function isMuted(user: string): Promise<boolean> {
  const [relationship] = await fleet.sandbox.actAs("warden").accounts.relationships({ id: [fleet.idOf(user)] });
  return relationship?.muting === true;
}

async function play(user: string): Promise<void> {
  await fleet.sandbox.actAs(user).accounts.follow({ id: fleet.idOf("greeter") });
  await fleet.sandbox.actAs(user).statuses.create({ status: "@warden buy cheap followers" });
}

/** Waits until newsbot has posted `more` than now, and checks that all of it came in turn. */
async function postsGoOn(more = 2): Promise<void> {
  const before = (await fleet.posts("newsbot")).length;
  await eventually("newsbot goes on", async () => (await fleet.posts("newsbot")).length >= before + more);
  const posted = await fleet.posts("newsbot");
  expect(posted).toEqual(inTurn(posted.length));
}

test("three accounts are authorized while the fleet runs", async () => {
  bot = await fleet.run();
  const states = (await fleet.status()).map(({ account, state }) => [account, state]);
  expect(states).toEqual(accounts.map((account) => [account, "needs_authorization"]));
  await Promise.all(accounts.map((account) => fleet.authorize(account)));
  await fleet.listening("greeter", "warden");
  expect((await fleet.status()).map(({ account, state }) => [account, state])).toEqual(
    accounts.map((account) => [account, "ready"]),
  );
});

test("they post, follow back and moderate", async () => {
  await play("visitor");
  await eventually("greeter follows back", () => follows("visitor"));
  await eventually("warden mutes", () => isMuted("visitor"));
  await postsGoOn();
});

test("a restart goes on without a new authorization and doubles nothing", async () => {
  const tokens = fleet.sandbox.requests().filter(({ path }) => path === "/oauth/token").length;
  expect(await bot.end("SIGTERM")).toBe(0);
  bot = await fleet.run();
  await fleet.listening("greeter", "warden");
  await play("guest");
  await eventually("greeter follows back", () => follows("guest"));
  await eventually("warden mutes", () => isMuted("guest"));
  await postsGoOn();
  expect(fleet.sandbox.requests().filter(({ path }) => path === "/oauth/token")).toHaveLength(tokens);
  expect(fleet.count("greeter", "accounts.follow")).toBe(2);
  expect(fleet.count("warden", "accounts.mute")).toBe(2);
});

test("after kill -9 it takes up what happened while it was down, and doubles nothing", async () => {
  await bot.end("SIGKILL");
  await play("late");
  bot = await fleet.run();
  await eventually("greeter follows back", () => follows("late"));
  await eventually("warden mutes", () => isMuted("late"));
  await postsGoOn();
  expect(fleet.count("greeter", "accounts.follow")).toBe(3);
  expect(fleet.count("warden", "accounts.mute")).toBe(3);
});

test("SIGTERM ends it promptly and leaves no process and no socket", async () => {
  const socket = join(fleet.data, "redis", "redis.sock");
  const redis = new Redis(socket, { retryStrategy: () => null });
  const pid = Number(/process_id:(\d+)/.exec(await redis.info("server"))?.[1]);
  redis.on("error", () => undefined).disconnect();
  const begun = Date.now();
  expect(await bot.end("SIGTERM")).toBe(0);
  expect(Date.now() - begun).toBeLessThan(5_000);
  expect(existsSync(socket)).toBe(false);
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});
