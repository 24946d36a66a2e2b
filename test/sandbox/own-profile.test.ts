import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Acting, type Sandbox } from "../../sandbox/index.js";
import { ask, tokenFor } from "./bot.js";

let sandbox: Sandbox;
let alice: Acting;
beforeEach(async () => {
  sandbox = await startSandbox();
  alice = sandbox.actAs("alice");
});
afterEach(() => sandbox.close());

const idOf = (user: string) => sandbox.users().find((person) => person.user === user)?.id ?? "";

describe("featured hashtags", () => {
  it("are on the profile with their uses, and can be taken off", async () => {
    await alice.statuses.create({ status: "#Cats and #dogs" });
    expect((await alice.featuredTags.suggestions()).map(({ name }) => name)).toEqual(["cats", "dogs"]);
    const { id } = await alice.featuredTags.create({ name: "#Cats" });
    expect((await alice.featuredTags.create({ name: "cats" })).id).toBe(id);
    expect(await sandbox.actAs("bob").accounts.featuredTags({ id: idOf("alice") })).toMatchObject([
      { id, name: "cats", statuses_count: "1", last_status_at: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) },
    ]);
    await alice.featuredTags.delete({ id });
    expect(await alice.featuredTags.list()).toEqual([]);
    await expect(alice.featuredTags.delete({ id })).rejects.toMatchObject({ status: 404 });
  });

  it("can be named by the tag, and are ten at most", async () => {
    expect(await alice.tags.feature({ id: "cats" })).toMatchObject({ name: "cats", featuring: true });
    expect(await alice.tags.unfeature({ id: "cats" })).toMatchObject({ featuring: false });
    for (let at = 0; at < 10; at += 1) await alice.featuredTags.create({ name: `tag${at}` });
    await expect(alice.featuredTags.create({ name: "more" })).rejects.toMatchObject({ status: 422 });
    await expect(alice.featuredTags.create({ name: "no tag" })).rejects.toMatchObject({ status: 422 });
  });
});

describe("a push subscription", () => {
  const subscription = { endpoint: "https://push.example/1", keys: { p256dh: "p", auth: "a" } };
  const path = () => `${sandbox.url}/api/v1/push/subscription`;

  it("is one for each app: kept, changed and deleted", async () => {
    const token = await tokenFor(sandbox, "alice", "push");
    expect((await ask(path(), { token })).status).toBe(404);
    const body = { subscription, data: { alerts: { mention: true }, policy: "followed" } };
    const made = await ask(path(), { token, body });
    expect(made.body).toMatchObject({
      endpoint: subscription.endpoint,
      alerts: { mention: true, follow: false },
      policy: "followed",
      server_key: expect.any(String),
    });
    const changed = await ask(path(), { method: "PUT", token, body: { data: { alerts: { follow: true } } } });
    expect(changed.body).toMatchObject({ id: made.body.id, alerts: { mention: false, follow: true }, policy: "all" });
    expect((await ask(path(), { token: await tokenFor(sandbox, "alice", "push") })).status).toBe(404);
    expect((await ask(path(), { method: "DELETE", token })).status).toBe(200);
    expect((await ask(path(), { token })).status).toBe(404);
  });

  it("needs an address and keys", async () => {
    const token = await tokenFor(sandbox, "alice", "push");
    for (const wrong of [{}, { endpoint: "https://push.example/1" }, { ...subscription, endpoint: "mailto:x@y" }]) {
      const { status } = await ask(path(), { token, body: { subscription: wrong } });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
  });
});

it("a post's history is what it said before each edit, and what it says now", async () => {
  const { id } = await alice.statuses.create({ status: "one", poll: { options: ["a", "b"], expires_in: 600 } });
  const said = async () => (await sandbox.actAs("bob").statuses.history({ id })).map(({ content }) => content);
  expect(await said()).toEqual(["<p>one</p>"]);
  await alice.statuses.update({ id, status: "two" });
  await alice.statuses.update({ id, status: "two" });
  await alice.statuses.update({ id, status: "three", spoiler_text: "careful" });
  expect(await said()).toEqual(["<p>one</p>", "<p>two</p>", "<p>three</p>"]);
  const [first, , last] = await alice.statuses.history({ id });
  expect(first).toMatchObject({ spoiler_text: "", poll: { options: [{ title: "a" }, { title: "b" }] } });
  expect(last).toMatchObject({ spoiler_text: "careful", sensitive: true, account: { acct: "alice" } });
});
