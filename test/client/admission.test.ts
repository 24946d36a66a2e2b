import { beforeEach, describe, expect, test } from "vitest";
import { NotReadyError } from "../../core/errors.js";
import { startBot, type Bot } from "./bot.js";

const pausedKey = (bot: Bot) => bot.corner.keys.account("newsbot", "paused");
const epochKey = (bot: Bot) => bot.corner.keys.account("newsbot", "epoch");
const auditOf = async (bot: Bot) => {
  const rows = await bot.redis.xrange(bot.corner.keys.account("newsbot", "audit"), "-", "+");
  return rows.map(([, fields]) =>
    Object.fromEntries(fields.flatMap((name, at) => (at % 2 === 0 ? [[name, fields[at + 1] ?? ""]] : []))),
  );
};

let bot: Bot;
beforeEach(async () => {
  bot = await startBot();
});

describe("a write is refused before it is sent", () => {
  test("while the account is paused; it waits, and goes out afterwards", async () => {
    await bot.redis.set(pausedKey(bot), "{}");
    const client = await bot.attempt("paused");
    await expect(client.statuses.create({ status: "hello" })).rejects.toMatchObject({
      code: "ACCOUNT_PAUSED",
      message: "the account newsbot is paused",
    });
    expect([bot.sandbox.requests(), (await bot.ledger.trace("paused")).writes.size]).toEqual([[], 0]);
    expect((await client.accounts.verifyCredentials()).username).toBe("alice");
    await bot.redis.del(pausedKey(bot));
    await (await bot.attempt("paused")).statuses.create({ status: "hello" });
    expect(await bot.posts()).toEqual(["hello"]);
  });

  test.each([
    ["a newer epoch", "2"],
    ["an older epoch", "0"],
    ["no epoch", undefined],
  ])("where the account has %s in Redis", async (_what, epoch) => {
    if (epoch === undefined) await bot.redis.del(epochKey(bot));
    else await bot.redis.set(epochKey(bot), epoch);
    const post = (await bot.attempt("outdated")).statuses.create({ status: "hello" });
    await expect(post).rejects.toBeInstanceOf(NotReadyError);
    expect(bot.sandbox.requests()).toEqual([]);
  });

  test("while the same write is under way in another process", async () => {
    const held = bot.sandbox.addFault({ path: "/api/v1/statuses", action: "hold" });
    const [one, other] = [await bot.attempt("same"), await bot.attempt("same")];
    const first = one.statuses.create({ status: "hello" });
    await bot.sandbox.waitForRequest(({ path }) => path === "/api/v1/statuses");
    await expect(other.statuses.create({ status: "hello" })).rejects.toMatchObject({
      message: "the same write is under way already",
    });
    bot.sandbox.release(held);
    await first;
    expect(await bot.posts()).toEqual(["hello"]);
  });

  test("also where it is paused while the write waits for its turn", async () => {
    await bot.hold("statuses", 300);
    const post = (await bot.attempt("waiting")).statuses.create({ status: "hello" });
    await bot.redis.set(pausedKey(bot), "{}");
    await expect(post).rejects.toThrow("paused");
    expect(bot.sandbox.requests()).toEqual([]);
  });
});

test("a recorded result is answered also while the account is paused and out of budget", async () => {
  const { id } = await (await bot.attempt("done")).statuses.create({ status: "hello" });
  await bot.redis.set(pausedKey(bot), "{}");
  await bot.hold("statuses", 3_600_000);
  expect((await (await bot.attempt("done")).statuses.create({ status: "hello" })).id).toBe(id);
});

