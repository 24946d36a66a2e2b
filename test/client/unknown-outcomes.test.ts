import { describe, expect, test } from "vitest";
import { NetworkError, NotReadyError, UncertainOutcomeError } from "../../core/errors.js";
import type { FaultRule } from "../../sandbox/http/faults.js";
import { startBot, type Bot } from "./bot.js";

const statuses = "/api/v1/statuses";
const cut = (when: "before" | "after", path = statuses): FaultRule => ({ method: "POST", path, when, action: "cut" });
const answer500 = (when: "before" | "after"): FaultRule => ({
  method: "POST",
  path: statuses,
  when,
  action: { status: 500, html: "<h1>We're sorry, but something went wrong</h1>" },
});

/** Posts in a first attempt whose answer never comes, then in a second one. */
async function postTwice(bot: Bot, fault: FaultRule, params: { status: string; in_reply_to_id?: string }) {
  bot.sandbox.addFault(fault);
  const first = await bot.attempt("post");
  await expect(first.statuses.create(params)).rejects.toMatchObject({
    code: expect.stringMatching(/NETWORK_FAILED|SERVER_REFUSED/) as string,
  });
  expect([...(await bot.ledger.trace("post")).writes.values()]).toMatchObject([{ state: "sent" }]);
  return (await bot.attempt("post")).statuses.create(params);
}

describe("a post whose answer never came", () => {
  test.each([
    ["cut", cut("after")],
    ["answered with 500", answer500("after")],
  ])("%s after the effect: it is found, and there is no second one", async (_what, fault) => {
    const bot = await startBot();
    const found = await postTwice(bot, fault, { status: "hello" });
    expect([await bot.posts(), found.content]).toEqual([["hello"], "<p>hello</p>"]);
    expect(bot.calls("statuses.create").length).toBe(1);
    expect([...(await bot.ledger.trace("post")).writes.values()]).toMatchObject([{ state: "done", result: found }]);
    expect((await (await bot.attempt("post")).statuses.create({ status: "hello" })).id).toBe(found.id);
    expect(bot.calls("accounts.statuses").length).toBe(1);
  });

  test.each([
    ["cut", cut("before")],
    ["answered with 500", answer500("before")],
  ])("%s before the effect: it is sent again with the same key", async (_what, fault) => {
    const bot = await startBot();
    const { content } = await postTwice(bot, fault, { status: "hello" });
    expect([await bot.posts(), content]).toEqual([["hello"], "<p>hello</p>"]);
    const keys = bot.calls("statuses.create").map(({ idempotencyKey }) => idempotencyKey);
    expect(keys).toEqual([keys[0], keys[0]]);
    expect(keys[0]).toMatch(/^[0-9a-f]{24}-[0-9a-f]{16}-1$/);
    expect(bot.calls("accounts.statuses").length).toBe(1);
  });

  test("is not looked for before it must have settled: the event waits until then", async () => {
    const bot = await startBot({}, { settledAfterMs: 45_000 });
    bot.sandbox.addFault(cut("after"));
    const before = Date.now();
    await expect((await bot.attempt("post")).statuses.create({ status: "hello" })).rejects.toBeInstanceOf(NetworkError);
    const error: unknown = await (
      await bot.attempt("post")
    ).statuses
      .create({ status: "hello" })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NotReadyError);
    const { retryAt = 0 } = error as NotReadyError;
    expect(retryAt).toBeGreaterThanOrEqual(before + 45_000);
    expect(retryAt).toBeLessThanOrEqual(Date.now() + 45_000);
    expect([bot.calls("statuses.create").length, bot.calls("accounts.statuses").length]).toEqual([1, 0]);
  });

  test.each([
    ["several lines", "one\ntwo\n\nthree"],
    ["what HTML would eat", `a < b && "c" > 'd' <b>bold</b>`],
    ["a mention of somebody here", "@bob hello"],
    ["an address", "see https://example.org/a/rather/long/path?with=a&query=in#it now"],
    ["a hashtag and an emoji", "good morning #weather \u{1f326}\ufe0f"],
    ["white space around it", "  hello  world \n"],
  ])("is recognised: %s", async (_what, status) => {
    const bot = await startBot();
    await postTwice(bot, cut("after"), { status });
    expect((await bot.posts()).length).toBe(1);
  });

  test("is told apart from the same words as an answer to somebody", async () => {
    const bot = await startBot();
    const { id } = await bot.sandbox.actAs("bob").statuses.create({ status: "@alice hello?" });
    await (await bot.attempt("other")).statuses.create({ status: "yes", in_reply_to_id: id });
    await postTwice(bot, cut("before"), { status: "yes" });
    expect(await bot.posts()).toEqual(["yes", "yes"]);
    await (await bot.attempt("post")).statuses.create({ status: "yes" });
    expect((await bot.posts()).length).toBe(2);
  });

  test("is told apart from the same words before it in the same invocation", async () => {
    const bot = await startBot();
    const strike = async (): Promise<string[]> => {
      const client = await bot.attempt("bell");
      const ids: string[] = [];
      for (let stroke = 0; stroke < 3; stroke += 1) ids.push((await client.statuses.create({ status: "BONG" })).id);
      return ids;
    };
    bot.sandbox.addFault({ method: "POST", path: statuses, action: { delayMs: 0 } });
    bot.sandbox.addFault(cut("before"));
    await expect(strike()).rejects.toBeInstanceOf(NetworkError);
    bot.sandbox.addFault({ method: "POST", path: statuses, action: { delayMs: 0 } });
    bot.sandbox.addFault(cut("after"));
    await expect(strike()).rejects.toBeInstanceOf(NetworkError);
    expect(new Set(await strike()).size).toBe(3);
    expect(await bot.posts()).toEqual(["BONG", "BONG", "BONG"]);
  });

  test("is found behind whatever the account has posted since", async () => {
    const bot = await startBot();
    bot.sandbox.addFault(cut("after"));
    await expect((await bot.attempt("post")).statuses.create({ status: "hello" })).rejects.toBeInstanceOf(NetworkError);
    for (let at = 0; at < 90; at += 1) await bot.sandbox.actAs("alice").statuses.create({ status: `later ${at}` });
    await (await bot.attempt("post")).statuses.create({ status: "hello" });
    expect([bot.calls("statuses.create").length, bot.calls("accounts.statuses").length]).toEqual([1, 3]);
  });

  test("among more than can be looked through is uncertain, and not sent again", async () => {
    const bot = await startBot();
    bot.sandbox.addFault(cut("before"));
    await expect((await bot.attempt("post")).statuses.create({ status: "hello" })).rejects.toBeInstanceOf(NetworkError);
    for (let at = 0; at < 401; at += 1) await bot.sandbox.actAs("alice").statuses.create({ status: `later ${at}` });
    const again = (await bot.attempt("post")).statuses.create({ status: "hello" });
    await expect(again).rejects.toBeInstanceOf(UncertainOutcomeError);
    expect(bot.calls("statuses.create").length).toBe(1);
  });

  test("stays unknown while the looking fails", async () => {
    const bot = await startBot();
    bot.sandbox.addFault(cut("after"));
    await expect((await bot.attempt("post")).statuses.create({ status: "hello" })).rejects.toBeInstanceOf(NetworkError);
    bot.sandbox.addFault({ path: "/api/v1/accounts/{id}/statuses", times: 3, action: "cut" });
    const looking = (await bot.attempt("post")).statuses.create({ status: "hello" });
    await expect(looking).rejects.toBeInstanceOf(NetworkError);
    expect([...(await bot.ledger.trace("post")).writes.values()]).toMatchObject([{ state: "sent" }]);
    await (await bot.attempt("post")).statuses.create({ status: "hello" });
    expect(await bot.posts()).toEqual(["hello"]);
  });
});

