import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import type { Parts } from "../http/parts.js";
import type { StreamTokenPlace } from "../dialects/dialect.js";
import { permittedBy } from "../oauth/scope-rules.js";
import { isValues } from "../operations/parameters.js";
import type { Token } from "../oauth/token-store.js";
import { refusedBecause } from "../oauth/token-store.js";
import { StreamRefusal, type StreamRequest } from "./channels.js";
import type { Connection } from "./connections.js";
import { Subscriptions } from "./subscriptions.js";

/** Answers WebSocket upgrades at `/api/v1/streaming`. @see https://docs.joinmastodon.org/methods/streaming/#websocket */
export class WebSocketStreaming {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 65_536, autoPong: false });
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Upgrades a request, or refuses it with the reason in `X-Error-Message`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const url = new URL(request.url ?? "/", "http://sandbox");
    const { streaming } = this.#parts.settings.dialect;
    if (streaming === undefined || !/^\/api\/v1\/streaming(\/|$)/.test(url.pathname)) {
      return refuse(socket, "404 Not Found", "Not found");
    }
    const { text, place } = tokenOf(request, url, streaming.tokenIn);
    const token = this.#parts.tokens.find(text);
    const answered = this.#log(request, url, token);
    if (this.#isTooMuch(request, url, token)) {
      answered(429);
      return refuse(socket, "429 Too Many Requests", "Too many requests");
    }
    if (text === undefined || token === undefined || refusedBecause(token) !== undefined || !mayStream(token)) {
      answered(401);
      return refuse(socket, "401 Unauthorized", text === undefined ? "Missing access token" : "Invalid access token");
    }
    if (streaming.wholeReadIn.includes(place) && !this.#permits(token, "read")) {
      answered(403);
      return refuse(socket, "403 Forbidden", "Forbidden: token has insufficient scope permission");
    }
    this.#parts.tokens.used(token);
    answered(101);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, token, url));
  }

  /** Cuts what is open. */
  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  #permits(token: Token, scope: string): boolean {
    return permittedBy(this.#parts.settings.dialect.scopes, token.scopes).has(scope);
  }

  #isTooMuch({ socket }: IncomingMessage, { pathname }: URL, token: Token | undefined): boolean {
    return this.#parts.limits.check({
      method: "GET",
      path: pathname,
      operation: undefined,
      personId: token?.person?.id,
      token: token?.accessToken,
      remote: socket.remoteAddress ?? "",
      paging: false,
    }).exceeded;
  }

  #log(request: IncomingMessage, url: URL, token: Token | undefined): (status: number) => void {
    return this.#parts.log.add({
      method: "GET",
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: {},
      user: token?.person?.username ?? null,
      app: token?.app.name ?? null,
      operation: null,
      userAgent: request.headers["user-agent"] ?? null,
      idempotencyKey: null,
      contentType: null,
    });
  }

  #open(webSocket: WebSocket, token: Token, url: URL): void {
    let frozen = false;
    const subscriptions = new Subscriptions(this.#parts.world, token, (stream, event) => {
      if (!frozen) webSocket.send(JSON.stringify({ stream, event: event.event, payload: event.payload }));
    });
    const connection: Connection = {
      kind: "websocket",
      person: token.person,
      token,
      streams: () => subscriptions.names(),
      close: () => webSocket.close(),
      cut: () => webSocket.terminate(),
      freeze: () => {
        frozen = true;
        webSocket.pause();
      },
    };
    const { connections } = this.#parts;
    const stopPinging = this.#ping(webSocket, () => frozen);
    webSocket.on("ping", (data) => webSocket.pong(data));
    webSocket.on("error", () => webSocket.terminate());
    webSocket.on("close", () => {
      stopPinging();
      subscriptions.clear();
      connections.remove(connection);
    });
    webSocket.on("message", (data, isBinary) => {
      const message = isBinary ? undefined : messageOf(data);
      if (message !== undefined && !this.#isPassedOver(message)) obey(webSocket, subscriptions, message);
      connections.changed();
    });
    const stream = url.searchParams.get("stream");
    if (stream !== null) {
      const { tag, list } = Object.fromEntries(url.searchParams);
      obey(webSocket, subscriptions, { type: "subscribe", stream, tag, list });
    }
    connections.add(connection);
  }

  /** Whether the dialect knows no such stream inside a socket. */
  #isPassedOver({ stream }: Readonly<Record<string, unknown>>): boolean {
    return this.#parts.settings.dialect.streaming?.passedOver.some((name) => name === stream) ?? false;
  }

  /** Pings, and cuts a client that has not answered the ping before. */
  #ping(webSocket: WebSocket, isFrozen: () => boolean): () => void {
    let alive = true;
    webSocket.on("pong", () => (alive = true));
    const timer = setInterval(() => {
      if (isFrozen()) return;
      if (!alive) return webSocket.terminate();
      alive = false;
      webSocket.ping();
    }, this.#parts.settings.rules.pingIntervalMs);
    return () => clearInterval(timer);
  }
}

/** A suspended person's streams are closed, and an app's own token has none. */
const mayStream = (token: Token): boolean => token.person !== undefined && !token.person.suspended;

/** The token, from the first place that the server looks at and that has one. */
function tokenOf(
  request: IncomingMessage,
  url: URL,
  places: readonly StreamTokenPlace[],
): { readonly text: string | undefined; readonly place: StreamTokenPlace } {
  const sent: Readonly<Record<StreamTokenPlace, string | undefined>> = {
    header: request.headers.authorization?.replace(/^Bearer /i, ""),
    query: url.searchParams.get("access_token") ?? undefined,
    protocol: request.headers["sec-websocket-protocol"]?.split(",", 1)[0]?.trim(),
  };
  const place = places.find((name) => sent[name] !== undefined) ?? "header";
  return { text: places.includes(place) ? sent[place] : undefined, place };
}

function refuse(socket: Duplex, status: string, reason: string): void {
  const headers = `Connection: close\r\nContent-Type: text/plain\r\nContent-Length: 0\r\nX-Error-Message: ${reason}`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n`);
}

/** What is no JSON object is ignored, as by Mastodon. */
function messageOf(data: RawData): Readonly<Record<string, unknown>> | undefined {
  try {
    const message: unknown = JSON.parse(textOf(data));
    return isValues(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

function textOf(data: RawData): string {
  if (data instanceof ArrayBuffer) return Buffer.from(data).toString();
  return (Array.isArray(data) ? Buffer.concat(data) : data).toString();
}

function obey(webSocket: WebSocket, subscriptions: Subscriptions, message: Readonly<Record<string, unknown>>): void {
  try {
    if (message["type"] === "subscribe") subscriptions.add(requestFrom(message));
    if (message["type"] === "unsubscribe") subscriptions.remove(requestFrom(message));
  } catch (error) {
    if (!(error instanceof StreamRefusal)) throw error;
    webSocket.send(JSON.stringify({ error: error.message, status: error.status }));
  }
}

function requestFrom(message: Readonly<Record<string, unknown>>): StreamRequest {
  const text = (name: string): string | undefined => {
    const value = message[name];
    return typeof value === "string" ? value : undefined;
  };
  return { stream: text("stream") ?? "", tag: text("tag"), list: text("list") };
}
