import { describe, expect, test } from "vitest";
import { NotReadyError, UncertainOutcomeError } from "../../core/errors.js";
import type { Client } from "../../core/client/client.js";
import type { Answer, Http, HttpRequest } from "../../core/mastodon/http.js";
import type { Scope } from "../../core/mastodon/scopes.js";
import type { FaultAction } from "../../sandbox/http/faults.js";
import { startBot, type Bot } from "./bot.js";

type Write = (client: Client<Scope>) => Promise<unknown>;
type When = "before" | "after";

/** Writes once without hearing how it ended, then in a later attempt; what that answered. */
async function writeTwice(bot: Bot, when: When, write: Write): Promise<unknown> {
  const fault = bot.sandbox.addFault({ method: "POST", when, action: "cut" });
  await expect(write(await bot.attempt("twice"))).rejects.toMatchObject({ code: "NETWORK_FAILED" });
  bot.sandbox.release(fault);
  return write(await bot.attempt("twice"));
}

/** A bot whose server answers some requests in its own way. */
async function botOfServer(change: (request: HttpRequest, answer: Answer) => unknown): Promise<Bot> {
  const bot = await startBot();
  const { http } = bot.outlet;
  const changed: Http = {
    userAgent: http.userAgent,
    close: () => http.close(),
    send: async (request) => {
      const answer = await http.send(request);
      const body = change(request, answer);
      return body === undefined ? answer : { ...answer, status: 200, body };
    },
  };
  Object.assign(bot.outlet, { http: changed });
  return bot;
}

const isListing = ({ path }: HttpRequest) => /\/accounts\/[^/]+\/statuses/.test(path);
const withContent = (answer: Answer, content: string, more: object = {}) =>
  (answer.body as object[]).map((status) => ({ ...status, content, ...more }));

describe.each(["before", "after"] as const)("whose answer never came, cut %s the effect: made once", (when) => {
  test("a scheduled post", async () => {
    const bot = await startBot();
    const scheduled_at = new Date(Date.now() + 3_600_000).toISOString();
    const found = await writeTwice(bot, when, (c) => c.statuses.schedule({ status: "later", scheduled_at }));
    const kept = await bot.sandbox.actAs("alice").scheduledStatuses.list({});
    expect(kept).toMatchObject([found]);
  });

  test("a scheduled post whose time was past", async () => {
    const bot = await startBot();
    const scheduled_at = new Date(Date.now() - 3_600_000).toISOString();
    await writeTwice(bot, when, (c) => c.statuses.schedule({ status: "at once", scheduled_at }));
    expect(await bot.posts()).toEqual(["at once"]);
  });

  test.each<[string, Write]>([
    ["a poll", (c) => c.statuses.create({ status: "?", poll: { options: ["yes", "no"], expires_in: 600 } })],
    ["a warning", (c) => c.statuses.create({ status: "boo", spoiler_text: "spooky" })],
    ["a warning and nothing else", (c) => c.statuses.create({ status: "", spoiler_text: "alone" })],
    ["one reader", (c) => c.statuses.create({ status: "@bob psst", visibility: "direct" })],
  ])("a post with %s", async (_what, write) => {
    const bot = await startBot();
    await writeTwice(bot, when, write);
    expect((await bot.posts()).length).toBe(1);
  });

  test("a post with a file", async () => {
    const bot = await startBot();
    const file = new File([Buffer.from("89504e470d0a1a0a", "hex")], "a.png", { type: "image/png" });
    const { id } = await (await bot.attempt("upload")).media.upload({ file });
    await writeTwice(bot, when, (c) => c.statuses.create({ status: "", media_ids: [id] }));
    expect((await bot.posts()).length).toBe(1);
  });

  test("a list and a filter, by title", async () => {
    const bot = await startBot();
    await bot.sandbox.actAs("alice").lists.create({ title: "others" });
    await writeTwice(bot, when, (c) => c.lists.create({ title: "friends" }));
    const lists = await bot.sandbox.actAs("alice").lists.list({});
    expect(lists.map(({ title }) => title).toSorted()).toEqual(["friends", "others"]);
    const other = await startBot();
    await writeTwice(other, when, (c) => c.filters.create({ title: "noise", context: ["home"] }));
    expect((await other.sandbox.actAs("alice").filters.list({})).length).toBe(1);
  });

  test("a vote", async () => {
    const bot = await startBot();
    const poll = { options: ["yes", "no"], expires_in: 600 };
    const { poll: asked } = await bot.sandbox.actAs("bob").statuses.create({ status: "?", poll });
    const id = asked?.id ?? "";
    const found = await writeTwice(bot, when, (c) => c.polls.vote({ id, choices: [1] }));
    expect(found).toMatchObject({ id, voted: true, votes_count: 1, own_votes: [1] });
  });
});

