import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { CrashBook } from "../../core/host/crash-book.js";
import { CrashWatch, Probation } from "../../core/host/crash-watch.js";
import { WatchBoard, type Watched } from "../../core/host/watch-board.js";
import { testRedis } from "../support/redis.js";

const one: Watched = { account: "bot", rider: "one", event: "notification.mention", invocation: "one/n1" };
const other: Watched = { account: "bot", rider: "other", event: "clock noon", invocation: "other/tick/noon/7" };

/** A promise that the test ends. */
function later<T>() {
  let [resolve, reject]: [(value: T) => void, (error: Error) => void] = [() => undefined, () => undefined];
  const promise = new Promise<T>((...ends) => ([resolve, reject] = ends));
  return { promise, resolve: (value: T) => resolve(value), reject: (error: Error) => reject(error) };
}

describe("the board", () => {
  test("names all that has begun and not ended, seen from another thread", async () => {
    const board = new WatchBoard();
    const seen = new WatchBoard(board.shared);
    expect(seen.running()).toEqual([]);
    const [first, second] = [later<void>(), later<void>()];
    const works = [board.watch(one, () => first.promise), board.watch(other, () => second.promise)];
    expect(seen.running()).toEqual([one, other]);
    first.resolve();
    await works[0];
    expect(seen.running()).toEqual([other]);
    second.reject(new Error("thrown"));
    await expect(works[1]).rejects.toThrow("thrown");
    expect(seen.running()).toEqual([]);
  });

  test("names one alone while it is the one that keeps the loop", async () => {
    const board = new WatchBoard();
    const seen = new WatchBoard(board.shared);
    const waiting = later<void>();
    const works = [board.watch(one, () => waiting.promise)];
    let during: Watched[] = [];
    works.push(board.watch(other, async () => void (during = seen.running())));
    expect(during).toEqual([other]);
    waiting.resolve();
    await Promise.all(works);
  });

  test("has room for any name, and for more than it can watch", async () => {
    const board = new WatchBoard();
    const ending = later<string>();
    const long = { ...one, invocation: `one/${"ü".repeat(600)}` };
    const works = Array.from({ length: 2_000 }, () => board.watch(long, () => ending.promise));
    expect(board.running()).toHaveLength(1_024);
    expect(board.running()[0]).toEqual({ ...one, invocation: "" });
    ending.resolve("done");
    expect(new Set(await Promise.all(works))).toEqual(new Set(["done"]));
    expect(board.running()).toEqual([]);
  });

  test("cuts off the name of an event that has no room, and still says whose it is", () => {
    const board = new WatchBoard();
    const tag = `timeline.tag:${"ü".repeat(600)}`;
    board.watch({ ...one, event: tag, invocation: `one/${tag}/7` }, () => {
      const [seen] = board.running();
      expect(seen).toEqual({ ...one, event: expect.stringMatching(/^timeline\.tag:ü{200,}$/), invocation: "" });
    });
  });

  test("tells words apart, whatever stands in them", () => {
    const board = new WatchBoard();
    const odd = { account: "bot", rider: "öne", event: 'clock "a, b"', invocation: "" };
    board.watch(odd, () => expect(board.running()).toEqual([odd]));
  });

  test("shows that the loop turns, and how full the heap is", () => {
    const board = new WatchBoard();
    const seen = new WatchBoard(board.shared);
    board.beat(0.5);
    board.beat(0.876);
    expect([seen.beats, seen.heapShare]).toEqual([2, 0.876]);
  });
});

async function book() {
  const { connect, keys } = testRedis();
  const redis = await connect();
  return { book: new CrashBook(redis, keys, "bot"), redis, marks: keys.account("bot", "crashes") };
}

describe("a rider", () => {
  test("that two processes went down with is held, until it is released", async () => {
    const { book: crashes } = await book();
    await crashes.mark("first", "blocked", [one, other]);
    expect(await crashes.read()).toEqual({
      held: new Map(),
      suspected: new Set(["one one/n1", "other other/tick/noon/7"]),
    });
    await crashes.mark("second", "memory", [one]);
    const { held } = await crashes.read();
    expect([...held]).toEqual([["one", { since: expect.any(Number), cause: "memory", event: "notification.mention" }]]);
    expect(await crashes.release("one")).toBe(true);
    expect((await crashes.read()).held.size).toBe(0);
    expect(await crashes.release("one")).toBe(false);
  });

  test("that one process was noted with twice is not", async () => {
    const { book: crashes } = await book();
    await crashes.mark("first", "blocked", [one]);
    await crashes.mark("first", "memory", [one]);
    expect((await crashes.read()).held.size).toBe(0);
  });

  test("whose process lived is not suspected", async () => {
    const { book: crashes } = await book();
    await crashes.mark("first", "blocked", [one]);
    await crashes.unmark("first", ["one"]);
    expect((await crashes.read()).suspected.size).toBe(0);
  });

  test("is not held for what is more than an hour old, or cannot be read", async () => {
    const { book: crashes, marks, redis } = await book();
    const old = { at: Date.now() - 3_600_001, cause: "blocked", running: [one] };
    await redis.hset(marks, { "one first": JSON.stringify(old), "one third": "{" });
    await crashes.mark("second", "blocked", [one]);
    expect((await crashes.read()).held.size).toBe(0);
  });
});

test("what ran when a process went down is tried one at a time, and cleared at its end", async () => {
  const { book: crashes } = await book();
  await crashes.mark("first", "blocked", [one, other]);
  const watch = new CrashWatch({ account: "bot", book: crashes, board: new WatchBoard(), probation: new Probation() });
  await watch.read();
  const said: string[] = [];
  const run = ({ invocation, rider }: Watched, end: "returns" | "throws") =>
    watch.alone(rider, invocation, async () => {
      said.push(`${rider} begins`);
      await sleep(20);
      said.push(`${rider} ${end}`);
      if (end === "throws") throw new Error("thrown");
    });
  const free = { ...one, rider: "free" };
  const ended = await Promise.allSettled([run(one, "throws"), run(other, "returns"), run(free, "returns")]);
  expect(ended.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  expect(said.filter((line) => !line.startsWith("free"))).toEqual([
    "one begins",
    "one throws",
    "other begins",
    "other returns",
  ]);
  expect(said.indexOf("free returns")).toBeLessThan(said.indexOf("other returns"));
  expect((await crashes.read()).suspected.size).toBe(0);
});