describe("a report whose answer never came", () => {
  test.each(["before", "after"] as const)("cut %s the effect: uncertain, and never sent again", async (when) => {
    const bot = await startBot();
    const bob = bot.sandbox.users().find(({ user }) => user === "bob")?.id ?? "";
    const report = async () => (await bot.attempt("report")).reports.create({ account_id: bob, comment: "spam" });
    bot.sandbox.addFault(cut(when, "/api/v1/reports"));
    await expect(report()).rejects.toBeInstanceOf(NetworkError);
    for (let attempt = 0; attempt < 3; attempt += 1)
      await expect(report()).rejects.toBeInstanceOf(UncertainOutcomeError);
    expect(bot.calls("reports.create").length).toBe(1);
    expect(bot.sandbox.reports().length).toBe(when === "after" ? 1 : 0);
    expect([...(await bot.ledger.trace("report")).writes.values()]).toMatchObject([{ state: "uncertain" }]);
  });
});

describe("a write that may be repeated", () => {
  test.each(["before", "after"] as const)("cut %s the effect: it is sent again at once", async (when) => {
    const bot = await startBot({}, { settledAfterMs: 45_000 });
    const bob = bot.sandbox.users().find(({ user }) => user === "bob")?.id ?? "";
    const follow = async () => (await bot.attempt("follow")).accounts.follow({ id: bob });
    bot.sandbox.addFault(cut(when, "/api/v1/accounts/{id}/follow"));
    await expect(follow()).rejects.toBeInstanceOf(NetworkError);
    expect(await follow()).toMatchObject({ id: bob, following: true });
    expect(await follow()).toMatchObject({ id: bob, following: true });
    expect(bot.calls("accounts.follow").length).toBe(2);
  });
});

test("a write that never left is no unknown outcome", async () => {
  const bot = await startBot();
  await bot.sandbox.close();
  const post = (await bot.attempt("post")).statuses.create({ status: "hello" });
  await expect(post).rejects.toMatchObject({ failure: "refused", sent: false });
  expect(await bot.states("post")).toEqual(["void"]);
});
