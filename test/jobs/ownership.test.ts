import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { createOwnership } from "../../core/jobs/bullmq-ownership.js";
import type { Ownership, Tenure } from "../../core/jobs/ownership.js";
import { testRedis } from "../support/redis.js";

const joined: Ownership[] = [];

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(joined.splice(0).map((ownership) => ownership.stop()));
});

/** What the processes of one fleet do, kept as it happens. */
async function fleet() {
  const corner = testRedis();
  const redis = await corner.connect();
  const holders = new Map<string, Tenure[]>();
  const epochs = new Map<string, number[]>();
  const overlaps: string[] = [];
  const logged: string[] = [];

  const began = (tenure: Tenure) => {
    const { account } = tenure;
    const current = holders.get(account) ?? [];
    if (current.length > 0) overlaps.push(account);
    holders.set(account, [...current, tenure]);
    epochs.set(account, [...(epochs.get(account) ?? []), tenure.epoch]);
  };
  const ended = (tenure: Tenure) => {
    holders.set(
      tenure.account,
      (holders.get(tenure.account) ?? []).filter((other) => other !== tenure),
    );
  };

  /** One process: `held()` are the accounts that it holds now. */
  const join = (whileHeld: (tenure: Tenure) => Promise<unknown> = untilAborted) => {
    const own = new Set<string>();
    const log = {
      warn: () => {},
      error: (_: object, message: string) => void logged.push(message),
    };
    const { address, prefix, keys } = corner;
    const ownership = createOwnership({ address, prefix, keys, redis, log, lockMs: 2_000, stalledCheckMs: 500 });
    joined.push(ownership);
    const hold = async (tenure: Tenure) => {
      began(tenure);
      own.add(tenure.account);
      try {
        await whileHeld(tenure);
      } finally {
        own.delete(tenure.account);
        ended(tenure);
      }
    };
    return {
      start: (accounts: string[]) => ownership.start(accounts, hold),
      ownership,
      held: () => [...own].toSorted(),
    };
  };
  const tenureOf = (account: string) => {
    const [tenure] = holders.get(account) ?? [];
    if (!tenure) throw new Error(`nobody holds ${account}`);
    return tenure;
  };
  const { keys, prefix } = corner;
  return { join, epochs, overlaps, logged, redis, keys, prefix, tenureOf };
}

/** Heartbeats come only when the test says so: what happens between two of them has another cause. */
function byHand() {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const until = async (isSo: () => boolean | Promise<boolean>) => {
    while (!(await isSo())) await delay(5);
  };
  return {
    until,
    beatUntil: (isSo: () => boolean) =>
      until(() => {
        vi.advanceTimersByTime(500);
        return isSo();
      }),
  };
}

const untilAborted = ({ signal }: Tenure) =>
  new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 20_000, interval: 10 });
const upwards = (one: number, other: number) => one - other;
const named = (count: number) => Array.from({ length: count }, (_, index) => `account${index}`);

test("each account has one owner at a time, through processes that come and go, and its epoch rises", async () => {
  const { join, epochs, overlaps } = await fleet();
  const accounts = named(30);
  const slowly = async (tenure: Tenure) => {
    await untilAborted(tenure);
    await delay(10 * Math.random());
  };
  let processes = [join(slowly), join(slowly), join(slowly)];
  const allHeld = () => processes.flatMap(({ held }) => held()).toSorted();
  await Promise.all(processes.map(({ start }) => start(accounts)));
  for (let round = 0; round < 4; round += 1) {
    await until(() => expect(allHeld()).toEqual(accounts.toSorted()));
    const [leaving, ...staying] = processes.toSorted((a, b) => b.held().length - a.held().length);
    const coming = join(slowly);
    processes = [...staying, coming];
    await Promise.all([leaving?.ownership.stop(), coming.start(accounts)]);
  }
  await until(() => expect(allHeld()).toEqual(accounts.toSorted()));
  expect(overlaps).toEqual([]);
  for (const account of accounts) {
    const risen = epochs.get(account) ?? [];
    expect(risen).toEqual(risen.map((_, index) => index + 1));
  }
});

test("a tenure is valid until it is let go, and stop waits for the hold to settle", async () => {
  const { join, tenureOf } = await fleet();
  let settled = false;
  const process = join(async (tenure) => {
    await untilAborted(tenure);
    await delay(200);
    expect(tenure.isValid()).toBe(true);
    settled = true;
  });
  await process.start(["a"]);
  await until(() => expect(process.held()).toEqual(["a"]));
  await delay(3_000);
  const tenure = tenureOf("a");
  expect([tenure.isValid(), tenure.signal.aborted]).toEqual([true, false]);
  await process.ownership.stop();
  expect([settled, tenure.signal.aborted]).toEqual([true, true]);
});

