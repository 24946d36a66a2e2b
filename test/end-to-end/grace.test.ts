import type { Redis } from "ioredis";
import { beforeEach, expect, test } from "vitest";
import { testRedis, type TestRedis } from "../support/redis.js";
import type { BotProcess } from "./bot-process.js";
import { eventually } from "./eventually.js";
import { fleetOf, type Fleet } from "./fleet.js";

// A handler that takes its time: until its file is there, or, where it is deaf, for longer than any test.

const slow = `
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { definePlugin } from "howdah";

export default definePlugin({
  name: "slow",
  scopes: ["read:notifications", "write:statuses"],
  setup({ log, on }) {
    if (process.env.LEAVES_TIMER) setInterval(() => undefined, 1_000);
    on("notification.mention", async ({ client, signal }) => {
      await client.statuses.create({ status: "begun" });
      signal.addEventListener("abort", () => log.info("told to end"));
      while (process.env.WAITS && !existsSync("go")) await sleep(50);
      await client.statuses.create({ status: "ended" });
    });
  },
});`;

let corner: TestRedis;
let redis: Redis;
let fleet: Fleet;

beforeEach(async () => {
  corner = testRedis();
  redis = await corner.connect();
  fleet = await fleetOf({
    accounts: { bot: { plugins: ["./slow.ts"] } },
    files: { "slow.ts": slow },
    sandbox: { users: ["bot", "visitor"] },
    environment: corner.env,
  });
  await fleet.authorize("bot");
});

/** A process in the middle of a handler. */
async function inTheMiddle(grace: string): Promise<BotProcess> {
  const bot = fleet.start(["run", "--grace", grace], { WAITS: "1" });
  await fleet.listening("bot");
  await fleet.sandbox.actAs("visitor").statuses.create({ status: "@bot hello" });
  await eventually("the handler has begun", async () => (await fleet.posts("bot")).includes("begun"));
  return bot;
}

const locks = () => redis.keys(`${corner.prefix}:{ownership}*:lock`);
const handled = async () => (await fleet.statusOf("bot")).riders[0]?.handled;

test("a handler that runs comes to its end before the process does", async () => {
  const bot = await inTheMiddle("1h");
  bot.child.kill("SIGTERM");
  await eventually("the stream is closed", () => fleet.sandbox.streams().length === 0);
  expect(bot.child.exitCode).toBeNull();
  await fleet.write("go", "");
  expect(await bot.ended()).toBe(0);
  expect(bot.stderr).toContain('"msg":"stopped"');
  expect(await locks()).toEqual([]);
  expect(await fleet.posts("bot")).toEqual(["begun", "ended"]);

  await fleet.run();
  await fleet.listening("bot");
  expect(await handled()).toBe(1);
  expect(await fleet.posts("bot")).toEqual(["begun", "ended"]);
});

test("one that does not is told to, and its event goes to the next process: nothing is lost or doubled", async () => {
  const bot = await inTheMiddle("2s");
  expect(await bot.end("SIGTERM")).toBe(0);
  expect(bot.stderr).toContain("told to end");
  expect(bot.stderr).toContain('"msg":"stopped"');
  expect(await locks()).toEqual([]);
  expect(await fleet.posts("bot")).toEqual(["begun"]);

  await fleet.run();
  await eventually("the event is handled", async () => (await handled()) === 1);
  expect(await fleet.posts("bot")).toEqual(["begun", "ended"]);
});

test.each(["SIGTERM", "SIGINT"] as const)("after one SIGTERM, a %s ends it at once", async (second) => {
  const bot = await inTheMiddle("1h");
  bot.child.kill("SIGTERM");
  await eventually("it is stopping", () => bot.stderr.includes('"msg":"stopping"'));
  expect(await bot.end(second)).toBe(1);
});

test("what a plugin left running does not keep the process", async () => {
  const bot = fleet.start(["run", "--grace", "1s"], { LEAVES_TIMER: "1" });
  await fleet.listening("bot");
  expect(await bot.end("SIGTERM")).toBe(0);
});
