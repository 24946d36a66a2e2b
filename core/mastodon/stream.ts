import { isAscii, isUtf8 } from "node:buffer";
import { setMaxListeners } from "node:events";
import type { IncomingMessage } from "node:http";

import { WebSocket, type ClientOptions, type RawData } from "ws";

import type { NetworkFailure } from "../errors.js";
import { causeOf } from "./network-failure.js";
import { parseMessage, type Noise, type StreamFrame, type StreamRefusal } from "./stream-frame.js";
import { readRefusal, statusLine } from "./stream-upgrade.js";

/** What a socket can be subscribed to. */
export interface Subscription {
  /** `user`, `user:notification`, `public:local`, `hashtag`, `list` and so on. */
  stream: string;
  tag?: string;
  list?: string;
}

/** Why a socket ended. */
export type StreamEnd =
  /** The server answered the upgrade with a status. */
  | { kind: "refused"; status: number; message: string }
  /** It could not be reached, or the connection broke. */
  | { kind: "network"; failure: NetworkFailure; message: string }
  /** A close of WebSocket: by the server, which is how a revoked token shows (1005 on Mastodon), or by `close()`. */
  | { kind: "closed"; code: number; byUs: boolean }
  /** Nothing came any more, not even an answer to a ping. */
  | { kind: "silent" };

/** How the token travels: servers differ. */
export type StreamAuth = "header" | "query" | "protocol";

/** What a socket needs and whom it tells. The callbacks must not throw. */
export interface StreamOptions {
  /** With the path, without the token: see `streamingAddress`. */
  url: string;
  token: string;
  auth: StreamAuth;
  userAgent: string;
  signal?: AbortSignal | undefined;
  onOpen?: () => void;
  onFrame: (frame: StreamFrame) => void;
  /** A subscription was refused; the socket stays open. */
  onRefusal?: (refusal: StreamRefusal) => void;
  /** A message was passed over. */
  onNoise?: (noise: Noise) => void;
  /** Once, when the socket is gone. */
  onClose: (end: StreamEnd) => void;
  /** How long nothing may come before the socket counts as dead; the server pings every 30 s. Default 75,000. */
  silenceMs?: number;
  /** From the name's resolution to the upgrade. Default 15,000. */
  handshakeTimeoutMs?: number;
  /** Of one message. Default 1 MiB. */
  maxBytes?: number;
}

/** One socket of one account. */
export interface Stream {
  /** Before the socket is open, it is sent as soon as it is. There is no acknowledgement. */
  subscribe(subscription: Subscription): void;
  unsubscribe(subscription: Subscription): void;
  /** Resolves when the socket is gone, which takes at most a second. */
  close(): Promise<void>;
}

/** The address of the streaming API under the base that the server names, optionally with a first subscription. */
export function streamingAddress(base: string, first?: Subscription): string {
  const url = new URL(base);
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = path.endsWith("/api/v1/streaming") ? path : `${path}/api/v1/streaming`;
  for (const [name, value] of Object.entries(first ?? {})) url.searchParams.set(name, String(value));
  return url.href;
}

/**
 * Opens a socket. Never throws: whatever goes wrong comes to `onClose`, in a later turn.
 * @see https://docs.joinmastodon.org/methods/streaming/#websocket
 */
export function openStream(options: StreamOptions): Stream {
  return new Socket(options);
}

/** Checks in a watchdog's period: a ping after the first silent one, dead after three. */
const checksPerSilence = 4;
const silentChecks = 3;
const closeTimeoutMs = 1_000;

