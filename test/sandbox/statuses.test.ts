import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Refusal, startSandbox, type Acting, type Sandbox } from "../../sandbox/index.js";
import { ask, tokenFor } from "./bot.js";

let sandbox: Sandbox;
let alice: Acting;
let bob: Acting;
let carol: Acting;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["alice", "bob", "carol"] });
  alice = sandbox.actAs("alice");
  bob = sandbox.actAs("bob");
  carol = sandbox.actAs("carol");
});
afterEach(() => sandbox.close());

const idOf = (user: string): string => sandbox.users().find((other) => other.user === user)?.id ?? "";
const kinds = async (who: Acting): Promise<string[]> => (await who.notifications.list()).map(({ type }) => type);

describe("content", () => {
  it("links mentions, hashtags and addresses, and escapes the rest", async () => {
    const host = new URL(sandbox.url).host;
    const status = `<script> @bob @bob@${host} @nobody #Tag\nhttps://example.org/a?b=1&c=@bob#no\n\nsecond`;
    const { content, mentions, tags } = await alice.statuses.create({ status });
    expect(content).toContain("&lt;script&gt;");
    expect(content).toContain(`class="u-url mention">@<span>bob</span></a>`);
    expect(content).toContain("@nobody");
    expect(content).toContain(`rel="tag">#<span>Tag</span></a><br />`);
    expect(content).toContain(`<a href="https://example.org/a?b=1&amp;c=@bob#no"`);
    expect(content).toMatch(/<\/p><p>second<\/p>$/);
    expect(mentions.map(({ acct }) => acct)).toEqual(["bob"]);
    expect(tags.map(({ name }) => name)).toEqual(["tag"]);
  });

  it.each([
    ["x".repeat(500), true],
    ["x".repeat(501), false],
    ["👩‍👩‍👧".repeat(500), true],
    [`${"x".repeat(476)} https://example.org/${"long".repeat(50)}`, true],
    [`${"x".repeat(477)} https://example.org/${"long".repeat(50)}`, false],
    [`${"x".repeat(495)} @bob@a-rather-long.example.org`, true],
    [`${"x".repeat(496)} @bob@a-rather-long.example.org`, false],
  ])("counts as Mastodon does: %#", async (status, fits) => {
    const posting = alice.statuses.create({ status });
    if (fits) await posting;
    else
      await expect(posting).rejects.toMatchObject({
        body: { error: "Validation failed: Text character limit of 500 exceeded" },
      });
  });

  it("wants a text, a known post to answer, and a sound poll", async () => {
    const refusedWith = async (params: Parameters<Acting["statuses"]["create"]>[0]): Promise<unknown[]> =>
      alice.statuses.create(params).then(
        () => [],
        (error: unknown) => (error instanceof Refusal ? [error.status, error.body["error"]] : [error]),
      );
    expect(await refusedWith({ status: " " })).toEqual([422, "Validation failed: Text can't be blank"]);
    expect((await refusedWith({ status: "a", in_reply_to_id: "1" }))[0]).toBe(404);
    expect((await refusedWith({ status: "a", poll: { options: ["one"], expires_in: 600 } }))[0]).toBe(422);
    expect((await refusedWith({ status: "a", poll: { options: ["a", "b"], expires_in: 6 } }))[0]).toBe(422);
  });
});

describe("threads, edits and deletions", () => {
  it("shows what is above and below", async () => {
    const root = await alice.statuses.create({ status: "root" });
    const reply = await bob.statuses.create({ status: "reply", in_reply_to_id: root.id });
    const deeper = await carol.statuses.create({ status: "deeper", in_reply_to_id: reply.id });
    const { ancestors, descendants } = await alice.statuses.context({ id: reply.id });
    expect([ancestors.map(({ id }) => id), descendants.map(({ id }) => id)]).toEqual([[root.id], [deeper.id]]);
    expect((await alice.statuses.get({ id: root.id })).replies_count).toBe(1);
    await carol.statuses.delete({ id: deeper.id });
    expect((await alice.statuses.context({ id: root.id })).descendants).toHaveLength(1);
  });

  it("answers a deletion with the text, and takes reblogs and notifications along", async () => {
    const { id } = await alice.statuses.create({ status: "@bob *soon gone*" });
    const reblog = await bob.statuses.reblog({ id });
    expect(await kinds(bob)).toEqual(["mention"]);
    expect((await alice.statuses.delete({ id })).text).toBe("@bob *soon gone*");
    expect(await kinds(bob)).toEqual([]);
    await expect(bob.statuses.get({ id: reblog.id })).rejects.toMatchObject({ status: 404 });
    await expect(bob.statuses.delete({ id: reblog.id })).rejects.toMatchObject({ status: 404 });
  });

  it("keeps the source and tells rebloggers of an edit", async () => {
    const { id } = await alice.statuses.create({ status: "before" });
    await bob.statuses.reblog({ id });
    expect((await alice.statuses.update({ id, status: "before" })).edited_at).toBeNull();
    expect((await alice.statuses.update({ id, status: "after" })).edited_at).not.toBeNull();
    expect(await alice.statuses.source({ id })).toEqual({ id, text: "after", spoiler_text: "" });
    expect(await kinds(bob)).toEqual(["update"]);
    await expect(bob.statuses.update({ id, status: "mine" })).rejects.toMatchObject({ status: 404 });
  });
});

