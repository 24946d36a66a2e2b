import { describe, expect, test } from "vitest";
import { HowdahError, NetworkError, NotReadyError, ServerRefusedError } from "../../core/errors.js";
import type { FaultAction } from "../../sandbox/http/faults.js";
import { tokenFor } from "../sandbox/bot.js";
import { botOn, startBot } from "./bot.js";

const home = "/api/v1/timelines/home";
const statuses = "/api/v1/statuses";

const passing: readonly [string, FaultAction][] = [
  ["a connection that is cut", "cut"],
  ["502 with a web page", { status: 502, html: "<h1>Bad gateway</h1>" }],
  ["503 as JSON", { status: 503, json: { error: "There was a temporary problem" } }],
  ["success with a web page", { status: 200, html: "<h1>Welcome</h1>" }],
];

describe("a fault that passes", () => {
  test.each(passing)("%s: a read is sent again", async (_what, action) => {
    const bot = await startBot();
    const client = await bot.attempt("read");
    bot.sandbox.addFault({ path: home, times: 2, action });
    expect((await client.timelines.home()).items).toEqual([]);
    expect(bot.calls("timelines.home").length).toBe(3);
  });

  test("is a failure where it does not pass: a read is sent three times at most", async () => {
    const bot = await startBot();
    bot.sandbox.addFault({ path: home, times: 9, action: { status: 503, json: { error: "Later" } } });
    await expect((await bot.attempt("read")).timelines.home()).rejects.toMatchObject({ status: 503 });
    expect(bot.calls("timelines.home").length).toBe(3);
  });

  test.each(passing)("%s: a write is sent once, also one that may be repeated", async (_what, action) => {
    const bot = await startBot();
    const client = await bot.attempt("write");
    const bob = bot.sandbox.users().find(({ user }) => user === "bob")?.id ?? "";
    bot.sandbox.addFault({ path: statuses, action });
    bot.sandbox.addFault({ path: "/api/v1/accounts/{id}/follow", action });
    await expect(client.statuses.create({ status: "hello" })).rejects.toBeInstanceOf(HowdahError);
    await expect(client.accounts.follow({ id: bob })).rejects.toBeInstanceOf(HowdahError);
    expect([bot.calls("statuses.create").length, bot.calls("accounts.follow").length]).toEqual([1, 1]);
  });

  test("ends with the handler: nothing is sent after its signal", async () => {
    const bot = await startBot();
    const ending = new AbortController();
    const client = await bot.attempt("end", { signal: ending.signal });
    const held = bot.sandbox.addFault({ path: "/api/v2/instance", action: "hold" });
    const reading = client.instance.get();
    await bot.sandbox.waitForRequest(({ path }) => path === "/api/v2/instance");
    ending.abort();
    await expect(reading).rejects.toMatchObject({ code: "NETWORK_FAILED", failure: "aborted" });
    bot.sandbox.release(held);
    await expect(client.statuses.create({ status: "late" })).rejects.toThrow("aborted");
    expect(bot.sandbox.requests().length).toBe(1);
    expect(await bot.states("end")).toEqual([]);
  });
});