test("a stopped process hands over to one that waits", async () => {
  const { join, tenureOf, overlaps } = await fleet();
  const [first, second] = [join(), join()];
  await first.start(["a", "b"]);
  await until(() => expect(first.held()).toEqual(["a", "b"]));
  await second.start(["a", "b"]);
  await first.ownership.stop();
  await until(() => expect(second.held()).toEqual(["a", "b"]));
  expect([tenureOf("a").epoch, overlaps]).toEqual([2, []]);
});

test("a process that waits does not act, and a stopped fleet starts again where it was", async () => {
  const { join, tenureOf } = await fleet();
  const first = join();
  await first.start(["a"]);
  await until(() => expect(first.held()).toEqual(["a"]));
  await first.ownership.stop();
  const later = join();
  await later.start(["a"]);
  await until(() => expect(later.held()).toEqual(["a"]));
  expect(tenureOf("a").epoch).toBe(2);
});

test("a hold that throws is logged and its account offered again, by no more than one at a time", async () => {
  const { join, logged, overlaps, epochs } = await fleet();
  let tries = 0;
  const failing = async (tenure: Tenure) => {
    tries += 1;
    if (tries < 3) throw new Error("no luck");
    await untilAborted(tenure);
  };
  const processes = [join(failing), join(failing)];
  await Promise.all(processes.map(({ start }) => start(["a"])));
  await until(() => expect(epochs.get("a")).toEqual([1, 2, 3]));
  expect(logged).toEqual(Array(2).fill("holding an account failed; it is offered again"));
  expect(overlaps).toEqual([]);
});

test("a hold that returns by itself gives its account up and gets it again", async () => {
  const { join, epochs } = await fleet();
  const process = join(() => delay(10));
  await process.start(["a"]);
  await until(() => expect(epochs.get("a")?.length).toBeGreaterThanOrEqual(2));
});

test("setAccounts adds and lets go; what another process wants goes there", async () => {
  const { join, overlaps } = await fleet();
  const [one, two] = [join(), join()];
  await one.start(["a", "b"]);
  await until(() => expect(one.held()).toEqual(["a", "b"]));
  await two.start(["b"]);
  await one.ownership.setAccounts(["a", "c"]);
  await until(() => expect([one.held(), two.held()]).toEqual([["a", "c"], ["b"]]));
  await one.ownership.setAccounts([]);
  await two.ownership.setAccounts(["a", "b", "c"]);
  await until(() => expect([one.held(), two.held()]).toEqual([[], ["a", "b", "c"]]));
  expect(overlaps).toEqual([]);
});

test("processes with different lists each get their own, whoever takes a job first", async () => {
  const { join, overlaps } = await fleet();
  const lists = [named(5), named(9).slice(5), ["42", "with_underscore"]];
  const processes = lists.map(() => join());
  await Promise.all(processes.map(({ start }, index) => start(lists[index] ?? [])));
  await until(() => expect(processes.map(({ held }) => held())).toEqual(lists));
  expect(overlaps).toEqual([]);
});

test("the job of an account that nobody wants ends, and the account can come back", async () => {
  const { join, redis, prefix } = await fleet();
  const gone = join();
  await gone.start(["a"]);
  await until(() => expect(gone.held()).toEqual(["a"]));
  await gone.ownership.stop();
  const other = join();
  await other.start(["b"]);
  const jobs = () => redis.keys(`${prefix}:{ownership}:ownership:id-a`);
  await vi.waitFor(async () => expect(await jobs()).toEqual([]), { timeout: 20_000 });
  await other.ownership.setAccounts(["b", "a"]);
  await until(() => expect(other.held()).toEqual(["a", "b"]));
});

test("a lock that Redis lost is noticed: the tenure ends for good, and the account is owned anew", async () => {
  const { join, tenureOf, redis, prefix, epochs, overlaps } = await fleet();
  const process = join();
  await process.start(["a"]);
  await until(() => expect(process.held()).toEqual(["a"]));
  const tenure = tenureOf("a");
  await redis.del(await redis.keys(`${prefix}:{ownership}:*`));
  await untilAborted(tenure);
  expect(tenure.isValid()).toBe(false);
  await until(() => expect(epochs.get("a")).toEqual([1, 2]));
  expect([tenure.isValid(), tenureOf("a").isValid(), overlaps]).toEqual([false, true, []]);
});

