import { afterAll, beforeAll, expect, test } from "vitest";
import { Sentinels } from "../support/sentinels.js";
import { eventually } from "./eventually.js";
import { fleetOf } from "./fleet.js";

let sentinels: Sentinels;

beforeAll(async () => {
  sentinels = await Sentinels.start();
});
afterAll(() => sentinels.close());

const answering = `
import { definePlugin } from "howdah";

export default definePlugin({
  name: "answering",
  scopes: ["read:notifications", "write:statuses"],
  setup({ command }) {
    command("number", async ({ args, reply }) => {
      await reply("answer " + args[0]);
    });
  },
});`;

test("bot run goes on with the server that takes writes, when the one before has died", async () => {
  const fleet = await fleetOf({
    accounts: { ping: { plugins: [{ use: "./answering.ts" }] } },
    files: { "answering.ts": answering },
    sandbox: { users: ["ping", "visitor"] },
    environment: { REDIS_URL: sentinels.url },
  });
  const bot = await fleet.run();
  await fleet.authorize("ping");
  await fleet.listening("ping");
  const answers = async () =>
    (await fleet.posts("ping")).map((text) => Number(/answer (\d+)$/.exec(text)?.[1])).toSorted((a, b) => a - b);
  const ask = (number: number) => fleet.sandbox.actAs("visitor").statuses.create({ status: `@ping number ${number}` });
  await ask(1);
  await eventually("it answers", async () => (await answers()).includes(1));
  await sentinels.killPrimary();
  for (const number of [2, 3, 4]) await ask(number);
  await eventually("it answers what came after that", async () => (await answers()).length === 4, 90_000);
  expect(await answers()).toEqual([1, 2, 3, 4]);
  const doctor = await fleet.bot("doctor", "--json");
  expect(doctor.stdout).toContain('"check": "redis.replicas"');
  expect(bot.child.exitCode).toBeNull();
  expect(await bot.end("SIGTERM")).toBe(0);
});
