import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { inspect } from "node:util";

import { afterEach, expect, test, vi } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";

import type { Noise, StreamFrame, StreamRefusal } from "../../core/mastodon/stream-frame.js";
import {
  openStream,
  streamingAddress,
  type Stream,
  type StreamEnd,
  type StreamOptions,
} from "../../core/mastodon/stream.js";
import { faultyProxy } from "./faulty-proxy.js";
import { closedPort, httpServer, tcpServer, tlsServer, type LocalServer } from "./local-server.js";
import { selfSigned } from "./self-signed.js";

const token = "s3cr3t-t0ken-0123456789";
const servers: LocalServer[] = [];
const streams: Stream[] = [];
const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

afterEach(async () => {
  await Promise.all(streams.splice(0).map((stream) => stream.close()));
  for (const server of servers.splice(0).toReversed()) {
    await vi.waitFor(() => assert.equal(server.sockets.size, 0));
    await server.close();
  }
  assert.deepEqual(unhandled, []);
});

function kept<T extends LocalServer>(server: T): T {
  servers.push(server);
  return server;
}

interface StreamingServer extends LocalServer {
  upgrades: IncomingMessage[];
  received: unknown[];
  /** The accepted sockets. */
  accepted: WebSocket[];
}

/** A streaming server; `refuse` may answer the upgrade itself. */
async function streaming(refuse?: (socket: Duplex) => void, autoPong = true): Promise<StreamingServer> {
  const upgrades: IncomingMessage[] = [];
  const received: unknown[] = [];
  const wss = new WebSocketServer({ noServer: true, autoPong });
  const server = kept(
    await httpServer(
      () => {},
      (request, socket, head) => {
        upgrades.push(request);
        if (refuse !== undefined) return refuse(socket.resume());
        wss.handleUpgrade(request, socket, head, (accepted) => {
          accepted.on("message", (data: Buffer) => received.push(JSON.parse(data.toString())));
          accepted.on("error", () => {});
          wss.emit("connection", accepted, request);
        });
      },
    ),
  );
  const accepted: WebSocket[] = [];
  wss.on("connection", (socket) => accepted.push(socket));
  return Object.assign(server, { upgrades, received, accepted });
}

class Ears {
  frames: StreamFrame[] = [];
  refusals: StreamRefusal[] = [];
  noises: Noise[] = [];
  ends: StreamEnd[] = [];
  opened = 0;
}

function listen(server: { origin: string }, more: Partial<StreamOptions> = {}): { ears: Ears; stream: Stream } {
  const ears = new Ears();
  const stream = openStream({
    url: streamingAddress(server.origin.replace("http", "ws")),
    token,
    auth: "header",
    userAgent: "howdah/0.1.0 (+ops@example.org)",
    onOpen: () => void (ears.opened += 1),
    onFrame: (frame) => void ears.frames.push(frame),
    onRefusal: (refusal) => void ears.refusals.push(refusal),
    onNoise: (noise) => void ears.noises.push(noise),
    onClose: (end) => void ears.ends.push(end),
    ...more,
  });
  streams.push(stream);
  return { ears, stream };
}

/** Why the socket ended; that must not hold the token. */
async function end(ears: Ears): Promise<StreamEnd | undefined> {
  await expect.poll(() => ears.ends.length, { timeout: 10_000 }).toBe(1);
  expect(inspect(ears.ends, { depth: Infinity, showHidden: true })).not.toContain(token);
  return ears.ends[0];
}

async function firstSocket(server: StreamingServer): Promise<WebSocket> {
  await expect.poll(() => server.accepted.length).toBeGreaterThan(0);
  const [socket] = server.accepted;
  if (socket === undefined) throw new Error("no socket");
  return socket;
}

test.each([
  ["header", { authorization: `Bearer ${token}` }, "/api/v1/streaming"],
  ["query", {}, `/api/v1/streaming?access_token=${token}`],
  ["protocol", { "sec-websocket-protocol": token }, "/api/v1/streaming"],
] as const)("the token travels by %s, and only there", async (auth, headers, url) => {
  const server = await streaming();
  const { ears } = listen(server, { auth });
  await expect.poll(() => ears.opened).toBe(1);
  const [upgrade] = server.upgrades;
  expect(upgrade?.url).toBe(url);
  expect(upgrade?.headers).toMatchObject({ "user-agent": "howdah/0.1.0 (+ops@example.org)", ...headers });
  expect(upgrade?.headers["sec-websocket-extensions"]).toBeUndefined();
  const said = inspect([upgrade?.url, upgrade?.headers]);
  expect(said.split(token)).toHaveLength(2);
});

test("subscriptions wait for the socket to open and follow in order", async () => {
  const server = await streaming();
  const { ears, stream } = listen(server);
  stream.subscribe({ stream: "user" });
  stream.subscribe({ stream: "hashtag", tag: "cats" });
  await expect.poll(() => ears.opened).toBe(1);
  stream.unsubscribe({ stream: "list", list: "7" });
  await expect
    .poll(() => server.received)
    .toEqual([
      { type: "subscribe", stream: "user" },
      { type: "subscribe", stream: "hashtag", tag: "cats" },
      { type: "unsubscribe", stream: "list", list: "7" },
    ]);
});

