import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { testRedis } from "../support/redis.js";
import type { BotProcess } from "./bot-process.js";
import { eventually } from "./eventually.js";
import { fleetOf, type Fleet } from "./fleet.js";

const accounts = ["one", "two", "three", "four"];
/** Whoever mentions them: what one person says is answered in order, what several say side by side. */
const visitors = ["ada", "ben", "cleo", "dan"];
const postsPerEvent = 4;
/** Between two mentions of each account. */
const everyMs = 1_000;

/**
 * Answers a mention with several posts over some seconds, so that at any moment handlers are about to write. Each is a write
 * that nothing but the ledger makes single.
 */
const chatty = `
import { definePlugin } from "howdah";
export default definePlugin({
  name: "chatty",
  scopes: ["read:notifications", "write:statuses"],
  setup({ command }) {
    command("number", async ({ args, client }) => {
      for (let part = 1; part <= ${postsPerEvent}; part += 1) {
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        await client.statuses.create({ status: "number " + args[0] + " part " + part, visibility: "unlisted" });
      }
    });
  },
});
`;

async function chattyFleet(names: readonly string[]): Promise<Fleet> {
  const entry = {
    server: "${SANDBOX_URL}",
    caps: { rider_per_hour: 1_000, server_per_hour: 1_000 },
    plugins: [{ use: "./chatty.ts" }],
  };
  return fleetOf({
    accounts: JSON.stringify({ accounts: Object.fromEntries(names.map((name) => [name, entry])) }),
    files: { "chatty.ts": chatty },
    sandbox: { users: [...names, ...visitors] },
    environment: testRedis().env,
  });
}

async function mention(fleet: Fleet, name: string, number: number): Promise<void> {
  const visitor = visitors[number % visitors.length] ?? "ada";
  await fleet.sandbox.actAs(visitor).statuses.create({ status: `@${name} number ${number}` });
}

const writesOf = (fleet: Fleet) =>
  fleet.sandbox
    .requests()
    .filter(({ operation, user }) => operation === "statuses.create" && accounts.includes(user ?? ""));

const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

// Three `bot run` on one Redis that all write as fast as they can. The tests tell one story, in this order.
describe("in the middle of a burst from three processes", () => {
  let fleet: Fleet;
  /** How often each was mentioned. */
  let mentioned = 0;
  let processes: BotProcess[];
  let inPause: number;

  beforeAll(async () => {
    fleet = await chattyFleet(accounts);
    processes = await Promise.all([fleet.run(), fleet.run(), fleet.run()]);
    await Promise.all(accounts.map((account) => fleet.authorize(account)));
    await fleet.listening(...accounts);
    await eventually("three processes own accounts", async () => {
      const owners = new Set((await fleet.status()).map(({ owner }) => owner?.process));
      return owners.size === 3 && !owners.has(undefined);
    });
  });

  test("once bot pause has returned, the server sees no new write", async () => {
    // As servers are: a write takes a while, so that some are under way at any moment.
    fleet.sandbox.addFault({ path: "/api/v1/statuses", times: 10_000, when: "after", action: { delayMs: 60 } });
    const over = new AbortController();
    const mentions = (async () => {
      for (; !over.signal.aborted; await sleep(everyMs)) {
        mentioned += 1;
        for (const name of accounts) await mention(fleet, name, mentioned);
      }
    })();
    await eventually("the burst is on", () => writesOf(fleet).length > 10);
    const { code, stdout, stderr } = await fleet.bot("pause", "--all", "--reason", "a burst");
    inPause = writesOf(fleet).length;
    expect([code, stdout]).toEqual([0, expect.stringContaining(`paused: ${accounts.join(", ")}\n`)]);
    expect(stdout).toContain("they write again after: bot resume --all\n");
    expect(stdout).not.toContain("nobody knows");
    const underWay = /waiting for (\d+) writes? under way/.exec(stderr)?.[1] ?? "0";
    const finished = /(\d+) writes? that (?:was|were) already under way finished/.exec(stdout)?.[1] ?? "0";
    expect(finished).toBe(underWay);
    await sleep(2_000);
    over.abort();
    await mentions;
    await sleep(1_000);
    expect(writesOf(fleet).length).toBe(inPause);
    // The burst went on all the time.
    expect(inPause).toBeLessThan(accounts.length * mentioned * postsPerEvent);
  });

  test("bot status says so, and the accounts stay ready and connected", async () => {
    const rows = await fleet.status();
    for (const row of rows) {
      expect(row).toMatchObject({ state: "ready", stream: { mode: "streaming", connected: true } });
      expect(row.paused).toEqual({ since: isoTime, by: expect.stringContaining("@"), reason: "a burst", until: null });
      expect(row.riders[0]).toMatchObject({ failed: 0, reason: expect.stringContaining("paused") });
      expect(row.riders[0]?.waiting).toBeGreaterThan(0);
    }
    const { stdout } = await fleet.bot("status");
    expect(stdout).toMatch(/^one +@one +\S+ +ready, paused /m);
    expect(stdout).toMatch(/^one: paused since \S+ by \S+@\S+: a burst; end it with: bot resume one$/m);
    expect((await fleet.bot("doctor", "--json")).stdout).toContain("4 paused: one, two, three, four");
  });

  test("the pause outlasts its processes", async () => {
    for (const bot of processes) expect(await bot.end("SIGTERM")).toBe(0);
    processes = await Promise.all([fleet.run(), fleet.run(), fleet.run()]);
    await fleet.listening(...accounts);
    mentioned += 1;
    for (const name of accounts) await mention(fleet, name, mentioned);
    await sleep(1_000);
    expect(writesOf(fleet).length).toBe(inPause);
  });

  test("after bot resume every event is handled, and none twice", async () => {
    const { code, stdout } = await fleet.bot("resume", "--all");
    expect([code, stdout]).toEqual([0, expect.stringContaining(`write again: ${accounts.join(", ")}\n`)]);
    const expected = Array.from({ length: mentioned * postsPerEvent }, (_, at) => {
      return `number ${Math.floor(at / postsPerEvent) + 1} part ${(at % postsPerEvent) + 1}`;
    }).toSorted();
    await eventually("everything is answered", async () => {
      const counts = await Promise.all(accounts.map(async (name) => (await fleet.posts(name)).length));
      return counts.every((count) => count >= expected.length);
    });
    for (const row of await fleet.status()) {
      expect(row.paused).toBeNull();
      expect(row.riders[0]).toMatchObject({ failed: 0 });
    }
    for (const name of accounts) expect((await fleet.posts(name)).toSorted()).toEqual(expected);
  });
});

