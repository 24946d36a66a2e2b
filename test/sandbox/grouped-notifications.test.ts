import { afterEach, beforeEach, expect, it } from "vitest";
import { startSandbox, type Acting, type Sandbox } from "../../sandbox/index.js";

let sandbox: Sandbox;
let alice: Acting;
let post: string;
const fans = ["bob", "carol", "dora"];
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["alice", ...fans] });
  alice = sandbox.actAs("alice");
  ({ id: post } = await alice.statuses.create({ status: "look" }));
});
afterEach(() => sandbox.close());

const idOf = (user: string) => sandbox.users().find((person) => person.user === user)?.id ?? "";
const all = async (what: (who: Acting) => Promise<unknown>) => {
  for (const fan of fans) await what(sandbox.actAs(fan));
};
const rows = async (params: Parameters<Acting["groupedNotifications"]["list"]>[0] = {}) =>
  (await alice.groupedNotifications.list(params)).notification_groups.map(({ notifications_count, type }) => [
    type,
    notifications_count,
  ]);

it("favourites and boosts of a post and follows are one group each; mentions are single", async () => {
  await all((who) => who.statuses.favourite({ id: post }));
  await all((who) => who.accounts.follow({ id: idOf("alice") }));
  await all((who) => who.statuses.create({ status: "@alice hello" }));
  await sandbox.actAs("bob").statuses.reblog({ id: post });
  expect(await rows()).toEqual([
    ["reblog", 1],
    ["mention", 1],
    ["mention", 1],
    ["mention", 1],
    ["follow", 3],
    ["favourite", 3],
  ]);
  const results = await alice.groupedNotifications.list({ types: ["favourite"] });
  expect(results.accounts.map(({ acct }) => acct)).toEqual(["dora", "carol", "bob"]);
  expect(results.statuses.map(({ id }) => id)).toEqual([post]);
  expect(results.notification_groups).toMatchObject([
    { status_id: post, sample_account_ids: ["dora", "carol", "bob"].map(idOf) },
  ]);
});

it("the old list names the groups too, and types that are not to be grouped stay single", async () => {
  await all((who) => who.statuses.favourite({ id: post }));
  const keys = new Set((await alice.notifications.list()).map(({ group_key }) => group_key));
  expect([...keys]).toEqual([expect.stringMatching(new RegExp(`^favourite-${post}-\\d+$`))]);
  expect(await rows({ grouped_types: ["follow"] })).toEqual([
    ["favourite", 1],
    ["favourite", 1],
    ["favourite", 1],
  ]);
});

it("a page counts groups, and the next one begins below it", async () => {
  await all((who) => who.statuses.favourite({ id: post }));
  await all((who) => who.accounts.follow({ id: idOf("alice") }));
  const { notification_groups } = await alice.groupedNotifications.list({ limit: 1 });
  const [first] = notification_groups;
  expect(notification_groups).toMatchObject([{ type: "follow", notifications_count: 3 }]);
  expect(await rows({ max_id: first?.page_min_id ?? "" })).toEqual([["favourite", 3]]);
  expect(await rows({ since_id: String(first?.most_recent_notification_id) })).toEqual([]);
});

it("a group can be looked at, counted and dismissed as a whole", async () => {
  await all((who) => who.statuses.favourite({ id: post }));
  await all((who) => who.statuses.create({ status: "@alice hello" }));
  expect(await alice.groupedNotifications.unreadCount()).toEqual({ count: 4 });
  const { notification_groups } = await alice.groupedNotifications.list({ types: ["favourite"] });
  const group_key = notification_groups[0]?.group_key ?? "";
  expect((await alice.groupedNotifications.get({ group_key })).notification_groups).toMatchObject([
    { notifications_count: 3 },
  ]);
  expect((await alice.groupedNotifications.accounts({ group_key })).map(({ acct }) => acct)).toEqual([
    "dora",
    "carol",
    "bob",
  ]);
  await alice.groupedNotifications.dismiss({ group_key });
  expect((await alice.notifications.list()).map(({ type }) => type)).toEqual(["mention", "mention", "mention"]);
  await expect(alice.groupedNotifications.get({ group_key })).rejects.toMatchObject({ status: 404 });
});

it("people of a group may come in part", async () => {
  await all((who) => who.statuses.favourite({ id: post }));
  const results = await alice.groupedNotifications.list({ expand_accounts: "partial_avatars" });
  expect(results.accounts.map(({ acct }) => acct)).toEqual(["dora"]);
  expect(results.partial_accounts?.map(({ acct }) => acct)).toEqual(["carol", "bob"]);
});
