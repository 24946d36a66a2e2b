/**
 * The server of the fleet benches, in a process of its own: it verifies tokens, has no notifications, and streams
 * statuses of 3 KB when it is told to. It does nothing else, so that the fleet is what is measured.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocketServer, type WebSocket } from "ws";
import type { Order } from "./messages.js";
import { personOf, statusFrame } from "./wire.js";

/** Of what is not yet on its way to a socket. */
const mostBuffered = 512 * 1024;

const sockets = new Map<string, WebSocket>();
let requests = 0;
let timelines = 0;
let sent = 0;

const server = createServer((request, response) => {
  requests += 1;
  request.resume().on("end", () => answer(request, response));
});
const streaming = new WebSocketServer({ noServer: true, perMessageDeflate: false });

server.on("upgrade", (request, socket, head) => {
  requests += 1;
  streaming.handleUpgrade(request, socket, head, (opened) => accepted(request, opened));
});
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", 4_096, () => process.send?.(origin()));
process.on("disconnect", () => process.exit());
process.on("message", (order: Order) => void carryOut(order).then((value) => process.send?.({ value })));

function origin(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function carryOut(order: Order): Promise<number> {
  if (order.ask === "sockets") return sockets.size;
  if (order.ask === "requests") return requests;
  if (order.ask === "timelines") return timelines;
  const targets = [...sockets.values()];
  for (let count = 0; count < order.events; count += 1) {
    const target = targets[count % targets.length];
    if (target === undefined) return 0;
    sent += 1;
    target.send(statusFrame(sent));
    if (order.everyMs > 0) await delay(order.everyMs);
    else if (target.bufferedAmount > mostBuffered) await drained(target);
  }
  return order.events;
}

async function drained(socket: WebSocket): Promise<void> {
  while (socket.bufferedAmount > mostBuffered / 2) await delay(1);
}

/** A socket counts from its subscription on. */
function accepted(request: IncomingMessage, socket: WebSocket): void {
  const url = new URL(request.url ?? "/", origin());
  const token = request.headers.authorization?.slice("Bearer ".length) ?? url.searchParams.get("access_token") ?? "";
  const subscribed = () => void sockets.set(token, socket);
  if (url.searchParams.has("stream")) subscribed();
  socket.on("message", subscribed);
  socket.on("error", () => undefined);
  socket.on("close", () => {
    if (sockets.get(token) === socket) sockets.delete(token);
  });
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? "/").split("?", 1)[0];
  if (path === "/api/v2/instance" || path === "/api/v1/instance") return json(response, 200, instance());
  if (path === "/api/v1/accounts/verify_credentials") {
    const number = /-(\d+)$/.exec(request.headers.authorization ?? "")?.[1];
    return number === undefined
      ? json(response, 401, { error: "The access token is invalid" })
      : json(response, 200, personOf(Number(number)));
  }
  if (path?.startsWith("/api/v1/timelines/") === true) timelines += 1;
  if (path?.startsWith("/api/v1/") === true && request.method === "GET") return json(response, 200, []);
  json(response, 404, { error: "Record not found" });
}

function instance(): object {
  const urls = { streaming: origin().replace("http:", "ws:") };
  return {
    domain: "bench.example",
    version: "4.4.3",
    source_url: "https://github.com/mastodon/mastodon",
    configuration: { urls },
  };
}

function json(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
