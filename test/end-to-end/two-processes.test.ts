import { beforeAll, expect, test } from "vitest";
import { testRedis } from "../support/redis.js";
import type { BotProcess } from "./bot-process.js";
import { eventually } from "./eventually.js";
import { fleetOf, type Fleet } from "./fleet.js";

// Two `bot run` on one Redis, as two containers would be. The tests tell one story, in this order.

const accounts = ["ping", "pong", "clock"];
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

const turn = ["one", "two", "three", "four", "five"];
const schedule = { cron: "* * * * * *", texts: turn };

let fleet: Fleet;
let processes: BotProcess[];

beforeAll(async () => {
  const answers = { plugins: [{ use: "./answering.ts" }] };
  fleet = await fleetOf({
    accounts: { ping: answers, pong: answers, clock: { plugins: [{ use: "posting", with: schedule }] } },
    files: { "answering.ts": answering },
    sandbox: { users: [...accounts, "visitor"] },
    environment: testRedis().env,
  });
  processes = await Promise.all([fleet.run(), fleet.run()]);
  await Promise.all(accounts.map((account) => fleet.authorize(account)));
  await fleet.listening("ping", "pong");
});

/** Asks both for an answer to this number. */
async function mention(number: number): Promise<void> {
  for (const name of ["ping", "pong"]) {
    await fleet.sandbox.actAs("visitor").statuses.create({ status: `@${name} number ${number}` });
  }
}

async function answersOf(name: string): Promise<number[]> {
  const posts = await fleet.posts(name);
  return posts.map((text) => Number(/answer (\d+)$/.exec(text)?.[1])).toSorted((one, other) => one - other);
}

/** Waits for the answers up to `last` from both, and that none came twice. */
async function answeredUpTo(last: number): Promise<void> {
  const numbers = Array.from({ length: last }, (_, index) => index + 1);
  for (const name of ["ping", "pong"]) {
    await eventually(`${name} answers ${last}`, async () => (await answersOf(name)).includes(last));
    await eventually(`${name} answers all`, async () => (await answersOf(name)).length >= last);
    expect(await answersOf(name)).toEqual(numbers);
  }
}

async function owners(): Promise<(string | undefined)[]> {
  return (await fleet.status()).map(({ owner }) => owner?.process);
}

/** The schedule's texts come in turn: none is lost, none comes twice. */
async function inTurn(): Promise<void> {
  const posts = await fleet.posts("clock");
  expect(posts).toEqual(posts.map((_, index) => turn[index % turn.length]));
}

test("each account acts once, in one of them", async () => {
  for (let number = 1; number <= 5; number += 1) await mention(number);
  await answeredUpTo(5);
  await inTurn();
  const pids = processes.map(({ child }) => String(child.pid));
  for (const owner of await owners()) expect(pids).toContain(owner);
});

test("when one is killed, the other takes its accounts over; nothing is lost, nothing doubled", async () => {
  const [owner] = await owners();
  const killed = processes.find(({ child }) => String(child.pid) === owner);
  const survivor = processes.find((bot) => bot !== killed);
  await mention(6);
  await killed?.end("SIGKILL");
  for (let number = 7; number <= 9; number += 1) await mention(number);
  await eventually("the other owns them all", async () =>
    (await owners()).every((pid) => pid === String(survivor?.child.pid)),
  );
  await answeredUpTo(9);
  await inTurn();
});

test("when one is told to end, another goes on at once", async () => {
  const newcomer = await fleet.run();
  const remaining = processes.filter(({ child }) => child.exitCode === null && child.signalCode === null);
  for (const bot of remaining) expect(await bot.end("SIGTERM")).toBe(0);
  await mention(10);
  await answeredUpTo(10);
  await inTurn();
  for (const owner of await owners()) expect(owner).toBe(String(newcomer.child.pid));
});