describe("where a process was killed in the middle of a write", () => {
  test("bot pause returns once that cannot take effect any more, and says what nobody knows", async () => {
    const fleet = await chattyFleet(["one"]);
    const bot = await fleet.run();
    await fleet.authorize("one");
    await fleet.listening("one");
    const held = fleet.sandbox.addFault({ path: "/api/v1/statuses", when: "after", action: "hold" });
    await mention(fleet, "one", 1);
    await fleet.sandbox.waitForRequest(({ path, user }) => path === "/api/v1/statuses" && user === "one");
    await bot.end("SIGKILL");
    const { code, stderr, stdout } = await fleet.bot("pause", "one", "--json");
    expect([code, stderr]).toEqual([0, "waiting for 1 write under way\n"]);
    const unknown = [{ invocation: expect.stringMatching(/^chatty\/notification\//), operation: "statuses.create" }];
    expect(JSON.parse(stdout)).toMatchObject([{ account: "one", before: null, finished: 0, unknown }]);
    fleet.sandbox.release(held);
    // The next time nothing is waited for.
    const again = await fleet.bot("pause", "one", "--for", "30m");
    expect([again.code, again.stderr]).toEqual([0, ""]);
    expect(again.stdout).toMatch(/one was paused already, since \S+ by \S+\n/);
    expect(again.stdout).toMatch(/one: nobody knows what became of statuses\.create in chatty\/notification\/\d+/);
    expect(again.stdout).toMatch(/they write again at \S+Z, or after: bot resume one\n/);
    await fleet.run();
    await fleet.listening("one");
    expect((await fleet.bot("resume", "one")).stdout).toBe("write again: one\n");
    await eventually("the event is handled", async () => (await fleet.posts("one")).length >= postsPerEvent);
    await eventually("its end is stored", async () => (await fleet.statusOf("one")).riders[0]?.handled === 1);
    expect((await fleet.posts("one")).toSorted()).toEqual([1, 2, 3, 4].map((part) => `number 1 part ${part}`));
    expect((await fleet.bot("pause", "one")).stdout).not.toContain("nobody knows");
  });
});
