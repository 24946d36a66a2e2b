import { beforeEach, describe, expect, test } from "vitest";
import type { Redis } from "ioredis";
import { AuditLog, newestFirst, type AuditEntry, type AuditSpan } from "../../core/client/audit-log.js";
import { auditFields, auditKey, type AuditLine } from "../../core/client/audit.js";
import { notable } from "../../core/client/notable.js";
import { testRedis } from "../support/redis.js";
import { startBot, type Bot } from "./bot.js";

const { connect, keys } = testRedis();
const dayMs = 86_400_000;

let redis: Redis;
let account: string;
let count = 0;
beforeEach(async () => {
  redis = await connect();
  account = `bot${(count += 1)}`;
});

const line: AuditLine = { rider: "poster", invocation: "poster/tick/x/1", outcome: "done", reason: "" };

/** Adds a line as if it had been written at that time. */
async function add(at: number, over: Partial<AuditLine> = {}, name = account): Promise<void> {
  const fields = auditFields({ ...line, ...over });
  fields[1] = String(at);
  await redis.xadd(keys.account(name, auditKey), `${at}-*`, ...fields);
}

async function read(span: AuditSpan = {}, pageLength = 2, name = account) {
  let unreadable = 0;
  const entries: AuditEntry[] = [];
  for await (const entry of new AuditLog(redis, keys, name, pageLength).entries(span, () => (unreadable += 1))) {
    entries.push(entry);
  }
  return { entries, unreadable };
}

describe("an audit is read", () => {
  test.each([1, 2, 3, 100])("the newest first, in pages of %i", async (pageLength) => {
    const now = Date.now();
    for (const [at, invocation] of [
      [now - 5, "a"],
      [now - 5, "b"],
      [now - 3, "c"],
      [now, "d"],
    ] as const) {
      await add(at, { invocation });
    }
    const { entries, unreadable } = await read({}, pageLength);
    expect([entries.map(({ invocation }) => invocation).join(""), unreadable]).toEqual(["dcba", 0]);
    const part = await read({ since: now - 4, until: now - 1 }, pageLength);
    expect(part.entries.map(({ invocation }) => invocation)).toEqual(["c"]);
  });

  test("for 30 days, and where there is none", async () => {
    await add(Date.now() - 31 * dayMs);
    await add(Date.now() - 29 * dayMs, { invocation: "kept" });
    expect((await read({ since: 0 })).entries.map(({ invocation }) => invocation)).toEqual(["kept"]);
    expect(await read({}, 2, "nobody")).toEqual({ entries: [], unreadable: 0 });
  });

  test("past what is damaged", async () => {
    const now = Date.now();
    const key = keys.account(account, auditKey);
    await add(now - 4);
    await redis.xadd(key, `${now - 3}-*`, "at", "yesterday", "rider", "x");
    await redis.xadd(key, `${now - 2}-*`, "nothing", "known");
    await add(now - 1, { params: "{" });
    await add(now, { params: '{"id":"7"}' });
    const { entries, unreadable } = await read();
    expect([entries.map(({ params }) => params), unreadable]).toEqual([[{ id: "7" }, {}], 3]);
    await redis.set(keys.account("strange", auditKey), "no stream");
    expect(await read({}, 2, "strange")).toEqual({ entries: [], unreadable: 1 });
  });

  test("with lines that were written before they had as many fields", async () => {
    const fields = auditFields({ ...line, created: "5" }).slice(0, 14);
    await redis.xadd(keys.account(account, auditKey), "*", ...fields);
    expect((await read()).entries).toMatchObject([{ id: "5", url: "", params: {} }]);
  });

  test("together with others, in the order of time", async () => {
    const now = Date.now() - 1_000;
    const names = ["a", "b", "c"].map((name) => `${account}${name}`);
    for (let at = 0; at < 20; at += 1) await add(now + at, { invocation: String(at) }, names[(at * at) % 3]);
    const audits = names.map((name) => new AuditLog(redis, keys, name, 2).entries({}, () => undefined));
    const found: number[] = [];
    for await (const { invocation } of newestFirst(audits)) found.push(Number(invocation));
    expect(found).toEqual(Array.from({ length: 20 }, (_, at) => 19 - at));
  });
});

describe("an account's writes in its audit", () => {
  const auditOf = async (bot: Bot) => {
    const entries: AuditEntry[] = [];
    const log = new AuditLog(bot.redis, bot.corner.keys, "newsbot", 50);
    for await (const entry of log.entries({}, () => expect.fail("it cannot be read"))) entries.unshift(entry);
    return entries;
  };

  test("say what they were about and what they made, and nothing of what they said", async () => {
    const bot = await startBot();
    const client = await bot.attempt("poster/notification/1");
    const asked = { status: "between us", spoiler_text: "a secret", visibility: "direct", language: "en" } as const;
    const { id, url } = await client.statuses.create(asked);
    await client.statuses.favourite({ id });
    await client.lists.create({ title: "my foes" });
    const entries = await auditOf(bot);
    expect(entries).toMatchObject([
      { operation: "statuses.create", params: { visibility: "direct", language: "en" }, outcome: "done", id, url },
      { operation: "statuses.favourite", params: { id }, outcome: "done", id, url },
      { operation: "lists.create", params: {}, outcome: "done", url: "" },
    ]);
    const stored = JSON.stringify(await bot.redis.xrange(bot.corner.keys.account("newsbot", auditKey), "-", "+"));
    expect(stored).not.toMatch(/between us|a secret|my foes/);
    expect(await bot.redis.pttl(bot.corner.keys.account("newsbot", auditKey))).toBeGreaterThan(29 * dayMs);
  });

  test("tell what an attempt got from the record, and what a dry run would have sent", async () => {
    const bot = await startBot();
    const { id } = await (await bot.attempt("i")).statuses.create({ status: "hello" });
    await (await bot.attempt("i")).statuses.create({ status: "hello" });
    expect((await auditOf(bot)).map((entry) => [entry.outcome, entry.id])).toEqual([
      ["done", id],
      ["replayed", id],
    ]);
    const dry = await startBot({}, { dryRun: true });
    await (await dry.attempt("poster/tick/x/1")).statuses.create({ status: "hello", visibility: "unlisted" });
    expect(await auditOf(dry)).toMatchObject([
      {
        ...{ rider: "tester", invocation: "poster/tick/x/1", operation: "statuses.create", outcome: "dry-run" },
        ...{ params: { visibility: "unlisted" }, id: "" },
      },
    ]);
  });
});

test("of parameters the audit keeps what is short and was not written by anybody", () => {
  const file = new Blob(["x"]);
  expect(notable({ status: "hi", comment: "spam", file, title: "x", query: { id: "1" } })).toBe("");
  expect(notable({ id: "1", visibility: "x".repeat(101), choices: [0, 2], media_ids: [], notify: true })).toBe(
    '{"id":"1","choices":[0,2],"notify":true}',
  );
  expect(notable({ id: { deep: 1 }, account_ids: Array.from({ length: 21 }, String), duration: Infinity })).toBe("");
});
