import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operationList } from "../../core/mastodon/operations.js";
import { expandScopes, type Scope } from "../../core/mastodon/scopes.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { ask, tokenFor } from "./bot.js";

let sandbox: Sandbox;
const tokens = new Map<string, string>();
beforeAll(async () => {
  sandbox = await startSandbox({ users: ["alice"] });
});
afterAll(() => sandbox.close());

async function token(scope: string): Promise<string> {
  const kept = tokens.get(scope) ?? (await tokenFor(sandbox, "alice", scope));
  tokens.set(scope, kept);
  return kept;
}

const scoped = operationList.filter(({ operation }) => operation.scopes.length > 0);

const parentsOf = (scopes: readonly Scope[]): string[] =>
  ["read", "write", "admin:read", "admin:write"].filter((parent) =>
    scopes.some((scope) => scope !== parent && expandScopes([parent]).has(scope)),
  );

describe.each(scoped)("$name", ({ operation }) => {
  const ask1 = (text: string): ReturnType<typeof ask> =>
    ask(sandbox.url + operation.path.replaceAll(/\{\w+\}/g, "1"), { method: operation.method, token: text });

  it("refuses a token without the scope", async () => {
    const { status, body } = await ask1(await token(operation.scopes.includes("push") ? "profile" : "push"));
    expect([status, body.error]).toEqual([403, "This action is outside the authorized scopes"]);
  });

  it.each([...operation.scopes, ...parentsOf(operation.scopes)])("takes %s", async (scope) => {
    expect((await ask1(await token(scope))).status).not.toBe(403);
  });
});

describe("without a token", () => {
  it.each(operationList)("$name answers, or asks for a token", async ({ operation }) => {
    const { status } = await ask(sandbox.url + operation.path.replaceAll(/\{\w+\}/g, "1"), {
      method: operation.method,
    });
    if (operation.token === "public") expect(status).not.toBe(401);
    else expect(status).toBe(401);
  });
});