class Socket implements Stream {
  readonly #options: StreamOptions;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #waiting: string[] | undefined = [];
  #heard = true;
  #quietChecks = 0;
  #end: StreamEnd | undefined;
  #isClosed = false;
  #closeWaiters: (() => void)[] | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    if (options.signal !== undefined) {
      // A fleet hangs all its sockets on one signal; more than ten would print a warning.
      setMaxListeners(0, options.signal);
      options.signal.addEventListener("abort", this);
    }
    try {
      if (options.signal?.aborted === true) this.#end = { kind: "closed", code: 1000, byUs: true };
      else this.#connect();
    } catch {
      // The library quotes the address, which may hold the token.
      this.#end = { kind: "network", failure: "other", message: "the address or the token cannot be used" };
    }
    if (this.#socket === undefined) queueMicrotask(() => this.#closed(1006));
  }

  subscribe(subscription: Subscription): void {
    this.#send({ type: "subscribe", ...subscription });
  }

  unsubscribe(subscription: Subscription): void {
    this.#send({ type: "unsubscribe", ...subscription });
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#end ??= { kind: "closed", code: 1000, byUs: true };
    this.#socket?.close(1000);
    return new Promise((resolve) => (this.#closeWaiters ??= []).push(resolve));
  }

  /** The signal was aborted. */
  handleEvent(): void {
    void this.close();
  }

  /** A period of the watchdog is over. */
  check(): void {
    this.#quietChecks = this.#heard ? 0 : this.#quietChecks + 1;
    this.#heard = false;
    if (this.#quietChecks >= silentChecks) this.#giveUp({ kind: "silent" });
    else if (this.#quietChecks > 0 && this.#socket?.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  /** The handshake took too long. */
  expire(): void {
    this.#giveUp({ kind: "network", failure: "timeout", message: "the streaming server did not answer in time" });
  }

  #connect(): void {
    const socket = dial(this.#options);
    this.#socket = socket;
    this.#timer = setTimeout(expire, this.#options.handshakeTimeoutMs ?? 15_000, this);
    const hear = () => void (this.#heard = true);
    socket.on("open", () => this.#opened());
    socket.on("message", (data, isBinary) => this.#received(data, isBinary));
    socket.on("ping", hear);
    socket.on("pong", hear);
    socket.on("unexpected-response", (_request, response) => this.#refused(response));
    socket.on("error", (error) => this.#failed(error));
    socket.on("close", (code) => this.#closed(code));
  }

  #opened(): void {
    clearTimeout(this.#timer);
    this.#timer = setInterval(check, (this.#options.silenceMs ?? 75_000) / checksPerSilence, this);
    for (const text of this.#waiting ?? []) this.#socket?.send(text);
    this.#waiting = undefined;
    this.#options.onOpen?.();
  }

  #received(data: RawData, isBinary: boolean): void {
    this.#heard = true;
    // What arrives after close() was called is for the next socket's catch-up.
    if (this.#end !== undefined) return;
    if (isBinary || !Buffer.isBuffer(data)) return this.#options.onNoise?.("binary");
    const text = textOf(data);
    if (text === undefined) return this.#failed(new Error("a message is not UTF-8"));
    const message = parseMessage(text);
    if (message.kind === "frame") this.#options.onFrame(message.frame);
    else if (message.kind === "refusal") this.#options.onRefusal?.(message.refusal);
    else this.#options.onNoise?.(message.noise);
  }

  #refused(response: IncomingMessage): void {
    const { token } = this.#options;
    // Stands if the rest of the answer never comes.
    const message = statusLine(response, token);
    const refused: StreamEnd = { kind: "refused", status: response.statusCode ?? 0, message };
    this.#end ??= refused;
    readRefusal(response, token, (message) => {
      refused.message = message;
      this.#socket?.terminate();
    });
  }

  #failed(error: Error): void {
    const { failure, code } = causeOf(error);
    const message = `the connection to the streaming server failed${code === undefined ? "" : ` (${code})`}`;
    this.#giveUp({ kind: "network", failure, message });
  }

  #giveUp(end: StreamEnd): void {
    this.#end ??= end;
    this.#socket?.terminate();
  }

  #closed(code: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener("abort", this);
    this.#options.onClose(this.#end ?? endOf(code));
    for (const resolve of this.#closeWaiters ?? []) resolve();
  }

  #send(message: object): void {
    const text = JSON.stringify(message);
    if (this.#waiting !== undefined) this.#waiting.push(text);
    else if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }
}

/** Starts the handshake with the token where this server looks for it. Redirects are not followed. */
function dial({ url, token, auth, userAgent, maxBytes }: StreamOptions): WebSocket {
  const address = new URL(url);
  if (auth === "query") address.searchParams.set("access_token", token);
  const headers: Record<string, string> = { "User-Agent": userAgent };
  if (auth === "header") headers["Authorization"] = `Bearer ${token}`;
  // The type definitions lag behind the library by `closeTimeout`.
  const settings: ClientOptions & { closeTimeout: number } = {
    headers,
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: maxBytes ?? 1024 * 1024,
    // `textOf` looks at it.
    skipUTF8Validation: true,
    closeTimeout: closeTimeoutMs,
  };
  return new WebSocket(address, auth === "protocol" ? [token] : [], settings);
}

/** Undefined where it is not UTF-8. Most messages are ASCII, which is quicker to read as such. */
function textOf(data: Buffer): string | undefined {
  if (isAscii(data)) return data.toString("latin1");
  return isUtf8(data) ? data.toString("utf8") : undefined;
}

/** 1006 never travels: the connection ended without the close of WebSocket. */
function endOf(code: number): StreamEnd {
  if (code !== 1006) return { kind: "closed", code, byUs: false };
  return { kind: "network", failure: "cut", message: "the connection to the streaming server broke off" };
}

function check(socket: Socket): void {
  socket.check();
}

function expire(socket: Socket): void {
  socket.expire();
}
