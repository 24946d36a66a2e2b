import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Acting, type Sandbox } from "../../sandbox/index.js";

let sandbox: Sandbox;
let alice: Acting;
let bob: Acting;
let bobId: string;
beforeEach(async () => {
  sandbox = await startSandbox();
  [alice, bob] = [sandbox.actAs("alice"), sandbox.actAs("bob")];
  bobId = (await bob.accounts.verifyCredentials()).id;
});
afterEach(() => sandbox.close());

const texts = (posts: { content: string }[]): string[] =>
  posts.map(({ content }) => content.replaceAll(/<[^>]+>/g, ""));

describe("lists", () => {
  it("hold people whom their owner follows, and show their posts", async () => {
    const { id } = await alice.lists.create({ title: "Friends" });
    await expect(alice.lists.addAccounts({ id, account_ids: [bobId] })).rejects.toMatchObject({ status: 404 });
    await alice.accounts.follow({ id: bobId });
    await alice.lists.addAccounts({ id, account_ids: [bobId] });
    await expect(alice.lists.addAccounts({ id, account_ids: [bobId] })).rejects.toMatchObject({ status: 422 });
    await bob.statuses.create({ status: "hello" });
    expect(texts(await alice.timelines.list({ list_id: id }))).toEqual(["hello"]);
    expect((await alice.lists.accounts({ id })).map(({ acct }) => acct)).toEqual(["bob"]);
    expect((await alice.accounts.lists({ id: bobId })).map(({ title }) => title)).toEqual(["Friends"]);
    await alice.lists.removeAccounts({ id, account_ids: [bobId] });
    expect(await alice.timelines.list({ list_id: id })).toEqual([]);
    expect(await alice.lists.update({ id, title: "None", exclusive: true })).toMatchObject({
      title: "None",
      exclusive: true,
    });
    await alice.lists.delete({ id });
    expect(await alice.lists.list()).toEqual([]);
  });

  it("belong to one person", async () => {
    const { id } = await alice.lists.create({ title: "Mine" });
    await expect(bob.lists.get({ id })).rejects.toMatchObject({ status: 404 });
    await expect(alice.lists.create({ title: " " })).rejects.toMatchObject({ status: 422 });
  });
});

describe("filters", () => {
  it("are kept with their keywords and posts", async () => {
    const filter = await alice.filters.create({
      title: "Noise",
      context: ["home"],
      expires_in: 60,
      keywords_attributes: [{ keyword: "loud" }],
    });
    expect(filter).toMatchObject({ filter_action: "warn", keywords: [{ keyword: "loud", whole_word: true }] });
    const keyword = await alice.filters.addKeyword({ filter_id: filter.id, keyword: "shrill", whole_word: false });
    await alice.filters.updateKeyword({ id: keyword.id, keyword: "shriller" });
    expect(await alice.filters.getKeyword({ id: keyword.id })).toMatchObject({
      keyword: "shriller",
      whole_word: false,
    });
    await alice.filters.removeKeyword({ id: keyword.id });
    const post = await bob.statuses.create({ status: "x" });
    const filtered = await alice.filters.addStatus({ filter_id: filter.id, status_id: post.id });
    expect(await alice.filters.statuses({ filter_id: filter.id })).toEqual([filtered]);
    const changed = await alice.filters.update({
      id: filter.id,
      filter_action: "hide",
      keywords_attributes: [{ id: filter.keywords?.[0]?.id ?? "", _destroy: true }],
    });
    expect(changed).toMatchObject({ title: "Noise", filter_action: "hide", keywords: [] });
    await expect(bob.filters.get({ id: filter.id })).rejects.toMatchObject({ status: 404 });
    await alice.filters.delete({ id: filter.id });
    expect(await alice.filters.list()).toEqual([]);
  });
});