describe("a post that its server renders in its own way is found", () => {
  const source = "**Release** [1.2](https://e.org/1.2) is `out`";
  const html = '<p><strong>Release</strong> <a href="https://e.org/1.2">1.2</a> is <code>out</code></p>';

  test.each([
    ["and shows what was typed", source, {}],
    ["and shows nothing else", "", {}],
    ["and shows what was typed in a corner of its own", "", { akkoma: { source: { content: source } } }],
  ])("%s", async (_what, typed, more) => {
    const bot = await botOfServer((request, answer) => {
      if (isListing(request)) return withContent(answer, html, more);
      return request.path.endsWith("/source") ? { id: "1", text: typed, spoiler_text: "" } : undefined;
    });
    await writeTwice(bot, "after", (c) => c.statuses.create({ status: source }));
    expect(bot.calls("statuses.create").length).toBe(1);
  });

  test("but not taken for one that was typed otherwise", async () => {
    const bot = await botOfServer((request, answer) => {
      if (isListing(request)) return withContent(answer, html);
      return request.path.endsWith("/source")
        ? { id: "1", text: source.replaceAll("*", "_"), spoiler_text: "" }
        : undefined;
    });
    await bot.sandbox.actAs("alice").statuses.create({ status: "by hand" });
    await writeTwice(bot, "before", (c) => c.statuses.create({ status: source }));
    expect(bot.calls("statuses.create").length).toBe(2);
  });

  test("also where it answers a reblog: servers make it answer the original", async () => {
    const bot = await startBot({ users: ["alice", "bob", "carol"] });
    const { id } = await bot.sandbox.actAs("bob").statuses.create({ status: "hear" });
    const reblog = await bot.sandbox.actAs("carol").statuses.reblog({ id });
    await writeTwice(bot, "after", (c) => c.statuses.create({ status: "yes", in_reply_to_id: reblog.id }));
    expect(await bot.posts()).toEqual(["yes"]);
  });
});

describe("a post that was edited meanwhile", () => {
  const edited = { edited_at: new Date().toISOString() };
  const botWith = (history: unknown) =>
    botOfServer((request, answer) => {
      if (isListing(request)) return withContent(answer, "<p>hallo</p>", edited);
      return request.path.endsWith("/history") ? history : undefined;
    });

  test.each([
    ["is found by what it said at first", "after", "<p>hello</p>", 1],
    ["is not taken for it where it said something else at first", "before", "<p>goodbye</p>", 2],
  ] as const)("%s", async (_what, when, content, sent) => {
    const bot = await botWith([
      { content, spoiler_text: "" },
      { content: "<p>hallo</p>", spoiler_text: "" },
    ]);
    await bot.sandbox.actAs("alice").statuses.create({ status: "by hand" });
    await writeTwice(bot, when, (c) => c.statuses.create({ status: "hello" }));
    expect(bot.calls("statuses.create").length).toBe(sent);
  });

  test("on a server that does not show what it said: uncertain", async () => {
    const bot = await botWith([]);
    await expect(writeTwice(bot, "after", (c) => c.statuses.create({ status: "hello" }))).rejects.toBeInstanceOf(
      UncertainOutcomeError,
    );
    expect([bot.calls("statuses.create").length, await bot.states("twice")]).toEqual([1, ["uncertain"]]);
  });
});

describe("where the server does not let itself be looked through", () => {
  const post: Write = (c) => c.statuses.create({ status: "hello" });
  const listing = "/api/v1/accounts/{id}/statuses";

  test.each<[string, FaultAction]>([
    ["a page of a proxy", { status: 404, html: "<h1>Not here</h1>" }],
    ["no list", { status: 200, json: { error: "nothing" } }],
    ["a list of something else", { status: 200, json: [{ surprise: true }] }],
    ["a list with nothing in it", { status: 200, json: [null] }],
  ])("%s: it is looked again later, and nothing is sent", async (_what, action) => {
    const bot = await startBot();
    bot.sandbox.addFault({ path: listing, action });
    await expect(writeTwice(bot, "after", post)).rejects.toBeInstanceOf(NotReadyError);
    expect(await bot.states("twice")).toEqual(["sent"]);
    await post(await bot.attempt("twice"));
    expect(await bot.posts()).toEqual(["hello"]);
  });

  test("a refusal: uncertain, and nothing is sent", async () => {
    const bot = await startBot();
    bot.sandbox.addFault({ path: listing, action: { status: 403, json: { error: "This action is not allowed" } } });
    await expect(writeTwice(bot, "after", post)).rejects.toBeInstanceOf(UncertainOutcomeError);
    expect([bot.calls("statuses.create").length, await bot.states("twice")]).toEqual([1, ["uncertain"]]);
  });
});

describe("a deletion whose answer never came", () => {
  test.each(["before", "after"] as const)("cut %s the effect: is asked again, and has happened", async (when) => {
    const bot = await startBot();
    const { id } = await bot.sandbox.actAs("alice").statuses.create({ status: "oops" });
    bot.sandbox.addFault({ method: "DELETE", when, action: "cut" });
    const remove: Write = (c) => c.statuses.delete({ id });
    await expect(remove(await bot.attempt("twice"))).rejects.toMatchObject({ code: "NETWORK_FAILED" });
    await remove(await bot.attempt("twice"));
    expect([await bot.states("twice"), await bot.posts()]).toEqual([["done"], []]);
  });

  test("of what was never there is a refusal", async () => {
    const bot = await startBot();
    await expect((await bot.attempt("once")).statuses.delete({ id: "1" })).rejects.toMatchObject({ status: 404 });
  });
});