test("frames arrive with their payload parsed once more, and ids as text", async () => {
  const server = await streaming();
  const { ears } = listen(server);
  const socket = await firstSocket(server);
  const send = (message: unknown) => socket.send(JSON.stringify(message));
  send({ stream: ["user"], event: "update", payload: JSON.stringify({ id: "1", content: "ü" }) });
  send({ stream: ["user"], event: "delete", payload: "115000000000000001" });
  send({ stream: ["user"], event: "filters_changed" });
  send({ stream: "hashtag", event: "brand.new", payload: { id: "2" } });
  await expect
    .poll(() => ears.frames)
    .toEqual([
      { streams: ["user"], event: "update", payload: { id: "1", content: "ü" } },
      { streams: ["user"], event: "delete", payload: "115000000000000001" },
      { streams: ["user"], event: "filters_changed", payload: undefined },
      { streams: ["hashtag"], event: "brand.new", payload: { id: "2" } },
    ]);
  expect(ears.noises).toEqual([]);
});

test("a message that is not UTF-8 ends the connection, as WebSocket wants it", async () => {
  const server = await streaming();
  const { ears } = listen(server);
  const socket = await firstSocket(server);
  socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
  await expect.poll(() => ears.ends.map(({ kind }) => kind)).toEqual(["network"]);
  expect([ears.frames, ears.noises]).toEqual([[], []]);
});

test("noise is passed over and told, a refused subscription too, and the socket goes on", async () => {
  const server = await streaming();
  const { ears } = listen(server);
  const socket = await firstSocket(server);
  for (const text of ["", "{", "7", "null", "{}", '{"event":7}', '{"event":"update","payload":"{\\"id\\":"}'])
    socket.send(text);
  socket.send(Buffer.from([1, 2, 3]), { binary: true });
  socket.send(JSON.stringify({ error: "Unknown stream type", status: 400 }));
  socket.send(JSON.stringify({ stream: ["user"], event: "delete", payload: "1" }));
  await expect.poll(() => ears.frames.length).toBe(1);
  const notJson = Array<Noise>(4).fill("not_json");
  expect(ears.noises).toEqual([...notJson, "no_event", "no_event", "payload", "binary"]);
  expect(ears.refusals).toEqual([{ status: 400, message: "Unknown stream type" }]);
});

test("a message beyond the bound ends the socket", async () => {
  const server = await streaming();
  const { ears } = listen(server, { maxBytes: 1_000 });
  (await firstSocket(server)).send(JSON.stringify({ event: "update", payload: "x".repeat(5_000) }));
  expect(await end(ears)).toMatchObject({ kind: "network", failure: "too_large" });
  expect(ears.frames).toEqual([]);
});

test.each([
  ["the header", `X-Error-Message: Invalid access token ${token}\r\n\r\n`, "Invalid access token [token]"],
  ["a JSON body", 'Content-Length: 22\r\n\r\n{"error":"Forbidden:"}', "Forbidden:"],
  ["a page", "Content-Length: 6\r\n\r\n<html>", "Unauthorized"],
  ["a body without end", `\r\n${"x".repeat(10_000)}`, "Unauthorized"],
])("a refused upgrade tells its status and the reason in %s", async (_name, rest, message) => {
  const server = await streaming((socket) => socket.write(`HTTP/1.1 401 Unauthorized\r\n${rest}`));
  const { ears } = listen(server);
  expect(await end(ears)).toEqual({ kind: "refused", status: 401, message });
});

test("a refusal whose text never ends is a refusal at the deadline", async () => {
  const server = await streaming((socket) => socket.write("HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\n{"));
  const { ears } = listen(server, { handshakeTimeoutMs: 150 });
  expect(await end(ears)).toEqual({ kind: "refused", status: 503, message: "Busy" });
});

test("no redirect is followed", async () => {
  const other = await streaming();
  const server = await streaming((socket) =>
    socket.end(`HTTP/1.1 302 Found\r\nLocation: ${other.origin}/api/v1/streaming?access_token=${token}\r\n\r\n`),
  );
  const { ears } = listen(server);
  expect(await end(ears)).toEqual({ kind: "refused", status: 302, message: `redirects to ${other.origin}` });
  expect(other.connections()).toBe(0);
});

test.each(["header", "query", "protocol"] as const)(
  "a server that is not there is a network failure (%s)",
  async (auth) => {
    const nowhere = { origin: `http://127.0.0.1:${await closedPort()}` };
    expect(await end(listen(nowhere, { auth }).ears)).toMatchObject({ kind: "network", failure: "refused" });
    const unknown = { origin: "https://nowhere.invalid" };
    expect(await end(listen(unknown, { auth }).ears)).toMatchObject({ kind: "network", failure: "dns" });
  },
);

test("a certificate that no authority signed is a network failure", async () => {
  const server = kept(await tlsServer(selfSigned(), () => {}));
  expect(await end(listen(server).ears)).toMatchObject({ kind: "network", failure: "certificate" });
});

