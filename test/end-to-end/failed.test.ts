import type { Redis } from "ioredis";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RedisLedger } from "../../core/client/redis-ledger.js";
import type { DueRecord } from "../../core/host/delivery-store.js";
import type { FailedEvent } from "../../core/host/failed-events.js";
import { Gathering } from "../../core/host/gathering.js";
import { RedisDeliveryStore } from "../../core/host/redis-delivery-store.js";
import { Keyring } from "../../core/store/seal.js";
import { testRedis } from "../support/redis.js";
import { eventually } from "./eventually.js";
import { fleetOf, type Fleet } from "./fleet.js";

const key = Keyring.generate();
const keyring = Keyring.parse(key, "the test");
const { connect, env, keys } = testRedis();
let redis: Redis;
let fleet: Fleet;

const plugin = `
import { definePlugin } from "howdah";
export default definePlugin({
  name: "poet",
  scopes: ["write:statuses"],
  setup({ every }) {
    every("line", { hours: 200 }, ({ client, dueAt }) => client.statuses.create({ status: "line " + dueAt.getTime() }));
  },
});
`;

beforeAll(async () => {
  redis = await connect();
  const carrying = { plugins: [{ use: "./poet.ts" }] };
  fleet = await fleetOf({
    accounts: { one: carrying, two: carrying },
    files: { "poet.ts": plugin },
    sandbox: { users: ["one", "two"] },
    environment: { ...env, BOT_KEY: key },
  });
});

beforeEach(async () => {
  for (const account of ["one", "two"]) {
    const gone = ["due", "failed", "set-aside", "broken", "audit", "batch"].map((name) => keys.account(account, name));
    await redis.del(...gone);
  }
});

function tick(dueAt: number, since = Date.now()): DueRecord {
  const event = { kind: "tick", rider: "poet", name: "line", dueAt } as const;
  const plain = { attempts: 5, waits: 0, notBefore: 0, reason: "the moon was full", since };
  return { invocation: `poet/tick/line/${dueAt}`, rider: "poet", event, ...plain };
}

function storeOf(account: string): RedisDeliveryStore {
  return new RedisDeliveryStore(redis, keys, keyring, account);
}

/** As if no attempt had brought them to their end. */
async function giveUp(account: string, ...records: DueRecord[]): Promise<void> {
  const gathering = new Gathering();
  for (const record of records) gathering.add({ how: "given up", record }, false);
  const epoch = Number(
    (await redis.get(keys.account(account, "epoch"))) ?? (await redis.incr(keys.account(account, "epoch"))),
  );
  const batch = gathering.batch(Math.floor(Math.random() * 1e9), {
    notifications: () => undefined,
    timeline: () => undefined,
  });
  expect(await storeOf(account).commit(epoch, batch)).toBe(true);
}

async function failed(...words: string[]): Promise<FailedEvent[]> {
  const { code, stdout } = await fleet.bot("failed", ...words, "--json");
  expect(code).toBe(0);
  return JSON.parse(stdout) as FailedEvent[];
}

async function uncertain(account: string, dueAt: number): Promise<void> {
  const ledger = new RedisLedger(redis, keys, keyring, account);
  const entry = {
    operation: "statuses.create",
    state: "sent",
    idempotencyKey: "k",
    admittedAt: 5,
    firstAdmittedAt: 5,
  } as const;
  const epoch = Number(await redis.get(keys.account(account, "epoch")));
  const claim = { invocation: `poet/tick/line/${dueAt}`, key: "key:a", rider: "poet", entry, epoch, again: false };
  await ledger.admit(claim);
  await ledger.settle(claim, { state: "uncertain", reason: "its answer never came" });
}

