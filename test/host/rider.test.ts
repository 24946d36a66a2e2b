import { afterEach, beforeEach, expect, test } from "vitest";
import { Rider } from "../../core/host/rider.js";
import { checkCron } from "../../core/jobs/bullmq-jobs.js";
import { definePlugin, WriteOutsideHandler, type Client, type Plugin } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis } from "../support/redis.js";
import { riding } from "./accounts.js";
import { closeDesks, mention, openDesk, tickOf, type Desk } from "./desk.js";

let sandbox: Sandbox;
let desk: Desk;
const said: string[] = [];
const say = (message: string) => void said.push(message);
const log = { debug: say, info: say, warn: say, error: say };
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "zoe"] });
  desk = await openDesk({ redis: testRedis(), sandbox, riders: [] });
  said.length = 0;
});
afterEach(async () => {
  await closeDesks();
  await sandbox.close();
});

async function setUp(plugin: Plugin, rider = new Rider(riding(plugin))): Promise<Rider> {
  const facts = { name: "bot", server: sandbox.url, id: "1", username: "bot", timezone: "UTC" };
  await rider.setUp(facts, desk.outlet, log, desk.tenure.signal, checkCron);
  return rider;
}

test("a set-up that throws leaves nothing registered and says why", async () => {
  const plugin = definePlugin({
    name: "broken",
    setup: ({ every }) => {
      every("tick", { minutes: 1 }, () => undefined);
      throw new Error("no feed");
    },
  });
  const rider = await setUp(plugin);
  expect(rider.standing).toEqual({ state: "failed", reason: "no feed" });
  expect(rider.clocks).toEqual([]);
  expect(rider.handlersFor(tickOf("broken", "tick", 1).event)).toEqual([]);
});

test.each<[string, Plugin["setup"], string]>([
  ["a wrong cron", ({ cron }) => cron("a", "61 * * * *", () => undefined), "cron a: "],
  ["an interval of nothing", ({ every }) => every("a", {}, () => undefined), "every a: the interval must be a second"],
  [
    "two clocks of one name",
    ({ every }) => ["a", "a"].forEach((name) => every(name, { hours: 1 }, () => undefined)),
    "two clocks are named a",
  ],
  ["an event outside the scopes", ({ on }) => on("notification" as never, () => undefined), "read:notifications"],
])("%s is refused with a reason", async (_what, setup, reason) => {
  const rider = await setUp({ ...definePlugin({ name: "odd", scopes: ["write:statuses"], setup() {} }), setup });
  expect(rider.standing.state).toBe("failed");
  expect(rider.standing.reason).toContain(reason);
});

test("a set-up cannot write, also past the compiler", async () => {
  const errors: unknown[] = [];
  const plugin = definePlugin({
    name: "hasty",
    scopes: ["read", "write"],
    async setup({ client }) {
      const writing = client as unknown as Client<"write">;
      await writing.statuses.create({ status: "hello" }).catch((error: unknown) => void errors.push(error));
    },
  });
  const rider = await setUp(plugin);
  expect(rider.standing.state).toBe("running");
  expect(errors[0]).toBeInstanceOf(WriteOutsideHandler);
  expect(sandbox.requests().filter(({ path }) => path === "/api/v1/statuses")).toEqual([]);
});

test("a set-up that hangs fails after its time, and what it registers later goes nowhere", async () => {
  const ends: (() => void)[] = [];
  let cleaned = 0;
  let runs = 0;
  const plugin = definePlugin({
    name: "slow",
    async setup({ every }) {
      runs += 1;
      if (runs === 1) await new Promise<void>((resolve) => ends.push(resolve));
      every("tick", { minutes: 1 }, () => undefined);
      return () => (cleaned += 1);
    },
  });
  const rider = await setUp(plugin, new Rider(riding(plugin), 20));
  expect(rider.standing).toEqual({ state: "failed", reason: "the set-up took over 0.02 s" });
  await setUp(plugin, rider);
  expect(rider.standing.state).toBe("running");
  ends[0]?.();
  // The first one is undone, the second stands.
  await expect.poll(() => cleaned, soon).toBe(1);
  expect(rider.clocks).toHaveLength(1);
  expect(rider.handlersFor(tickOf("slow", "tick", 1).event)).toHaveLength(1);
});

test("a clean-up that throws is said and stops nothing", async () => {
  const plugin = definePlugin({
    name: "untidy",
    setup: () => () => {
      throw new Error("the file is gone");
    },
  });
  const rider = await setUp(plugin);
  await rider.stop({ state: "stopped", reason: "" }, log);
  expect(said).toContain("the clean-up failed");
  expect(rider.standing.state).toBe("stopped");
});

test("a command is a mention's first word, with its arguments, and not a bot's", async () => {
  const plugin = definePlugin({ name: "guide", setup: ({ command }) => command("weather", () => undefined) });
  const rider = await setUp(plugin);
  const asked = async (text: string) => {
    const notification = await mention(sandbox, text);
    return rider.handlersFor({ kind: "notification", notification }).length;
  };
  expect(await asked("weather Ulm")).toBe(1);
  expect(await asked("!Weather")).toBe(1);
  expect(await asked("how is the weather")).toBe(0);
  const notification = await mention(sandbox, "/weather Ulm");
  const byBot = { ...notification, account: { ...notification.account, bot: true } };
  expect(rider.handlersFor({ kind: "notification", notification })).toHaveLength(1);
  expect(rider.handlersFor({ kind: "notification", notification: byBot })).toHaveLength(0);
});

test("mentions of bots and the account's own are for those who ask for them; notification leaves out nothing", async () => {
  const plugin = definePlugin({
    name: "guide",
    setup: ({ command, on }) => {
      on("notification.mention", () => undefined);
      on("notification.mention", () => undefined, { bots: true });
      on("notification.mention", () => undefined, { own: true });
      command("weather", () => undefined, { bots: true });
      on("notification", () => undefined);
    },
  });
  const rider = await setUp(plugin);
  const notification = await mention(sandbox, "weather");
  const by = (account: object) => {
    const event = {
      kind: "notification",
      notification: { ...notification, account: { ...notification.account, ...account } },
    } as const;
    return rider.handlersFor(event).length;
  };
  expect(by({})).toBe(5);
  expect(by({ bot: true })).toBe(3);
  expect(by({ id: "1", bot: true })).toBe(2);
});