describe("who sees what", () => {
  it.each([
    ["public", [true, true, true, true]],
    ["unlisted", [true, true, true, true]],
    ["private", [true, true, false, false]],
    ["direct", [true, false, false, false]],
  ] as const)("%s: the mentioned, followers, strangers, nobody", async (visibility, expected) => {
    await carol.accounts.follow({ id: idOf("alice") });
    sandbox.addUser("dora");
    const { id } = await alice.statuses.create({ status: "@bob psst", visibility });
    const sees = (who: Acting): Promise<boolean> =>
      who.statuses.get({ id }).then(
        () => true,
        () => false,
      );
    const anonymous = (await ask(`${sandbox.url}/api/v1/statuses/${id}`)).status === 200;
    expect([await sees(bob), await sees(carol), await sees(sandbox.actAs("dora")), anonymous]).toEqual(expected);
    expect((await bob.timelines.public()).length).toBe(visibility === "public" ? 1 : 0);
  });

  it("keeps replies to strangers and direct posts out of the home timeline", async () => {
    await bob.accounts.follow({ id: idOf("alice") });
    const { id } = await carol.statuses.create({ status: "stranger" });
    await alice.statuses.create({ status: "to a stranger", in_reply_to_id: id });
    await alice.statuses.create({ status: "@bob secret", visibility: "direct" });
    const seen = await alice.statuses.create({ status: "to all" });
    expect((await bob.timelines.home()).map((status) => status.id)).toEqual([seen.id]);
  });

  it("does not let others reblog what is not theirs to spread", async () => {
    await bob.accounts.follow({ id: idOf("alice") });
    const { id } = await alice.statuses.create({ status: "followers only", visibility: "private" });
    await expect(bob.statuses.reblog({ id })).rejects.toMatchObject({ status: 403 });
    expect((await alice.statuses.reblog({ id })).visibility).toBe("private");
  });
});

describe("reactions", () => {
  it("count once, notify once, and can be taken back", async () => {
    const { id } = await alice.statuses.create({ status: "like me" });
    await bob.statuses.favourite({ id });
    await bob.statuses.favourite({ id });
    const first = await bob.statuses.reblog({ id });
    expect((await bob.statuses.reblog({ id })).id).toBe(first.id);
    await bob.statuses.bookmark({ id });
    expect(await alice.statuses.get({ id })).toMatchObject({ favourites_count: 1, reblogs_count: 1 });
    expect(await bob.statuses.get({ id })).toMatchObject({ favourited: true, reblogged: true, bookmarked: true });
    expect(await kinds(alice)).toEqual(["reblog", "favourite"]);
    expect((await alice.statuses.favouritedBy({ id })).map(({ acct }) => acct)).toEqual(["bob"]);
    expect((await alice.statuses.rebloggedBy({ id })).map(({ acct }) => acct)).toEqual(["bob"]);
    expect(await bob.favourites.list()).toHaveLength(1);
    await bob.statuses.unfavourite({ id });
    await bob.statuses.unreblog({ id });
    expect(await alice.statuses.get({ id })).toMatchObject({ favourites_count: 0, reblogs_count: 0 });
    expect(await kinds(alice)).toEqual([]);
  });

  it("lets people vote once", async () => {
    const { poll } = await alice.statuses.create({ status: "?", poll: { options: ["a", "b"], expires_in: 600 } });
    const path = `/api/v1/polls/${poll?.id ?? ""}/votes`;
    const vote = (): unknown => sandbox.act({ user: "bob", method: "POST", path, body: { choices: [1] } });
    expect(vote()).toMatchObject({ status: 200, body: { votes_count: 1, own_votes: [1] } });
    expect(vote()).toMatchObject({ status: 422 });
  });
});

describe("Idempotency-Key", () => {
  const post = async (token: string, key: string, status: string): Promise<string> => {
    const options = { token, body: { status }, headers: { "idempotency-key": key } };
    return (await ask(`${sandbox.url}/api/v1/statuses`, options)).body.id as string;
  };

  it("gives the same post again, to the same person", async () => {
    const [token, other] = [await tokenFor(sandbox, "alice"), await tokenFor(sandbox, "bob")];
    const first = await post(token, "k", "once");
    expect(await post(token, "k", "once")).toBe(first);
    expect(await post(token, "l", "once")).not.toBe(first);
    expect(await post(other, "k", "once")).not.toBe(first);
    expect(await alice.accounts.statuses({ id: idOf("alice") })).toHaveLength(2);
  });

  it("is not remembered for a post that was refused, and answers 404 for one that is gone", async () => {
    const token = await tokenFor(sandbox, "alice");
    expect(await post(token, "k", "")).toBeUndefined();
    const id = await post(token, "k", "now");
    await alice.statuses.delete({ id });
    const options = { token, body: { status: "now" }, headers: { "idempotency-key": "k" } };
    expect((await ask(`${sandbox.url}/api/v1/statuses`, options)).status).toBe(404);
  });

  it("is forgotten in time", async () => {
    const forgetful = await startSandbox({ rules: { idempotencySeconds: 0 } });
    const token = await tokenFor(forgetful, "alice");
    const options = { token, body: { status: "x" }, headers: { "idempotency-key": "k" } };
    const send = async (): Promise<string> =>
      (await ask(`${forgetful.url}/api/v1/statuses`, options)).body.id as string;
    expect(await send()).not.toBe(await send());
    await forgetful.close();
  });
});