test.each(["", "HTTP/1.1 101 Switching"])("a handshake that never ends (%j) is a timeout", async (bytes) => {
  const server = kept(await tcpServer((socket) => socket.write(bytes)));
  const { ears } = listen(server, { handshakeTimeoutMs: 60 });
  expect(await end(ears)).toMatchObject({ kind: "network", failure: "timeout" });
});

test.each([
  ["an address", { url: `not a url ${token}` }],
  ["a scheme", { url: "ftp://example.org" }],
  ["a token for a header", { token: "a\r\nb" }],
  ["a token for a protocol", { token: "a b", auth: "protocol" }],
] as const)("%s that cannot be used is told like any other end", async (_name, more) => {
  const server = await streaming();
  const { ears } = listen(server, more);
  expect(ears.ends).toEqual([]);
  expect(await end(ears)).toMatchObject({ kind: "network", failure: "other" });
});

test("the server's close tells its code", async () => {
  const server = await streaming();
  const { ears } = listen(server);
  (await firstSocket(server)).close(1001);
  expect(await end(ears)).toEqual({ kind: "closed", code: 1001, byUs: false });
});

test("a connection that is cut tells so", async () => {
  const server = await streaming();
  const proxy = kept(await faultyProxy(server.port));
  const { ears } = listen(proxy);
  await expect.poll(() => ears.opened).toBe(1);
  proxy.cut();
  expect(await end(ears)).toMatchObject({ kind: "network", failure: "cut" });
});

test("a half-open socket is noticed by its silence", async () => {
  const server = await streaming();
  const proxy = kept(await faultyProxy(server.port));
  const { ears } = listen(proxy, { silenceMs: 400 });
  await expect.poll(() => ears.opened).toBe(1);
  proxy.halfOpen();
  expect(await end(ears)).toEqual({ kind: "silent" });
  for (const socket of server.accepted) socket.terminate();
});

test("a quiet server is kept by the answers to our pings", async () => {
  const server = await streaming();
  const { ears } = listen(server, { silenceMs: 200 });
  const socket = await firstSocket(server);
  for (let pings = 0; pings < 4; pings += 1) await once(socket, "ping");
  expect(ears.ends).toEqual([]);
});

test("a server that only pings is kept", async () => {
  const server = await streaming(undefined, false);
  const { ears } = listen(server, { silenceMs: 400 });
  const socket = await firstSocket(server);
  let pongs = 0;
  socket.on("pong", () => void (pongs += 1));
  const pinging = setInterval(() => socket.ping(), 40);
  await expect.poll(() => pongs, { timeout: 10_000 }).toBeGreaterThan(25);
  expect(ears.ends).toEqual([]);
  clearInterval(pinging);
  expect(await end(ears)).toEqual({ kind: "silent" });
});

test("close() is clean at any time, tells so once, and nothing arrives after it", async () => {
  const server = await streaming();
  const early = listen(server);
  await early.stream.close();
  expect(early.ears.ends).toEqual([{ kind: "closed", code: 1000, byUs: true }]);
  const { ears, stream } = listen(server);
  await expect.poll(() => ears.opened).toBe(1);
  const socket = server.accepted.at(-1);
  const codes: number[] = [];
  socket?.on("close", (code) => codes.push(code));
  const closing = stream.close();
  socket?.send(JSON.stringify({ event: "delete", payload: "1" }));
  await closing;
  await stream.close();
  stream.subscribe({ stream: "user" });
  expect(ears.ends).toEqual([{ kind: "closed", code: 1000, byUs: true }]);
  expect(ears.frames).toEqual([]);
  await expect.poll(() => codes).toEqual([1000]);
});

test("close() does not wait for a half-open socket", async () => {
  const server = await streaming();
  const proxy = kept(await faultyProxy(server.port));
  const { ears, stream } = listen(proxy);
  await expect.poll(() => ears.opened).toBe(1);
  proxy.halfOpen();
  await stream.close();
  expect(await end(ears)).toEqual({ kind: "closed", code: 1000, byUs: true });
  for (const socket of server.accepted) socket.terminate();
});

test("a signal closes, also one that was aborted before", async () => {
  const server = await streaming();
  const controller = new AbortController();
  const { ears } = listen(server, { signal: controller.signal });
  await expect.poll(() => ears.opened).toBe(1);
  controller.abort();
  expect(await end(ears)).toEqual({ kind: "closed", code: 1000, byUs: true });
  const late = listen(server, { signal: controller.signal });
  expect(await end(late.ears)).toEqual({ kind: "closed", code: 1000, byUs: true });
  expect(server.upgrades).toHaveLength(1);
});

test("the address goes behind the base that the server names", () => {
  expect(streamingAddress("wss://a.example")).toBe("wss://a.example/api/v1/streaming");
  expect(streamingAddress("wss://a.example/base/")).toBe("wss://a.example/base/api/v1/streaming");
  expect(streamingAddress("wss://a.example/api/v1/streaming", { stream: "list", list: "7" })).toBe(
    "wss://a.example/api/v1/streaming?stream=list&list=7",
  );
});
