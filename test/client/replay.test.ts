import { describe, expect, test } from "vitest";
import { InvocationRecord } from "../../core/client/invocation-record.js";
import { ReplayMismatchError } from "../../core/errors.js";
import { startBot } from "./bot.js";

describe("a later attempt", () => {
  test("gets the recorded results, and nothing is sent again", async () => {
    const bot = await startBot();
    const first = await bot.attempt("again");
    const { id } = await first.statuses.create({ status: "hello" });
    const { muting } = await first.accounts.mute({ id: "2" }).catch(() => ({ muting: undefined }));
    const second = await bot.attempt("again");
    expect((await second.statuses.create({ status: "hello" })).id).toBe(id);
    expect((await second.accounts.mute({ id: "2" }).catch(() => ({ muting: undefined }))).muting).toBe(muting);
    expect([bot.calls("statuses.create").length, await bot.posts()]).toEqual([1, ["hello"]]);
  });

  test("goes on where the earlier one broke off", async () => {
    const bot = await startBot();
    const first = await bot.attempt("goes on");
    await first.statuses.create({ status: "one" });
    await first.statuses.create({ status: "two" });
    const second = await bot.attempt("goes on");
    for (const status of ["one", "two", "three"]) await second.statuses.create({ status });
    expect(await bot.posts()).toEqual(["three", "two", "one"]);
  });

  test("of another invocation is another one", async () => {
    const bot = await startBot();
    for (const invocation of ["a", "b"]) await (await bot.attempt(invocation)).statuses.create({ status: "same" });
    expect(await bot.posts()).toEqual(["same", "same"]);
    const keys = bot.calls("statuses.create").map(({ idempotencyKey }) => idempotencyKey);
    expect(new Set(keys).size).toBe(2);
  });

  test("that wants another write than the one before it is refused before anything is sent", async () => {
    const bot = await startBot();
    await (await bot.attempt("feed")).statuses.create({ status: "old headline" });
    const second = await bot.attempt("feed");
    await expect(second.statuses.create({ status: "new headline" })).rejects.toBeInstanceOf(ReplayMismatchError);
    await expect(second.accounts.follow({ id: "2" })).rejects.toMatchObject({ code: "REPLAY_MISMATCH" });
    expect([bot.calls("statuses.create").length, bot.calls("accounts.follow").length]).toEqual([1, 0]);
    expect((await second.statuses.create({ status: "old headline" })).content).toContain("old headline");
    await second.statuses.create({ status: "new headline" });
    expect(await bot.posts()).toEqual(["new headline", "old headline"]);
  });

  test("may ask again for what the server refused: it took no effect", async () => {
    const bot = await startBot();
    bot.sandbox.addFault({ path: "/api/v1/statuses", action: { status: 422, json: { error: "Validation failed" } } });
    const first = await bot.attempt("refused");
    await expect(first.statuses.create({ status: "hello" })).rejects.toMatchObject({ status: 422 });
    const second = await bot.attempt("refused");
    await second.statuses.create({ status: "hello, in other words" });
    expect(await bot.posts()).toEqual(["hello, in other words"]);
  });
});

describe("the same write several times in one invocation", () => {
  test("is told apart by its occurrence", async () => {
    const bot = await startBot();
    const run = async () => {
      const client = await bot.attempt("bell");
      return [await client.statuses.create({ status: "BONG" }), await client.statuses.create({ status: "BONG" })];
    };
    const first = await run();
    const second = await run();
    expect(second.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    expect(new Set(first.map(({ id }) => id)).size).toBe(2);
    expect(await bot.posts()).toEqual(["BONG", "BONG"]);
  });
});

describe("an author's key", () => {
  test("stands for the write, whatever it says", async () => {
    const bot = await startBot();
    await (await bot.attempt("keyed")).statuses.create({ status: "21 degrees" }, { key: "forecast" });
    const { content } = await (
      await bot.attempt("keyed")
    ).statuses.create({ status: "22 degrees" }, { key: "forecast" });
    expect(content).toContain("21 degrees");
    expect(await bot.posts()).toEqual(["21 degrees"]);
  });

  test("may come new to a later attempt, in any order", async () => {
    const bot = await startBot();
    await (await bot.attempt("keyed")).statuses.create({ status: "a" }, { key: "a" });
    const second = await bot.attempt("keyed");
    await second.statuses.create({ status: "b" }, { key: "b" });
    await second.statuses.create({ status: "a" }, { key: "a" });
    expect(await bot.posts()).toEqual(["b", "a"]);
  });

  test("of one operation is not another operation's", async () => {
    const bot = await startBot();
    const bob = bot.sandbox.users().find(({ user }) => user === "bob")?.id ?? "";
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const client = await bot.attempt("greet");
      expect(await client.accounts.follow({ id: bob }, { key: "greet" })).toMatchObject({ id: bob, following: true });
      expect((await client.statuses.create({ status: "hi" }, { key: "greet" })).content).toContain("hi");
    }
    expect([bot.calls("accounts.follow").length, bot.calls("statuses.create").length]).toEqual([1, 1]);
  });
});