describe("posts that are to come", () => {
  const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

  it("are kept, moved and taken back", async () => {
    const { id, params } = await alice.statuses.schedule({ status: "later", scheduled_at: inMinutes(10) });
    expect(params.text).toBe("later");
    expect(await alice.scheduledStatuses.list()).toHaveLength(1);
    const moved = inMinutes(20);
    expect(await alice.scheduledStatuses.update({ id, scheduled_at: moved })).toMatchObject({ scheduled_at: moved });
    await alice.scheduledStatuses.delete({ id });
    expect(await alice.scheduledStatuses.list()).toEqual([]);
    expect(await alice.timelines.home()).toEqual([]);
  });

  it("are refused within five minutes; what is past appears at once", async () => {
    await expect(alice.statuses.schedule({ status: "soon", scheduled_at: inMinutes(1) })).rejects.toMatchObject({
      status: 422,
    });
    await alice.statuses.create({ status: "now", ...{ scheduled_at: inMinutes(-1) } });
    expect(texts(await alice.timelines.home())).toEqual(["now"]);
  });

  it("share their address with posts that appear now", async () => {
    const answer: object = await alice.statuses.create({ status: "x", ...{ scheduled_at: inMinutes(10) } });
    expect(answer).toHaveProperty("scheduled_at");
  });
});

it("pins own posts", async () => {
  const { id } = await alice.statuses.create({ status: "first" });
  await alice.statuses.create({ status: "second" });
  expect(await alice.statuses.pin({ id })).toMatchObject({ pinned: true });
  const { id: aliceId } = await alice.accounts.verifyCredentials();
  expect(texts(await bob.accounts.statuses({ id: aliceId, pinned: true }))).toEqual(["first"]);
  await expect(bob.statuses.pin({ id })).rejects.toMatchObject({ status: 422 });
});

it("silences a conversation, also what is answered later", async () => {
  const { id } = await alice.statuses.create({ status: "hm" });
  const answer = await bob.statuses.create({ status: "@alice a", in_reply_to_id: id });
  expect(await alice.statuses.mute({ id })).toMatchObject({ muted: true });
  await bob.statuses.create({ status: "@alice b", in_reply_to_id: answer.id });
  expect(await alice.notifications.list()).toHaveLength(1);
  await alice.statuses.unmute({ id });
  await bob.statuses.create({ status: "@alice c", in_reply_to_id: answer.id });
  expect(await alice.notifications.unreadCount()).toEqual({ count: 2 });
});

it("brings public posts of hashtags that are followed", async () => {
  expect(await alice.tags.follow({ name: "cats" })).toMatchObject({ following: true });
  await bob.statuses.create({ status: "a #cats post" });
  expect(await alice.timelines.home()).toHaveLength(1);
  expect((await alice.followedTags.list()).map(({ name }) => name)).toEqual(["cats"]);
  await alice.tags.unfollow({ name: "cats" });
  expect(await alice.timelines.home()).toEqual([]);
});

it("keeps notes, endorsements, markers, domain blocks and a policy", async () => {
  await alice.accounts.follow({ id: bobId });
  await alice.accounts.setNote({ id: bobId, comment: "kind" });
  expect(await alice.accounts.endorse({ id: bobId })).toMatchObject({ note: "kind", endorsed: true });
  expect(await alice.endorsements.list()).toHaveLength(1);
  expect(await bob.accounts.removeFromFollowers({ id: (await alice.accounts.verifyCredentials()).id })).toMatchObject({
    followed_by: false,
  });
  await alice.markers.save({ home: { last_read_id: "1" } });
  expect(await alice.markers.save({ home: { last_read_id: "2" } })).toMatchObject({ home: { version: 2 } });
  expect(await alice.markers.get({ timeline: ["notifications"] })).toEqual({});
  await alice.domainBlocks.create({ domain: "Bad.example" });
  expect(await alice.domainBlocks.list()).toEqual(["bad.example"]);
  await alice.domainBlocks.delete({ domain: "bad.example" });
  expect(await alice.domainBlocks.list()).toEqual([]);
  expect(await alice.notificationPolicy.update({ for_not_following: "filter" })).toMatchObject({
    for_not_following: "filter",
    for_new_accounts: "accept",
  });
});

it("says of the rest that it does not simulate it", async () => {
  await expect(alice.profile.get()).rejects.toMatchObject({ status: 501 });
});