describe("a refusal", () => {
  test.each([
    [404, { error: "Record not found" }],
    [422, { error: "Validation failed: Text can't be blank" }],
    [403, { error: "This action is not allowed" }],
  ])("%i is a ServerRefusedError with what the server says, and is not asked again", async (status, body) => {
    const bot = await startBot();
    bot.sandbox.addFault({ path: home, action: { status, json: body } });
    const error: unknown = await (
      await bot.attempt("read")
    ).timelines
      .home()
      .then(undefined, (thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServerRefusedError);
    expect(error).toMatchObject({ code: "SERVER_REFUSED", operation: "timelines.home", status, body });
    expect((error as Error).message).toContain(body.error);
    expect([bot.calls("timelines.home").length, bot.refusals()]).toEqual([1, 0]);
  });

  test("with a web page keeps its status", async () => {
    const bot = await startBot();
    bot.sandbox.addFault({ path: home, action: { status: 404, html: "<h1>Not found</h1>" } });
    await expect((await bot.attempt("read")).timelines.home()).rejects.toMatchObject({ status: 404 });
  });

  test("a redirect to another server is not followed with the token", async () => {
    const bot = await startBot();
    const elsewhere = await startBot();
    const headers = { location: `${elsewhere.sandbox.url}${home}` };
    bot.sandbox.addFault({ path: home, times: 3, action: { status: 302, headers } });
    await expect((await bot.attempt("read")).timelines.home()).rejects.toMatchObject({ failure: "redirect" });
    expect(elsewhere.sandbox.requests()).toEqual([]);
  });
});

describe("a token that the server refuses", () => {
  test.each([
    ["Mastodon", { status: 401, json: { error: "The access token was revoked" } }],
    ["Akkoma", { status: 403, json: { error: "Invalid credentials." } }],
    ["Takahe", { status: 400, json: { error: "Invalid Bearer token" } }],
  ])("as %s does: NotReadyError, the account is told, the write took no effect", async (_what, action) => {
    const bot = await startBot();
    bot.sandbox.addFault({ path: home, action });
    bot.sandbox.addFault({ path: statuses, action });
    const client = await bot.attempt("refused");
    await expect(client.timelines.home()).rejects.toBeInstanceOf(NotReadyError);
    await expect(client.statuses.create({ status: "hello" })).rejects.toBeInstanceOf(NotReadyError);
    expect(bot.refusals()).toBe(2);
    expect(await bot.states("refused")).toEqual(["void"]);
    await (await bot.attempt("refused")).statuses.create({ status: "hello" });
    expect(await bot.posts()).toEqual(["hello"]);
  });

  test("by its server after a revocation: nothing is asked again with it", async () => {
    const bot = await startBot();
    bot.sandbox.revoke({ user: "alice" });
    await expect((await bot.attempt("revoked")).timelines.home()).rejects.toBeInstanceOf(NotReadyError);
    expect([bot.calls("timelines.home").length, bot.refusals()]).toEqual([1, 1]);
  });
});

test("an account that is not open sends nothing, whatever is asked of it", async () => {
  const closed = () => {
    throw new NotReadyError("the account is not ready yet");
  };
  const bot = await startBot({}, { accessToken: closed, personId: "" });
  const client = await bot.attempt("closed");
  await expect(client.timelines.home()).rejects.toBeInstanceOf(NotReadyError);
  await expect(client.statuses.create({ status: "hello" })).rejects.toBeInstanceOf(NotReadyError);
  expect([bot.sandbox.requests(), await bot.states("closed")]).toEqual([[], ["void"]]);
});

test("a look-up waits too while the account is not open", async () => {
  const bot = await startBot();
  bot.sandbox.addFault({ method: "POST", path: statuses, when: "after", action: "cut" });
  await expect((await bot.attempt("post")).statuses.create({ status: "hello" })).rejects.toBeInstanceOf(NetworkError);
  Object.assign(bot.outlet, {
    personId: "",
    accessToken: () => {
      throw new NotReadyError("the account is not ready yet");
    },
  });
  await expect((await bot.attempt("post")).statuses.create({ status: "hello" })).rejects.toBeInstanceOf(NotReadyError);
});

test.each(["", ".."])("%j for an id is the plugin's mistake: nothing is sent, and it took no effect", async (id) => {
  const bot = await startBot();
  const client = await bot.attempt("mistake");
  await expect(client.statuses.favourite({ id })).rejects.toBeInstanceOf(TypeError);
  expect([bot.sandbox.requests(), await bot.states("mistake")]).toEqual([[], ["void"]]);
});

test("no error holds the token, also where the server quotes it", async () => {
  const bot = await startBot();
  const token = await tokenFor(bot.sandbox, "alice");
  const quoting = await botOn(bot.sandbox, token);
  const client = await quoting.attempt("quoted");
  const actions: FaultAction[] = [
    { status: 422, json: { error: `bad token ${token}`, request: { authorization: `Bearer ${token}` } } },
    { status: 500, html: `<h1>Bearer ${token}</h1>` },
    { status: 401, json: { error: `The access token ${token} is invalid` } },
    { status: 200, html: `<h1>${token}</h1>` },
    "cut",
  ];
  const said: string[] = [];
  for (const action of actions) {
    bot.sandbox.addFault({ method: "POST", path: statuses, action });
    const error: unknown = await client.statuses.create({ status: "hello" }).catch((thrown: unknown) => thrown);
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      said.push(String(cause.stack), JSON.stringify(cause, Object.getOwnPropertyNames(cause)));
    }
  }
  expect(said.length).toBeGreaterThanOrEqual(actions.length * 2);
  expect(said.filter((text) => bot.sandbox.issuedSecrets().some((secret) => text.includes(secret)))).toEqual([]);
});
