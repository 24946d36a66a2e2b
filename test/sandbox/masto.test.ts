import { createRestAPIClient, createStreamingAPIClient } from "masto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { exchange, outOfBand } from "./bot.js";
import { authorizeAs } from "./browser.js";

describe("masto.js walks the sandbox", () => {
  let sandbox: Sandbox;
  let token: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ users: ["alice", "bob"] });
    const anonymous = createRestAPIClient({ url: sandbox.url });
    const app = await anonymous.v1.apps.create({ clientName: "masto", redirectUris: outOfBand, scopes: "read write" });
    const query = new URLSearchParams({
      response_type: "code",
      client_id: app.clientId ?? "",
      redirect_uri: outOfBand,
      scope: "read write",
    });
    const code = await authorizeAs(`${sandbox.url}/oauth/authorize?${query.toString()}`, "alice");
    const client = { client_id: app.clientId ?? "", client_secret: app.clientSecret ?? "" };
    token = ((await exchange(sandbox, client, code)).body as { access_token: string }).access_token;
  });
  afterAll(() => sandbox.close());

  const signedIn = () => createRestAPIClient({ url: sandbox.url, accessToken: token });

  it("verifies credentials and reads the instance", async () => {
    const me = await signedIn().v1.accounts.verifyCredentials();
    expect(me.username).toBe("alice");
    expect(me.bot).toBe(true);
    const instance = await signedIn().v2.instance.fetch();
    expect(instance.configuration.urls.streaming).toBe(sandbox.url.replace("http", "ws"));
  });

  it("posts, reads, edits and deletes", async () => {
    const masto = signedIn();
    const status = await masto.v1.statuses.create({ status: "Hello #world, @bob", visibility: "public" });
    expect(status.tags.map(({ name }) => name)).toEqual(["world"]);
    expect(status.mentions.map(({ acct }) => acct)).toEqual(["bob"]);
    await masto.v1.statuses.$select(status.id).update({ status: "Hello again" });
    const read = await masto.v1.statuses.$select(status.id).fetch();
    expect(read.content).toBe("<p>Hello again</p>");
    expect(read.editedAt).not.toBeNull();
    await masto.v1.statuses.$select(status.id).remove();
    await expect(masto.v1.statuses.$select(status.id).fetch()).rejects.toThrow("Record not found");
  });

  it("pages through a timeline by its links", async () => {
    const posted: string[] = [];
    for (let number = 0; number < 7; number += 1) {
      posted.unshift((await sandbox.actAs("bob").statuses.create({ status: `post ${number}` })).id);
    }
    const { id } = await signedIn().v1.accounts.lookup({ acct: "bob" });
    const seen: string[] = [];
    for await (const page of signedIn().v1.accounts.$select(id).statuses.list({ limit: 3 })) {
      seen.push(...page.map((status) => status.id));
    }
    expect(seen).toEqual(posted);
  });

  it("follows, favourites, reblogs and uploads", async () => {
    const masto = signedIn();
    const { id } = await masto.v1.accounts.lookup({ acct: "bob" });
    expect((await masto.v1.accounts.$select(id).follow()).following).toBe(true);
    const [status] = await masto.v1.accounts.$select(id).statuses.list();
    const selected = masto.v1.statuses.$select(status?.id ?? "");
    expect((await selected.favourite()).favourited).toBe(true);
    expect((await selected.reblog()).reblog?.id).toBe(status?.id);
    const file = new Blob([new Uint8Array([1, 2, 3])], { type: "image/png" });
    const media = await masto.v2.media.create({ file, description: "three bytes" });
    const posted = await masto.v1.statuses.create({ status: "look", mediaIds: [media.id] });
    expect(posted.mediaAttachments.map(({ description }) => description)).toEqual(["three bytes"]);
  });

  it("streams what happens", async () => {
    const streaming = createStreamingAPIClient({
      streamingApiUrl: sandbox.url.replace("http", "ws"),
      accessToken: token,
      implementation: WebSocket,
    });
    const subscription = streaming.user.subscribe();
    const events: string[] = [];
    const listening = (async () => {
      for await (const { event } of subscription) {
        events.push(event);
        if (events.includes("notification") && events.includes("update")) break;
      }
    })();
    await sandbox.waitForStreams((open) => open.some(({ streams }) => streams.includes("user")));
    await sandbox.actAs("bob").statuses.create({ status: "@alice are you there?" });
    await listening;
    expect(events.toSorted()).toEqual(["notification", "update"]);
    streaming.close();
  });
});
