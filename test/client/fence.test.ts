import { describe, expect, test } from "vitest";
import type { Client } from "../../core/client/client.js";
import { ScopeError, WriteOutsideHandler } from "../../core/errors.js";
import { operationList, type OperationName } from "../../core/mastodon/operations.js";
import { expandScopes, type Scope } from "../../core/mastodon/scopes.js";
import { startBot } from "./bot.js";

const scoped = operationList.filter(({ operation }) => operation.scopes.length > 0);
const writes = operationList.filter(({ operation }) => operation.effect !== "read");

const pathParameters = operationList.flatMap(({ operation }) =>
  [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, parameter = ""]) => parameter),
);

/** Calls an operation by its name, past the compiler, with parameters that fit any path. */
async function force(client: Client<Scope>, name: OperationName): Promise<unknown> {
  const [group = "", row = ""] = name.split(".");
  const methods = client as unknown as Record<string, Record<string, (params: object) => PromiseLike<unknown>>>;
  return methods[group]?.[row]?.(Object.fromEntries(pathParameters.map((parameter) => [parameter, "1"])));
}

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("outside of the scopes", () => {
  test("every operation throws ScopeError before a byte is sent, and leaves no trace in the ledger", async () => {
    const bot = await startBot();
    const client = await bot.attempt("fence", { permitted: expandScopes([]) });
    for (const { name, operation } of scoped) {
      const error = await thrownBy(force(client, name));
      expect(error).toBeInstanceOf(ScopeError);
      expect(error).toMatchObject({ code: "SCOPE_MISSING", operation: name, scope: operation.scopes[0] });
    }
    expect(scoped.length).toBeGreaterThan(200);
    expect(bot.sandbox.requests()).toEqual([]);
    expect((await bot.ledger.trace("fence")).writes.size).toBe(0);
  });

  test.each([
    ["statuses.create", ["read", "write:media", "follow"]],
    ["accounts.follow", ["read", "write:statuses"]],
    ["notifications.list", ["write", "read:statuses"]],
    ["statuses.favourite", ["write:statuses", "read"]],
    ["reports.create", ["follow", "write:accounts"]],
    ["accounts.relationships", ["follow"]],
  ] as const)("%s is not permitted by %j", async (name, scopes) => {
    const bot = await startBot();
    const client = await bot.attempt("fence", { permitted: expandScopes(scopes) });
    await expect(force(client, name)).rejects.toBeInstanceOf(ScopeError);
    expect(bot.sandbox.requests()).toEqual([]);
  });

  test("a recorded result is out of reach too: the fence comes first", async () => {
    const bot = await startBot();
    const before = await bot.attempt("same");
    await before.statuses.create({ status: "hello" });
    const after = await bot.attempt("same", { permitted: expandScopes(["read"]) });
    await expect(after.statuses.create({ status: "hello" })).rejects.toBeInstanceOf(ScopeError);
  });
});

test.each([
  ["statuses.create", ["write"]],
  ["statuses.create", ["write:statuses"]],
  ["accounts.follow", ["follow"]],
  ["accounts.relationships", ["follow", "read:follows"]],
  ["followRequests.list", ["follow"]],
  ["accounts.get", []],
] as const)("%s is permitted by %j", async (name, scopes) => {
  const bot = await startBot();
  const client = await bot.attempt("fence", { permitted: expandScopes(scopes) });
  expect(await thrownBy(force(client, name))).not.toBeInstanceOf(ScopeError);
  expect(bot.calls(name).length).toBe(1);
});

test("in a set-up every write throws WriteOutsideHandler before a byte is sent, reads go out", async () => {
  const bot = await startBot();
  const client = bot.setUp();
  for (const { name } of writes) {
    await expect(force(client, name)).rejects.toBeInstanceOf(WriteOutsideHandler);
  }
  expect(writes.length).toBeGreaterThan(20);
  expect(bot.sandbox.requests()).toEqual([]);
  expect((await client.accounts.verifyCredentials()).username).toBe("alice");
});

test("the client has every operation of the table, and its methods can be passed around", async () => {
  const bot = await startBot();
  const client = await bot.attempt("shape");
  const groups = client as unknown as Record<string, Record<string, unknown>>;
  for (const { name } of operationList) {
    const [group = "", row = ""] = name.split(".");
    expect(groups[group]?.[row]).toBeTypeOf("function");
  }
  const { create, get } = client.statuses;
  const { id } = await create({ status: "in parts" });
  expect((await get({ id })).id).toBe(id);
});