test("processes that join get their part little by little, and then nothing moves any more", async () => {
  const { join, epochs, overlaps } = await fleet();
  const accounts = named(20);
  const first = join();
  await first.start(accounts);
  await until(() => expect(first.held()).toHaveLength(20));
  const processes = [first, join(), join()];
  await Promise.all(processes.slice(1).map(({ start }) => start(accounts)));
  const counts = () => processes.map(({ held }) => held().length).toSorted(upwards);
  await until(() => expect(counts()).toEqual([6, 7, 7]));
  // Each account moved once at most, and stays where it is through many beats.
  const moves = () => [...epochs.values()].flat().length;
  const before = moves();
  expect(Math.max(...[...epochs.values()].flat())).toBeLessThanOrEqual(2);
  await delay(3_000);
  expect([counts(), moves(), overlaps]).toEqual([[6, 7, 7], before, []]);
});

test("when one leaves, those that were full take what it had", async () => {
  const { join, overlaps } = await fleet();
  const accounts = named(9);
  const processes = [join(), join(), join()];
  await Promise.all(processes.map(({ start }) => start(accounts)));
  const counts = () => processes.map(({ held }) => held().length);
  await until(() => expect(counts()).toEqual([3, 3, 3]));
  await processes[0]?.ownership.stop();
  await until(() => expect(counts().toSorted(upwards)).toEqual([0, 4, 5]));
  expect(overlaps).toEqual([]);
});

test("what one that leaves had is taken at once, also by one that was full", async () => {
  const { join, overlaps, tenureOf } = await fleet();
  const { beatUntil, until } = byHand();
  const accounts = named(3);
  const processes = [join(), join()];
  for (const { start } of processes) await start(accounts);
  // Of three accounts the one with two looks for no more while the other has one.
  const byCount = () => processes.toSorted((one, other) => one.held().length - other.held().length);
  await beatUntil(
    () =>
      byCount()
        .map(({ held }) => held().length)
        .join() === "1,2",
  );
  const [leaving, full] = byCount();
  const [handed = ""] = leaving?.held() ?? [];
  const { epoch } = tenureOf(handed);
  await leaving?.ownership.stop();
  await until(() => full?.held().length === 3);
  expect([tenureOf(handed).epoch, overlaps]).toEqual([epoch + 1, []]);
});

test("those who stay share what one that leaves had, and nothing moves twice", async () => {
  const { join, epochs, keys, overlaps, redis } = await fleet();
  const { beatUntil, until } = byHand();
  const accounts = named(30);
  let mayLetGo = Promise.resolve();
  const whenAllowed = async (tenure: Tenure) => {
    await untilAborted(tenure);
    await mayLetGo;
  };
  const [leaving, ...staying] = [join(whenAllowed), join(), join()];
  const counts = () => staying.map(({ held }) => held().length);
  for (const { start } of [leaving, ...staying]) await start(accounts);
  await beatUntil(() => leaving.held().length === 10 && counts().every((count) => count === 10));
  const moves = () => [...epochs.values()].flat().length;
  const before = moves();
  const said = () => redis.hvals(keys.fleet("participants"));
  let letGo: () => void = () => {};
  mayLetGo = new Promise((resolve) => (letGo = resolve));
  // The last beats are over.
  await delay(100);
  const last = await said();
  const stopped = leaving.ownership.stop();
  // Both have heard that it leaves, and looked anew who is there, before it has let anything go.
  await until(async () => (await said()).filter((entry) => !last.includes(entry)).length === 2);
  letGo();
  await stopped;
  await until(() => counts().reduce((sum, count) => sum + count) === 30);
  expect([counts(), moves() - before, overlaps]).toEqual([[15, 15], 10, []]);
});

test("many accounts are let go a few at a time, so that others have the first while the last still end", async () => {
  const { join } = await fleet();
  let turn = 0;
  const counting = setInterval(() => (turn += 1), 0);
  const turns = new Map<number, number>();
  const process = join(async (tenure) => {
    await untilAborted(tenure);
    turns.set(turn, (turns.get(turn) ?? 0) + 1);
    for (const busyUntil = performance.now() + 1; performance.now() < busyUntil;);
  });
  await process.start(named(60));
  await until(() => expect(process.held()).toHaveLength(60));
  await process.ownership.stop();
  clearInterval(counting);
  expect(Math.max(...turns.values())).toBeLessThanOrEqual(10);
});

test("misuse is explained", async () => {
  const { join } = await fleet();
  const process = join();
  await expect(process.ownership.setAccounts(["a"])).rejects.toThrow(/start\(\) comes before/);
  await process.start([]);
  await expect(process.start([])).rejects.toThrow(/already takes part/);
});
