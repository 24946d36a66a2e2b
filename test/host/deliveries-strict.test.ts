import { afterEach, beforeEach, expect, test } from "vitest";
import { definePlugin, NotReadyError, plainText, type Plugin } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { riding } from "./accounts.js";
import { closeDesks, failedOf, mention, openDesk, type Desk } from "./desk.js";

let sandbox: Sandbox;
let redis: TestRedis;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "zoe", "yan"] });
  redis = testRedis();
});
afterEach(async () => {
  await closeDesks();
  await sandbox.close();
});

function listening(hear: (text: string, attempt: number) => unknown): Plugin {
  return definePlugin({
    name: "greeter",
    setup: ({ on }) =>
      on("notification.mention", ({ attempt, notification }) =>
        hear(plainText(notification.status.content).replace("@bot ", ""), attempt),
      ),
  });
}

async function take(plugin: Plugin, settings = {}, timing = {}): Promise<Desk> {
  const riders = [{ ...riding(plugin), ...settings }];
  const desk = await openDesk({ redis, sandbox, riders, timing });
  await desk.deliveries.places.open(async () => "");
  return desk;
}

async function say(desk: Desk, text: string, by = "zoe"): Promise<void> {
  desk.deliveries.offer({ kind: "notification", notification: await mention(sandbox, text, by) });
}

test("order: strict holds a conversation up until its first event has ended; others go on", async () => {
  const ended: string[] = [];
  const hear = (text: string, attempt: number) => {
    if (text === "first" && attempt < 3) throw new Error("not yet");
    ended.push(text);
  };
  const desk = await take(listening(hear), { order: "strict" }, { retryDelayMs: () => 150 });
  for (const text of ["first", "second", "third"]) await say(desk, text);
  await say(desk, "other", "yan");
  await expect.poll(() => ended, soon).toEqual(["other", "first", "second", "third"]);
  await expect.poll(() => desk.store.dueInvocations(), soon).toEqual([]);
});

test("without it a failed event leaves the line, and what comes after it goes on", async () => {
  const ended: string[] = [];
  const hear = (text: string, attempt: number) => {
    if (text === "first" && attempt < 2) throw new Error("not yet");
    ended.push(text);
  };
  const desk = await take(listening(hear), {}, { retryDelayMs: () => 150 });
  for (const text of ["first", "second"]) await say(desk, text);
  await expect.poll(() => ended, soon).toEqual(["second", "first"]);
});

test("an event that is given up lets a strict conversation go on", async () => {
  const ended: string[] = [];
  const hear = (text: string) => {
    if (text === "first") throw new Error("never");
    ended.push(text);
  };
  const desk = await take(listening(hear), { order: "strict" });
  for (const text of ["first", "second"]) await say(desk, text);
  await expect.poll(() => ended, soon).toEqual(["second"]);
  expect(await failedOf(redis, desk.connection)).toHaveLength(1);
});

test("the next owner keeps the order of what waits", async () => {
  const first = await take(
    listening(() => Promise.reject(new NotReadyError("paused"))),
    { order: "strict" },
    { waitDelayMs: () => 60_000 },
  );
  for (const text of ["first", "second"]) await say(first, text);
  await first.deliveries.idle();
  first.tenure.end();
  const heard: string[] = [];
  const second = await take(
    listening((text) => void heard.push(text)),
    { order: "strict" },
  );
  await second.deliveries.takeDue();
  await say(second, "third");
  await second.deliveries.idle();
  expect(heard).toEqual([]);
  expect(await second.store.dueInvocations()).toHaveLength(3);
});

test("a rider's own deadline counts", async () => {
  const hang = () => new Promise(() => undefined);
  const desk = await take(listening(hang), { deadlineMs: 20 }, { retryDelayMs: () => undefined });
  await say(desk, "hi");
  await desk.deliveries.idle();
  expect(desk.lines.some(({ err }) => err?.message.includes("the handler took over 0.02 s") ?? false)).toBe(true);
});

test("two people in one conversation are handled in order", async () => {
  const ended: string[] = [];
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const desk = await take(
    listening(async (text) => {
      if (text === "question") await held;
      ended.push(text);
    }),
  );
  const question = await mention(sandbox, "question");
  const answered = question.status?.id ?? "";
  await sandbox.actAs("yan").statuses.create({ status: "@bot answer", in_reply_to_id: answered });
  const [answer] = await sandbox.actAs("bot").notifications.list();
  if (answer === undefined) throw new Error("nobody answered");
  for (const notification of [question, answer]) desk.deliveries.offer({ kind: "notification", notification });
  await say(desk, "elsewhere", "yan");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(ended).toEqual([]);
  letGo();
  await desk.deliveries.idle();
  expect(ended).toEqual(["question", "answer", "elsewhere"]);
});

test("a rider that keeps failing is stopped, its events wait, and a command starts it again, also under another owner", async () => {
  let isBroken = true;
  const heard: string[] = [];
  const plugin = listening((text) => {
    if (isBroken) throw new Error("the plugin is broken");
    heard.push(text);
  });
  const first = await take(plugin, {}, { retryDelayMs: () => 60_000 });
  for (let number = 1; number <= 12; number += 1) await say(first, `number ${number}`, number % 2 ? "zoe" : "yan");
  await first.deliveries.idle();
  expect(first.deliveries.broken("greeter")?.reason).toBe("10 attempts in a row failed: the plugin is broken");
  const attempts = (await first.store.due()).records.map((record) => record.attempts);
  expect(attempts.toSorted((a, b) => a - b)).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  first.tenure.end();
  isBroken = false;
  const second = await take(plugin);
  await second.deliveries.takeDue();
  await say(second, "while stopped");
  await second.deliveries.idle();
  expect(second.deliveries.broken("greeter")).toBeDefined();
  expect(heard).toEqual([]);
  expect(await second.store.mend("greeter")).toBe(true);
  await second.deliveries.takeDue();
  // What was held comes at once; what failed has its own time.
  await expect.poll(() => heard.toSorted(), soon).toEqual(["number 11", "number 12", "while stopped"]);
  expect(second.deliveries.broken("greeter")).toBeUndefined();
});