describe("what once() computed", () => {
  test.each([["text"], [7], [null], [{ a: [1, "two"] }], [""]])("%j is the same for a later attempt", async (value) => {
    const bot = await startBot();
    await bot.ledger.keep("once", "name", value);
    const record = new InvocationRecord("once", await bot.ledger.trace("once"));
    expect(record.value("name")).toEqual({ value });
    expect(record.value("other")).toBeUndefined();
  });

  test("does not count as a write, and a write does not count as it", async () => {
    const bot = await startBot();
    await bot.ledger.keep("once", "statuses.create", "x");
    await (await bot.attempt("once")).statuses.create({ status: "hello" });
    const trace = await bot.ledger.trace("once");
    expect([trace.values.size, trace.writes.size]).toEqual([1, 1]);
  });
});

describe("the key of a write", () => {
  const record = (invocation = "i") => new InvocationRecord(invocation, { writes: new Map(), values: new Map() });
  const keyOf = (params: unknown) => record().place("media.create", params, undefined).key;

  test("depends on operation, parameters and occurrence", () => {
    const one = record();
    const keys = [
      one.place("statuses.create", { status: "a" }, undefined),
      one.place("statuses.create", { status: "b" }, undefined),
      one.place("statuses.create", { status: "a" }, undefined),
      one.place("accounts.follow", { status: "a" }, undefined),
    ].map(({ key }) => key);
    expect(new Set(keys).size).toBe(4);
    expect(record().place("statuses.create", { status: "a" }, undefined).key).toBe(keys[0]);
  });

  test("tells files apart by name, size and type", () => {
    const png = { type: "image/png" };
    expect(keyOf({ file: new Blob(["a"], png) })).toBe(keyOf({ file: new Blob(["b"], png) }));
    expect(keyOf({ file: new Blob(["a"], png) })).not.toBe(keyOf({ file: new Blob(["ab"], png) }));
    expect(keyOf({ file: new File(["a"], "a.png", png) })).not.toBe(keyOf({ file: new File(["a"], "b.png", png) }));
  });

  test("takes numbers of any size", () => {
    expect(keyOf({ limit: 2n ** 70n })).not.toBe(keyOf({ limit: 2n ** 71n }));
  });

  test("makes an Idempotency-Key that no other account, server, invocation, write or occurrence has", () => {
    const post = { status: "a" };
    const keyFor = (account: string, server: string, invocation = "i", params: object = post, key?: string) => {
      const of = record(invocation);
      return of.idempotencyKey(account, server, of.place("statuses.create", params, key));
    };
    const twice = record();
    twice.place("statuses.create", post, undefined);
    const keys = [
      keyFor("newsbot", "https://a.example"),
      keyFor("other", "https://a.example"),
      keyFor("newsbot", "https://b.example"),
      keyFor("newsbot", "https://a.example", "j"),
      keyFor("newsbot", "https://a.example", "i", { status: "b" }),
      keyFor("newsbot", "https://a.example", "i", post, "k"),
      keyFor("newsbot", "https://a.example", "i", post, "l"),
      twice.idempotencyKey("newsbot", "https://a.example", twice.place("statuses.create", post, undefined)),
    ];
    expect(new Set(keys).size).toBe(8);
    expect(keyFor("newsbot", "https://a.example")).toBe(keys[0]);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{24}-[0-9a-f]{16}(?:-\d+)?$/);
  });
});