describe("the ledger and the audit", () => {
  test("hold every write with how it ended, and nothing of reads", async () => {
    const client = await bot.attempt("audited");
    await client.timelines.home();
    await client.statuses.create({ status: "hello" });
    bot.sandbox.addFault({ path: "/api/v1/statuses", action: { status: 422, json: { error: "no" } } });
    await client.statuses.create({ status: "refused" }).catch(() => undefined);
    bot.sandbox.addFault({ path: "/api/v1/statuses", when: "after", action: "cut" });
    await client.statuses.create({ status: "unknown" }).catch(() => undefined);
    expect(await auditOf(bot)).toMatchObject([
      { rider: "tester", operation: "statuses.create", invocation: "audited", outcome: "done", reason: "" },
      { rider: "tester", operation: "statuses.create", invocation: "audited", outcome: "void", reason: "status 422" },
    ]);
    const { writes } = await bot.ledger.trace("audited");
    expect(new Set([...writes.values()].map(({ state }) => state))).toEqual(new Set(["done", "sent", "void"]));
  });

  test("are kept for 30 days, results sealed and bound to their place", async () => {
    const client = await bot.attempt("private");
    await client.statuses.create({ status: "for your eyes only", visibility: "direct" }, { key: "a" });
    await client.statuses.create({ status: "for theirs", visibility: "direct" }, { key: "b" });
    await bot.ledger.keep("private", "text", "between us");
    const key = bot.corner.keys.account("newsbot", "invocation", "private");
    expect(await bot.redis.pttl(key)).toBeGreaterThan(29 * 24 * 3_600_000);
    const fields = await bot.redis.hgetall(key);
    expect(Object.keys(fields).length).toBe(3);
    expect(JSON.stringify(fields)).not.toMatch(/for your eyes|for theirs|between us/);
    const [a = "", b = ""] = Object.keys(fields).filter((field) => field.startsWith("write:"));
    await bot.redis.hset(key, a, fields[b] ?? "");
    await expect(bot.ledger.trace("private")).rejects.toMatchObject({ code: "KEY_MISMATCH" });
    const moved = bot.corner.keys.account("newsbot", "invocation", "elsewhere");
    await bot.redis.hset(moved, b, fields[b] ?? "");
    await expect(bot.ledger.trace("elsewhere")).rejects.toMatchObject({ code: "KEY_MISMATCH" });
  });
});

describe("a dry run", () => {
  test("sends no write, records none, and answers what the server might have", async () => {
    const dry = await startBot({}, { dryRun: true });
    const client = await dry.attempt("dry");
    const status = await client.statuses.create({ status: "hello" });
    expect(status).toMatchObject({ content: "hello", account: { id: dry.outlet.personId } });
    expect(await client.accounts.follow({ id: "9" })).toMatchObject({ id: "9", following: true });
    expect(await client.accounts.mute({ id: "9" })).toMatchObject({ id: "9", muting: true });
    expect(await client.statuses.favourite({ id: "5" })).toMatchObject({ id: "5" });
    await client.reports.create({ account_id: "9" });
    expect(dry.sandbox.requests()).toEqual([]);
    expect(dry.simulated).toEqual([
      "tester statuses.create",
      "tester accounts.follow",
      "tester accounts.mute",
      "tester statuses.favourite",
      "tester reports.create",
    ]);
    expect((await dry.ledger.trace("dry")).writes.size).toBe(0);
    expect((await client.timelines.home()).items).toEqual([]);
    expect(dry.calls("timelines.home").length).toBe(1);
  });

  test("does not wait for the budget of what it does not send", async () => {
    const dry = await startBot({}, { dryRun: true });
    await dry.hold("statuses", 3_600_000);
    expect((await (await dry.attempt("dry")).statuses.create({ status: "hello" })).content).toBe("hello");
  });

  test("stays inside the fence", async () => {
    const dry = await startBot({}, { dryRun: true });
    const client = await dry.attempt("dry", { permitted: new Set() });
    await expect(client.statuses.create({ status: "hello" })).rejects.toMatchObject({ code: "SCOPE_MISSING" });
    await expect(dry.setUp().statuses.create({ status: "x" })).rejects.toMatchObject({ code: "WRITE_OUTSIDE_HANDLER" });
    expect(dry.simulated).toEqual([]);
  });
});
