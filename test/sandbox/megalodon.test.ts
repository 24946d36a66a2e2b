import { detector, Mastodon } from "megalodon";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { authorizeAs } from "./browser.js";

describe("megalodon walks the sandbox", () => {
  let sandbox: Sandbox;
  let client: Mastodon;
  const scopes = ["read", "write", "follow"];

  beforeAll(async () => {
    sandbox = await startSandbox({ users: ["alice", "bob"] });
    const anonymous = new Mastodon(sandbox.url);
    const app = await anonymous.registerApp("megalodon", { scopes });
    const code = await authorizeAs(app.url ?? "", "bob");
    const token = await anonymous.fetchAccessToken(app.client_id, app.client_secret, code);
    client = new Mastodon(sandbox.url, token.access_token);
  });
  afterAll(() => sandbox.close());

  const idOf = (user: string): string => sandbox.users().find((other) => other.user === user)?.id ?? "";

  it("knows the software and verifies credentials", async () => {
    expect(await detector(sandbox.url)).toBe("mastodon");
    expect((await client.verifyAccountCredentials()).data.username).toBe("bob");
    expect((await client.verifyAppCredentials()).data.name).toBe("megalodon");
  });

  it("posts, reads and pages by Link", async () => {
    for (let number = 0; number < 5; number += 1) await client.postStatus(`number ${number}`, {});
    const first = await client.getHomeTimeline({ limit: 2 });
    expect(first.data.map(({ content }) => content)).toEqual(["<p>number 4</p>", "<p>number 3</p>"]);
    const [, next = ""] = /<([^>]+)>; rel="next"/.exec(String(first.headers["link"])) ?? [];
    const maxId = new URL(next).searchParams.get("max_id") ?? "";
    const second = await client.getHomeTimeline({ limit: 2, max_id: maxId });
    expect(second.data.map(({ content }) => content)).toEqual(["<p>number 2</p>", "<p>number 1</p>"]);
  });

  it("follows, asks for relationships and polls", async () => {
    await client.followAccount(idOf("alice"), {});
    expect((await client.getRelationships([idOf("alice")])).data[0]?.following).toBe(true);
    const poll = { options: ["tea", "coffee"], expires_in: 600 };
    const posted = await client.postStatus("which?", { poll });
    expect("poll" in posted.data && posted.data.poll?.options.map(({ title }) => title)).toEqual(poll.options);
  });

  it("streams what happens", async () => {
    const streaming = await client.userStreaming();
    const connected = new Promise((resolve) => streaming.once("connect", resolve));
    const notified = new Promise<{ type: string }>((resolve) => streaming.once("notification", resolve));
    await connected;
    await sandbox.actAs("alice").statuses.create({ status: "@bob hello", visibility: "direct" });
    expect((await notified).type).toBe("mention");
    streaming.stop();
  });
});
