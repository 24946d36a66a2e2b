import { describe, expect, onTestFinished, test } from "vitest";
import { ScopeError, UncertainOutcomeError } from "../../core/errors.js";
import { startSandbox } from "../../sandbox/index.js";
import { httpServer, json } from "../mastodon/local-server.js";
import { botOn } from "./bot.js";

/** A bot on a server with endpoints of its own. */
async function start(changes: Parameters<typeof botOn>[2] = {}) {
  const server = await httpServer((response, { body, url }) => json(response, { url, body }));
  onTestFinished(() => server.close());
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.close());
  const bot = await botOn(sandbox, "the-token", { server: server.origin, ...changes });
  return { bot, server };
}

test("reads and writes go to the account's server with its token", async () => {
  const { bot, server } = await start();
  const client = await bot.attempt("own");
  const read = await client.request({
    method: "GET",
    path: "/api/v1/pleroma/mascot?a={b}",
    scope: "read:accounts",
    query: { ids: ["1", "2"], deep: true },
  });
  expect(read).toEqual({ url: "/api/v1/pleroma/mascot?a=%7Bb%7D&ids%5B%5D=1&ids%5B%5D=2&deep=true", body: "" });
  const call = { method: "POST", path: "/api/v1/pleroma/mascot", scope: "write:accounts", body: { x: 1 } } as const;
  expect(await client.request(call)).toEqual({ url: "/api/v1/pleroma/mascot", body: '{"x":1}' });
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer the-token", "Bearer the-token"]);
  const retried = await bot.attempt("own");
  expect(await retried.request(call)).toEqual({ url: "/api/v1/pleroma/mascot", body: '{"x":1}' });
  expect(server.requests.length).toBe(2);
});

test("the scope must be declared, and a write needs a handler", async () => {
  const { bot, server } = await start();
  const client = await bot.attempt("fence", { permitted: new Set(["read:accounts"]) });
  const call = { method: "POST", path: "/api/v1/pleroma/mascot", scope: "write:accounts" } as const;
  await expect(client.request(call)).rejects.toBeInstanceOf(ScopeError);
  await expect(bot.setUp().request(call)).rejects.toMatchObject({ code: "WRITE_OUTSIDE_HANDLER" });
  expect(server.requests).toEqual([]);
});

test("a write whose answer never came is not sent again", async () => {
  const { bot, server } = await start();
  const call = { method: "POST", path: "/api/v1/pleroma/mascot", scope: "write:accounts" } as const;
  const killed = await bot.attempt("lost");
  const answered = killed.request(call);
  await answered;
  expect(server.requests.length).toBe(1);
  const failing = await httpServer((response) => response.destroy());
  onTestFinished(() => failing.close());
  const other = await start({ server: failing.origin });
  await expect((await other.bot.attempt("lost")).request(call)).rejects.toMatchObject({ code: "NETWORK_FAILED" });
  await expect((await other.bot.attempt("lost")).request(call)).rejects.toBeInstanceOf(UncertainOutcomeError);
  expect(failing.requests.length).toBe(1);
});

describe("what it does not do", () => {
  test.each([
    "api/v1/x",
    "https://other.example/x",
    "//other.example/x",
    "/\\other.example",
    "",
    "/x/{id}",
    "/x/%7Bid%7D",
  ])("%s is no path on the account's server", async (path) => {
    const { bot, server } = await start();
    const client = await bot.attempt("path");
    await expect(client.request({ method: "GET", path, scope: "read" })).rejects.toBeInstanceOf(TypeError);
    expect(server.requests).toEqual([]);
  });

  test.each([
    ["POST", "/api/v1/statuses"],
    ["POST", "/api/v1/%73tatuses/"],
    ["POST", "/api//v1/x/../statuses"],
    ["DELETE", "/api/v1/statuses/123"],
    ["GET", "/api/v1/accounts/verify_credentials"],
  ] as const)("%s %s is the table's, with the table's scopes", async (method, path) => {
    const { bot, server } = await start();
    const client = await bot.attempt("table");
    await expect(client.request({ method, path, scope: "read" })).rejects.toThrow(
      /has a row in the table: call client\./,
    );
    expect(server.requests).toEqual([]);
  });
});
