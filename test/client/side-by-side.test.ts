import { describe, expect, test } from "vitest";
import { NotReadyError, ReplayMismatchError } from "../../core/errors.js";
import type { FaultRule } from "../../sandbox/http/faults.js";
import { startBot, type Bot } from "./bot.js";

const path = "/api/v1/statuses";
const cut = (when: "before" | "after"): FaultRule => ({ method: "POST", path, when, action: "cut" });

/** Two posts at once in one attempt; how each ended. */
async function both(bot: Bot, one: string, other: string): Promise<PromiseSettledResult<{ id: string }>[]> {
  const client = await bot.attempt("both");
  return Promise.allSettled([client.statuses.create({ status: one }), client.statuses.create({ status: other })]);
}

const idsIn = (outcomes: PromiseSettledResult<{ id: string }>[]): string[] =>
  outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value.id : String(outcome.reason)));

describe("two writes at once", () => {
  test.each([
    ["equal ones", "BONG", "BONG"],
    ["different ones", "ding", "dong"],
  ])("%s are two, and the same two in a later attempt", async (_what, one, other) => {
    const bot = await startBot();
    const first = idsIn(await both(bot, one, other));
    expect(new Set(first).size).toBe(2);
    expect(idsIn(await both(bot, one, other))).toEqual(first);
    expect((await bot.posts()).toSorted()).toEqual([one, other].toSorted());
  });

  test.each([
    ["equal ones, both without effect", "BONG", "BONG", "before", "before"],
    ["equal ones, one with effect", "BONG", "BONG", "before", "after"],
    ["equal ones, both with effect", "BONG", "BONG", "after", "after"],
    ["different ones, both without effect", "ding", "dong", "before", "before"],
    ["different ones, one with effect", "ding", "dong", "after", "before"],
    ["different ones, both with effect", "ding", "dong", "after", "after"],
  ] as const)("whose answers never came: %s", async (_what, one, other, first, second) => {
    const bot = await startBot();
    for (const when of [first, second]) bot.sandbox.addFault(cut(when));
    expect((await both(bot, one, other)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(new Set(idsIn(await both(bot, one, other))).size).toBe(2);
    expect((await bot.posts()).toSorted()).toEqual([one, other].toSorted());
  });

  test.each([
    ["the first", 0],
    ["the second", 1],
  ])("of which only %s was admitted before the process died", async (_what, admitted) => {
    const bot = await startBot();
    bot.sandbox.addFault(cut("after"));
    const words = ["ding", "dong"];
    await (await bot.attempt("both")).statuses.create({ status: words[admitted] ?? "" }).catch(() => undefined);
    expect(new Set(idsIn(await both(bot, "ding", "dong"))).size).toBe(2);
    expect((await bot.posts()).toSorted()).toEqual(words);
  });

  test("equal ones of which one was admitted before the process died: what is sent is not found for the other", async () => {
    const bot = await startBot();
    bot.sandbox.addFault(cut("before"));
    await (await bot.attempt("both")).statuses.create({ status: "BONG" }).catch(() => undefined);
    expect(new Set(idsIn(await both(bot, "BONG", "BONG"))).size).toBe(2);
    expect(await bot.posts()).toEqual(["BONG", "BONG"]);
  });

  test("under one key are one", async () => {
    const bot = await startBot();
    const client = await bot.attempt("keyed");
    const post = () => client.statuses.create({ status: "hello" }, { key: "greeting" });
    const [one, other] = await Promise.all([post(), post()]);
    expect([other.id, (await post()).id, await bot.posts()]).toEqual([one.id, one.id, ["hello"]]);
  });
});

describe("a handler that tries again by itself", () => {
  test("after a refusal: the same write goes out, under the same Idempotency-Key", async () => {
    const bot = await startBot();
    const client = await bot.attempt("stubborn");
    bot.sandbox.addFault({ path, action: { status: 422, json: { error: "Not today" } } });
    await expect(client.statuses.create({ status: "hello" })).rejects.toMatchObject({ status: 422 });
    await client.statuses.create({ status: "hello" });
    const keys = bot.calls("statuses.create").map(({ idempotencyKey }) => idempotencyKey);
    expect([keys.length, new Set(keys).size, await bot.posts()]).toEqual([2, 1, ["hello"]]);
  });

  test.each(["before", "after"] as const)("an answer that never came, cut %s the effect: one post", async (when) => {
    const bot = await startBot();
    const client = await bot.attempt("stubborn");
    bot.sandbox.addFault(cut(when));
    await expect(client.statuses.create({ status: "hello" })).rejects.toMatchObject({ code: "NETWORK_FAILED" });
    await client.statuses.create({ status: "hello" });
    expect(await bot.posts()).toEqual(["hello"]);
  });

  test("too early to look: it waits, and posts nothing", async () => {
    const bot = await startBot({}, { settledAfterMs: 45_000 });
    const client = await bot.attempt("stubborn");
    bot.sandbox.addFault(cut("after"));
    await expect(client.statuses.create({ status: "hello" })).rejects.toMatchObject({ code: "NETWORK_FAILED" });
    await expect(client.statuses.create({ status: "hello" })).rejects.toBeInstanceOf(NotReadyError);
    expect(await bot.posts()).toEqual(["hello"]);
  });
});

describe("the same words in another invocation", () => {
  test("are not taken for those that took no effect", async () => {
    const bot = await startBot();
    bot.sandbox.addFault(cut("before"));
    const hello = { status: "hello" };
    await expect((await bot.attempt("one")).statuses.create(hello)).rejects.toMatchObject({ code: "NETWORK_FAILED" });
    const { id } = await (await bot.attempt("other")).statuses.create(hello);
    expect((await (await bot.attempt("one")).statuses.create(hello)).id).not.toBe(id);
    expect(await bot.posts()).toEqual(["hello", "hello"]);
  });

  test("are not taken while they are under way", async () => {
    const bot = await startBot();
    bot.sandbox.addFault(cut("before"));
    const hello = { status: "hello" };
    await expect((await bot.attempt("one")).statuses.create(hello)).rejects.toMatchObject({ code: "NETWORK_FAILED" });
    const held = bot.sandbox.addFault({ method: "POST", path, when: "after", action: "hold" });
    const other = (await bot.attempt("other")).statuses.create(hello);
    await bot.sandbox.waitForRequest(() => bot.calls("statuses.create").length === 2);
    const one = (await bot.attempt("one")).statuses.create(hello);
    bot.sandbox.release(held);
    expect((await one).id).not.toBe((await other).id);
    expect(await bot.posts()).toEqual(["hello", "hello"]);
  });
});

describe("a feed that changed its order between attempts", () => {
  const post = async (bot: Bot, items: readonly string[], options: { keyed: boolean; breakAfter?: number }) => {
    const client = await bot.attempt("feed");
    for (const [index, status] of items.entries()) {
      if (index === options.breakAfter) throw new Error("broke off");
      await client.statuses.create({ status }, options.keyed ? { key: status } : {});
    }
  };

  test("is told without keys: nothing is doubled, and the old order ends well", async () => {
    const bot = await startBot();
    await expect(post(bot, ["a", "b", "c"], { keyed: false, breakAfter: 2 })).rejects.toThrow("broke off");
    await expect(post(bot, ["c", "b", "a"], { keyed: false })).rejects.toBeInstanceOf(ReplayMismatchError);
    expect(await bot.posts()).toEqual(["b", "a"]);
    await post(bot, ["b", "a", "c"], { keyed: false });
    expect(await bot.posts()).toEqual(["c", "b", "a"]);
  });

  test("does not matter with the author's keys", async () => {
    const bot = await startBot();
    await expect(post(bot, ["a", "b", "c"], { keyed: true, breakAfter: 2 })).rejects.toThrow("broke off");
    await post(bot, ["d", "c", "b", "a"], { keyed: true });
    expect(await bot.posts()).toEqual(["c", "d", "b", "a"]);
  });
});
