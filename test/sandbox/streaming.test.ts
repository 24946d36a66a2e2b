import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { ask, Stream, stream, tokenFor } from "./bot.js";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

const socketUrl = (): string => `${sandbox.url.replace("http", "ws")}/api/v1/streaming`;
const mention = (): Promise<unknown> => sandbox.actAs("bob").statuses.create({ status: "@alice hi" });
const subscribed = (name: string): Promise<unknown> =>
  sandbox.waitForStreams((open) => open.some(({ streams }) => streams.includes(name)));

describe("a WebSocket", () => {
  it.each([
    ["the header", (token: string) => new WebSocket(socketUrl(), { headers: { authorization: `Bearer ${token}` } })],
    ["the query", (token: string) => new WebSocket(`${socketUrl()}?access_token=${token}`)],
    ["the protocol", (token: string) => new WebSocket(socketUrl(), token)],
  ])("takes the token from %s", async (_where, open) => {
    const client = new Stream(open(await tokenFor(sandbox, "alice")));
    await client.opened;
    client.socket.send(JSON.stringify({ type: "subscribe", stream: "user" }));
    await subscribed("user");
    await mention();
    const frame = await client.next();
    expect(frame).toMatchObject({ stream: ["user"], event: "notification", payload: { type: "mention" } });
  });

  it.each([
    ["without a token", "", "Missing access token"],
    ["with an unknown one", "?access_token=nonsense", "Invalid access token"],
  ])("is refused %s, with the reason", async (_how, query, reason) => {
    const client = new Stream(new WebSocket(socketUrl() + query));
    await expect(client.opened).rejects.toMatchObject({ message: "401", reason });
  });

  it("subscribes and unsubscribes in-band", async () => {
    const client = stream(sandbox, await tokenFor(sandbox, "alice"), "hashtag&tag=Cats");
    await Promise.all([client.opened, subscribed("hashtag:Cats")]);
    client.socket.send(JSON.stringify({ type: "subscribe", stream: "public:local" }));
    await subscribed("public:local");
    client.socket.send("not JSON");
    client.socket.send(JSON.stringify({ type: "unsubscribe", stream: "hashtag", tag: "Cats" }));
    await sandbox.waitForStreams(([open]) => open?.streams.length === 1);
    const { id } = await sandbox.actAs("bob").statuses.create({ status: "#cats" });
    expect(await client.next()).toMatchObject({ stream: ["public:local"], event: "update", payload: { id } });
    await sandbox.actAs("bob").statuses.update({ id, status: "#dogs" });
    expect(await client.next()).toMatchObject({
      event: "status.update",
      payload: { content: expect.stringContaining("dogs") },
    });
    await sandbox.actAs("bob").statuses.delete({ id });
    expect(await client.next()).toMatchObject({ event: "delete", payload: id });
  });

  it.each([
    [{ stream: "nothing" }, { error: "Unknown stream type", status: 400 }],
    [{ stream: "hashtag" }, { error: "Missing tag name parameter", status: 400 }],
    [{ stream: "user:notification" }, { error: "Access token does not have the required scopes", status: 401 }],
  ])("answers %j in-band", async (request, error) => {
    const client = stream(sandbox, await tokenFor(sandbox, "alice", "read:statuses"));
    await client.opened;
    client.socket.send(JSON.stringify({ type: "subscribe", ...request }));
    expect(await client.next()).toEqual(error);
  });

  it("leaves notifications out without their scope", async () => {
    const client = stream(sandbox, await tokenFor(sandbox, "alice", "read:statuses"));
    await subscribed("user");
    await mention();
    const { id } = await sandbox.actAs("alice").statuses.create({ status: "mine" });
    expect(await client.next()).toMatchObject({ event: "update", payload: { id } });
  });

  it("is closed when its token is revoked, and only then", async () => {
    const [token, other] = [await tokenFor(sandbox, "alice"), await tokenFor(sandbox, "alice", "read")];
    const [client, untouched] = [stream(sandbox, token), stream(sandbox, other)];
    await sandbox.waitForStreams((open) => open.length === 2);
    sandbox.revoke({ token });
    await client.closed;
    expect(untouched.socket.readyState).toBe(WebSocket.OPEN);
  });

  it("can be dropped", async () => {
    const client = stream(sandbox, await tokenFor(sandbox, "alice"));
    await subscribed("user");
    expect(sandbox.dropStreams("bob")).toBe(0);
    expect(sandbox.dropStreams("alice")).toBe(1);
    expect(await client.closed).toBe(1006);
    await sandbox.waitForStreams((open) => open.length === 0);
  });

  it("can be left half open: neither events nor pongs, but no close", async () => {
    const token = await tokenFor(sandbox, "alice");
    const [frozen, lively] = [stream(sandbox, token), stream(sandbox, token)];
    await sandbox.waitForStreams((open) => open.length === 2);
    let pongs = 0;
    frozen.socket.on("pong", () => (pongs += 1));
    expect(sandbox.halfOpenStreams("alice")).toBe(2);
    const fresh = stream(sandbox, token);
    await sandbox.waitForStreams((open) => open.length === 3);
    frozen.socket.ping();
    await mention();
    expect(await fresh.next()).toMatchObject({ event: "notification" });
    const answered = new Promise((resolve) => fresh.socket.on("pong", resolve));
    fresh.socket.ping();
    await answered;
    expect(pongs).toBe(0);
    expect([frozen.socket.readyState, lively.socket.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
    expect(await Promise.race([frozen.next(), Promise.resolve("nothing")])).toBe("nothing");
  });

  it("pings, and cuts who does not answer", async () => {
    const quick = await startSandbox({ rules: { pingIntervalMs: 20 } });
    const token = await tokenFor(quick, "alice");
    const address = `${quick.url.replace("http", "ws")}/api/v1/streaming?stream=user&access_token=${token}`;
    const silent = new Stream(new WebSocket(address, { autoPong: false }));
    const pinged = new Promise((resolve) => silent.socket.on("ping", resolve));
    await pinged;
    expect(await silent.closed).toBe(1006);
    await quick.close();
  });

  it("elsewhere is not there", async () => {
    const client = new Stream(new WebSocket(sandbox.url.replace("http", "ws")));
    await expect(client.opened).rejects.toMatchObject({ message: "404" });
  });
});

describe("server-sent events", () => {
  async function open(
    path: string,
    token: string,
  ): Promise<{ until: (text: string) => Promise<string>; ended: Promise<unknown> }> {
    const response = await fetch(`${sandbox.url}/api/v1/streaming/${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let seen = "";
    let end: (error?: unknown) => void = () => undefined;
    const ended = new Promise((resolve) => (end = resolve));
    const until = async (text: string): Promise<string> => {
      while (!seen.includes(text)) {
        const part = await reader?.read().catch((error: unknown) => end(error));
        if (part === undefined || part.done) {
          end();
          return seen;
        }
        seen += part.value;
      }
      return seen;
    };
    return { until, ended };
  }

  it.each([
    ["user", "event: notification"],
    ["user/notification", "event: notification"],
    ["public", "event: update"],
    ["public/local", "event: update"],
    ["hashtag?tag=cats", "event: update"],
    ["direct", "event: conversation"],
  ])("%s brings %s", async (path, event) => {
    const source = await open(path, await tokenFor(sandbox, "alice"));
    await sandbox.waitForStreams((all) => all.length === 1);
    const visibility = path === "direct" ? "direct" : "public";
    await sandbox.actAs("bob").statuses.create({ status: "@alice #cats", visibility });
    expect(await source.until(`${event}\ndata: {`)).toContain(event);
  });

  it.each([
    ["list?list=1", 401],
    ["hashtag", 400],
    ["nothing", 404],
  ])("%s is answered %i", async (path, status) => {
    const token = await tokenFor(sandbox, "alice");
    expect((await ask(`${sandbox.url}/api/v1/streaming/${path}`, { token })).status).toBe(status);
  });

  it("end with their token", async () => {
    const token = await tokenFor(sandbox, "alice");
    const source = await open("user", token);
    await sandbox.waitForStreams((all) => all.length === 1);
    sandbox.revoke({ user: "alice" });
    await Promise.all([source.until("never"), source.ended]);
    expect(sandbox.streams()).toEqual([]);
    expect((await ask(`${sandbox.url}/api/v1/streaming/user`, { token })).status).toBe(401);
  });

  it("tell of their health", async () => {
    expect((await ask(`${sandbox.url}/api/v1/streaming/health`)).body).toBe("OK");
  });
});
