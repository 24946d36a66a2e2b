import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operationList } from "../../core/mastodon/operations.js";
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

describe.each(scoped)("$name", ({ operation }) => {
  const ask1 = (text: string): ReturnType<typeof ask> =>
    ask(sandbox.url + operation.path.replaceAll(/\{\w+\}/g, "1"), { method: operation.method, token: text });

  it("refuses a token without the scope", async () => {
    const { status, body } = await ask1(await token("push"));
    expect([status, body.error]).toEqual([403, "This action is outside the authorized scopes"]);
  });

  it.each([...operation.scopes, operation.scopes[0]?.split(":")[0] ?? ""])("takes %s", async (scope) => {
    expect((await ask1(await token(scope))).status).not.toBe(403);
  });
});

describe("without a token", () => {
  it.each(operationList)("$name answers, or asks for a token", async ({ name, operation }) => {
    const { status } = await ask(sandbox.url + operation.path.replaceAll(/\{\w+\}/g, "1"), {
      method: operation.method,
    });
    const open = [
      "accounts.get",
      "accounts.lookup",
      "accounts.statuses",
      "accounts.followers",
      "accounts.following",
      "instance.get",
      "instance.getV1",
      "search.query",
      "statuses.get",
      "statuses.context",
      "statuses.favouritedBy",
      "statuses.rebloggedBy",
      "tags.get",
      "timelines.public",
      "timelines.tag",
    ];
    if (open.includes(name)) expect(status).not.toBe(401);
    else expect(status).toBe(401);
  });
});