describe("while nothing runs", () => {
  test("where nothing has failed it says so", async () => {
    expect(await fleet.bot("failed")).toMatchObject({ code: 0, stdout: "nothing has failed\n" });
    expect(await failed()).toEqual([]);
    expect(await fleet.bot("retry", "--all")).toMatchObject({
      code: 0,
      stdout: "nothing is there to be tried again\n",
    });
    expect(await fleet.bot("drop", "--all")).toMatchObject({ code: 0, stdout: "nothing is there to be dropped\n" });
  });

  test("it shows what failed, the oldest first, of all accounts or of one", async () => {
    const earlier = Date.now() - 3_600_000;
    await giveUp("one", tick(2), tick(1, earlier));
    await giveUp("two", tick(3));
    expect((await failed()).map(({ account, invocation }) => [account, invocation])).toEqual([
      ["one", "poet/tick/line/1"],
      ["one", "poet/tick/line/2"],
      ["two", "poet/tick/line/3"],
    ]);
    const [first] = await failed("one");
    expect(first).toEqual({
      account: "one",
      rider: "poet",
      invocation: "poet/tick/line/1",
      state: "failed",
      event: "clock line",
      since: new Date(earlier).toISOString(),
      attempts: 5,
      reason: "the moon was full",
      uncertain: [],
    });
    const { stdout } = await fleet.bot("failed", "two");
    expect(stdout).toContain("two poet/tick/line/3: the moon was full");
    expect(stdout).not.toContain("one");
  });

  test("what is wrong with a call is said, and nothing is changed", async () => {
    await giveUp("one", tick(1));
    await giveUp("two", tick(1));
    const calls: [words: string[], what: RegExp][] = [
      [["retry"], /which events are meant is not said\n +name them/],
      [["drop", "--yes"], /which events are meant is not said/],
      [["retry", "poet/tick/line/9"], /no event poet\/tick\/line\/9 has failed\n +see bot failed/],
      [["retry", "poet/tick/line/1"], /has failed on several accounts\n +add --account with one of one, two/],
      [["retry", "--all", "--account", "three"], /there is no account three/],
      [["failed", "three"], /there is no account three/],
      [["retry", "--rider", "singer"], /there is no rider singer\n +the riders are: poet/],
      [["retry", "--since", "yesterday"], /--since yesterday is neither a duration nor a time/],
      [["retry", "--all", "--resend", "--happened"], /contradict each other/],
      [["drop", "--all"], /cannot be asked without a terminal\n +add --yes/],
    ];
    for (const [words, what] of calls) {
      const { code, stderr } = await fleet.bot(...words);
      expect([words, code, stderr]).toEqual([words, 2, expect.stringMatching(what)]);
    }
    expect(await failed()).toHaveLength(2);
  });

  test("retry puts events back on the due list as if they had just come, drop forgets them", async () => {
    await giveUp("one", tick(1, Date.now() - 7_200_000), tick(2), tick(3));
    const retried = await fleet.bot("retry", "--since", "1h");
    expect(retried.stdout).toBe(
      "2 events are tried again\nno process runs the account: it begins when one does (bot run)\n",
    );
    const due = (await storeOf("one").due()).records.map(({ attempts, invocation }) => `${invocation} ${attempts}`);
    expect(due.toSorted()).toEqual(["poet/tick/line/2 0", "poet/tick/line/3 0"]);
    expect(await fleet.bot("drop", "poet/tick/line/1", "--yes")).toMatchObject({
      code: 0,
      stdout: "1 event dropped\n",
    });
    expect(await failed()).toEqual([]);
  });

  test("a write whose outcome nobody knows waits for a human's word", async () => {
    await giveUp("one", tick(1, Date.now() - 5_000), tick(2));
    await uncertain("one", 1);
    const [first] = await failed();
    expect(first?.uncertain).toEqual([{ operation: "statuses.create", sent_at: new Date(5).toISOString() }]);
    const silent = await fleet.bot("retry", "--all");
    expect([silent.code, silent.stdout]).toEqual([1, expect.stringContaining("1 event is tried again")]);
    expect(silent.stderr).toMatch(/what became of a write of poet\/tick\/line\/1\n +look at the account/);
    const said = await fleet.bot("retry", "--all", "--resend");
    expect(said.stdout).toContain("1 write is decided\n1 event is tried again");
    const trace = await new RedisLedger(redis, keys, keyring, "one").trace("poet/tick/line/1");
    expect([...trace.writes.values()].map(({ state }) => state)).toEqual(["void"]);
  });

  test("an uncertain write of an event that went through is shown too, and can be decided", async () => {
    await giveUp("one");
    await uncertain("one", 7);
    expect((await failed()).map(({ invocation, state }) => [invocation, state])).toEqual([
      ["poet/tick/line/7", "uncertain"],
    ]);
    expect((await fleet.bot("retry", "poet/tick/line/7", "--happened")).stdout).toBe("1 write is decided\n");
    expect(await failed()).toEqual([]);
  });

  test("what cannot be read is shown, and dropped like the rest", async () => {
    await redis.hset(keys.account("one", "failed"), "poet/tick/line/1", "no json");
    expect((await failed()).map(({ invocation, state }) => [invocation, state])).toEqual([
      ["poet/tick/line/1", "unreadable"],
    ]);
    await fleet.bot("drop", "--all", "--yes");
    expect(await failed()).toEqual([]);
  });
});

describe("while the fleet runs", () => {
  const lines = () =>
    fleet.sandbox
      .requests()
      .flatMap(({ body, operation }) => (operation === "statuses.create" ? [(body as { status: string }).status] : []));

  beforeAll(async () => {
    await fleet.run();
    await Promise.all([fleet.authorize("one"), fleet.authorize("two")]);
    await eventually("both are ready", async () =>
      (await fleet.status()).every(({ riders, state }) => state === "ready" && riders[0]?.state === "running"),
    );
  });

  test("what is retried is handled at once, and a stopped rider goes on", async () => {
    await giveUp("one", tick(41));
    const broken = { since: 1, reason: "10 attempts in a row failed: x", until: Date.now() + 3_600_000, times: 1 };
    await redis.hset(keys.account("two", "broken"), "poet", JSON.stringify(broken));
    await giveUp("two", tick(42));
    await fleet.bot("retry", "poet/tick/line/42");
    await eventually("the status shows the stopped rider", async () => {
      const { riders } = await fleet.statusOf("two");
      return riders[0]?.state === "stopped" && riders[0].reason.includes("bot retry --account two --rider poet");
    });
    expect(await fleet.bot("retry", "--account", "one", "--all")).toMatchObject({ stdout: "1 event is tried again\n" });
    await eventually("the retried event is handled", () => lines().includes("line 41"));
    expect(lines()).not.toContain("line 42");
    expect((await fleet.bot("retry", "--account", "two", "--rider", "poet")).stdout).toBe("two/poet goes on\n");
    await eventually("the held event is handled", () => lines().includes("line 42"));
  });
});
