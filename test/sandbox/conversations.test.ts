import { afterEach, beforeEach, expect, it } from "vitest";
import { startSandbox, type Acting, type Sandbox } from "../../sandbox/index.js";

let sandbox: Sandbox;
let alice: Acting;
let bob: Acting;
let carol: Acting;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["alice", "bob", "carol"] });
  [alice, bob, carol] = [sandbox.actAs("alice"), sandbox.actAs("bob"), sandbox.actAs("carol")];
});
afterEach(() => sandbox.close());

const direct = (who: Acting, status: string, to?: string) =>
  who.statuses.create({ status, visibility: "direct", ...(to !== undefined && { in_reply_to_id: to }) });

const rowsOf = async (who: Acting) =>
  (await who.conversations.list()).map(({ accounts, last_status, unread }) => [
    accounts.map(({ acct }) => acct).join(" "),
    last_status?.content.replaceAll(/<[^>]*>/g, ""),
    unread,
  ]);

it("direct posts of the same people in one thread are one conversation, unread for whoever did not write last", async () => {
  const { id } = await direct(alice, "@bob hello");
  expect(await rowsOf(alice)).toEqual([["bob", "@bob hello", false]]);
  expect(await rowsOf(bob)).toEqual([["alice", "@bob hello", true]]);
  await direct(bob, "@alice hi", id);
  expect(await rowsOf(alice)).toEqual([["bob", "@alice hi", true]]);
  expect(await rowsOf(bob)).toEqual([["alice", "@alice hi", false]]);
  expect(await rowsOf(carol)).toEqual([]);
});

it("another thread is another conversation, and so are more people; public posts are none", async () => {
  const { id } = await direct(alice, "@bob one");
  await direct(alice, "@bob two");
  await direct(bob, "@alice @carol three", id);
  await alice.statuses.create({ status: "@bob four" });
  await direct(alice, "to myself");
  expect((await rowsOf(alice)).map(([who, text]) => `${who}: ${text}`)).toEqual([
    "alice: to myself",
    "bob carol: @alice @carol three",
    "bob: @bob two",
    "bob: @bob one",
  ]);
});

it("can be read and put away; what comes later begins anew", async () => {
  const { id } = await direct(alice, "@bob one");
  const [{ id: conversation } = { id: "" }] = await bob.conversations.list();
  expect(await bob.conversations.markRead({ id: conversation })).toMatchObject({ id: conversation, unread: false });
  expect(await rowsOf(bob)).toEqual([["alice", "@bob one", false]]);
  await bob.conversations.delete({ id: conversation });
  expect(await rowsOf(bob)).toEqual([]);
  await expect(bob.conversations.markRead({ id: conversation })).rejects.toMatchObject({ status: 404 });
  await direct(alice, "@bob two", id);
  expect(await rowsOf(bob)).toEqual([["alice", "@bob two", true]]);
});

it("loses a post that is deleted, and is gone with the last one", async () => {
  const { id } = await direct(alice, "@bob one");
  const { id: second } = await direct(alice, "@bob two", id);
  await alice.statuses.delete({ id: second });
  expect(await rowsOf(bob)).toEqual([["alice", "@bob one", true]]);
  await alice.statuses.delete({ id });
  expect([await rowsOf(bob), await rowsOf(alice)]).toEqual([[], []]);
});

it("nobody finds somebody else's", async () => {
  await direct(alice, "@bob one");
  const [{ id } = { id: "" }] = await bob.conversations.list();
  await expect(carol.conversations.markRead({ id })).rejects.toMatchObject({ status: 404 });
  await expect(carol.conversations.delete({ id })).rejects.toMatchObject({ status: 404 });
});

it("a page names the next one by its last post", async () => {
  const ids = [];
  for (const text of ["one", "two", "three"]) ids.push((await direct(alice, `@bob ${text}`)).id);
  const rest = await bob.conversations.list({ max_id: ids[2] ?? "", limit: 1 });
  expect(rest.map(({ last_status }) => last_status?.id)).toEqual([ids[1]]);
});
