import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Acting, type Sandbox } from "../../sandbox/index.js";

let sandbox: Sandbox;
let alice: Acting;
let bob: Acting;
let aliceId: string;
let bobId: string;
beforeEach(async () => {
  sandbox = await startSandbox();
  [alice, bob] = [sandbox.actAs("alice"), sandbox.actAs("bob")];
  [aliceId, bobId] = [(await alice.accounts.verifyCredentials()).id, (await bob.accounts.verifyCredentials()).id];
});
afterEach(() => sandbox.close());

const kinds = async (who: Acting): Promise<string[]> => (await who.notifications.list()).map(({ type }) => type);

describe("following", () => {
  it("notifies once and can be taken back", async () => {
    expect(await alice.accounts.follow({ id: bobId })).toMatchObject({ following: true, requested: false });
    await alice.accounts.follow({ id: bobId, notify: true });
    expect(await kinds(bob)).toEqual(["follow"]);
    expect((await bob.accounts.followers({ id: bobId })).map(({ acct }) => acct)).toEqual(["alice"]);
    await bob.statuses.create({ status: "ding" });
    expect(await kinds(alice)).toEqual(["status"]);
    expect(await alice.accounts.unfollow({ id: bobId })).toMatchObject({ following: false });
    await expect(alice.accounts.follow({ id: aliceId })).rejects.toMatchObject({ status: 404 });
  });

  it("asks first where the other is locked", async () => {
    await bob.accounts.updateCredentials({ locked: true });
    expect(await alice.accounts.follow({ id: bobId })).toMatchObject({ following: false, requested: true });
    expect(await kinds(bob)).toEqual(["follow_request"]);
    expect((await bob.followRequests.list()).map(({ acct }) => acct)).toEqual(["alice"]);
    expect(await bob.followRequests.authorize({ account_id: aliceId })).toMatchObject({ followed_by: true });
    await expect(bob.followRequests.reject({ account_id: aliceId })).rejects.toMatchObject({ status: 404 });
  });

  it("lets everybody in who waits when the other unlocks", async () => {
    await bob.accounts.updateCredentials({ locked: true });
    await alice.accounts.follow({ id: bobId });
    await bob.accounts.updateCredentials({ locked: false });
    expect((await alice.accounts.relationships({ id: [bobId] }))[0]).toMatchObject({
      following: true,
      requested: false,
    });
  });
});

describe("blocking", () => {
  it("ends follows, hides, and keeps from following and notifying", async () => {
    await alice.accounts.follow({ id: bobId });
    await bob.accounts.follow({ id: aliceId });
    const { id } = await bob.statuses.create({ status: "mine" });
    expect(await bob.accounts.block({ id: aliceId })).toMatchObject({
      blocking: true,
      following: false,
      followed_by: false,
    });
    await expect(alice.accounts.follow({ id: bobId })).rejects.toMatchObject({ status: 403 });
    await expect(alice.statuses.get({ id })).rejects.toMatchObject({ status: 404 });
    await alice.statuses.create({ status: "@bob hey" });
    expect(await kinds(bob)).toEqual([]);
    expect(await bob.timelines.public()).toHaveLength(1);
    expect((await bob.blocks.list()).map(({ acct }) => acct)).toEqual(["alice"]);
    expect(await bob.accounts.unblock({ id: aliceId })).toMatchObject({ blocking: false });
  });
});

describe("muting", () => {
  it("hides posts and notifications and leaves follows", async () => {
    await alice.accounts.follow({ id: bobId });
    expect(await alice.accounts.mute({ id: bobId })).toMatchObject({
      muting: true,
      muting_notifications: true,
      following: true,
    });
    await bob.statuses.create({ status: "@alice noise" });
    expect(await alice.timelines.home()).toEqual([]);
    expect(await kinds(alice)).toEqual([]);
    await alice.accounts.unmute({ id: bobId });
    expect(await alice.timelines.home()).toHaveLength(1);
  });

  it("may leave notifications and may end", async () => {
    await alice.accounts.mute({ id: bobId, notifications: false, duration: 600 });
    await bob.statuses.create({ status: "@alice still heard" });
    expect(await kinds(alice)).toEqual(["mention"]);
    const [muted] = await alice.mutes.list();
    expect(Date.parse(muted?.mute_expires_at ?? "")).toBeGreaterThan(Date.now());
  });
});

describe("reports and notifications", () => {
  it("keeps what was reported, with the reported person's own posts only", async () => {
    const { id } = await bob.statuses.create({ status: "bad" });
    const mine = await alice.statuses.create({ status: "good" });
    await alice.reports.create({ account_id: bobId, status_ids: [id, mine.id], category: "spam", comment: "look" });
    expect(sandbox.reports()).toMatchObject([{ by: "alice", category: "spam", status_ids: [id] }]);
  });

  it("filters, dismisses and clears", async () => {
    await bob.accounts.follow({ id: aliceId });
    await bob.statuses.create({ status: "@alice one" });
    const [mention] = await alice.notifications.list({ types: ["mention"] });
    expect(mention?.status?.content).toContain("one");
    expect((await alice.notifications.list({ exclude_types: ["mention"] })).map(({ type }) => type)).toEqual([
      "follow",
    ]);
    await alice.notifications.dismiss({ id: mention?.id ?? "" });
    await expect(alice.notifications.get({ id: mention?.id ?? "" })).rejects.toMatchObject({ status: 404 });
    await alice.notifications.clear();
    expect(await alice.notifications.list()).toEqual([]);
  });
});
