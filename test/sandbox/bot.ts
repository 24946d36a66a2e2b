import { createHash, randomBytes } from "node:crypto";
import { WebSocket } from "ws";
import type { Sandbox } from "../../sandbox/index.js";

/** The redirect that shows the code on a page. */
export const outOfBand = "urn:ietf:wg:oauth:2.0:oob";

/** A registered client. */
export interface Client {
  readonly client_id: string;
  readonly client_secret: string;
}

/** An answer as tests look at it. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into whatever JSON came.
  readonly body: Json;
}

/** JSON that a test reaches into. */
// oxlint-disable-next-line typescript/no-explicit-any -- the boundary where answers become what a test says they are
export type Json = any;

/** Sends a request; an object becomes JSON, search parameters a form. */
export async function ask(
  address: string,
  options: {
    method?: string;
    token?: string;
    body?: object | URLSearchParams | FormData | string;
    headers?: Record<string, string>;
  } = {},
): Promise<Answered> {
  const { body, token, headers = {} } = options;
  const isPlain =
    body === undefined || typeof body === "string" || body instanceof URLSearchParams || body instanceof FormData;
  const response = await fetch(address, {
    method: options.method ?? (body === undefined ? "GET" : "POST"),
    redirect: "manual",
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(isPlain ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isPlain ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Registers a client for some scopes. */
export async function register(sandbox: Sandbox, scopes: string, redirectUri = outOfBand): Promise<Client> {
  const { body } = await ask(`${sandbox.url}/api/v1/apps`, {
    body: { client_name: "tester", redirect_uris: redirectUri, scopes },
  });
  return body as Client;
}

/** Exchanges a code. */
export function exchange(
  sandbox: Sandbox,
  client: Client,
  code: string,
  more: Record<string, string> = {},
): Promise<Answered> {
  return ask(`${sandbox.url}/oauth/token`, {
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: outOfBand,
      client_id: client.client_id,
      client_secret: client.client_secret,
      ...more,
    }),
  });
}

/** A token for a person, without the pages. */
export async function tokenFor(sandbox: Sandbox, user: string, scope = "read write follow"): Promise<string> {
  const client = await register(sandbox, scope);
  const { code } = sandbox.grant({ user, client_id: client.client_id, redirect_uri: outOfBand, scope });
  const { body } = await exchange(sandbox, client, code);
  return body.access_token as string;
}

/** A verifier and its challenge. */
export function pkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

/** A frame of the streaming API with its payload parsed. */
export interface Frame {
  readonly stream: string[];
  readonly event: string;
  readonly payload: Json;
  readonly error?: string;
  readonly status?: number;
}

/** A socket whose frames can be awaited one after the other. */
export class Stream {
  readonly socket: WebSocket;
  readonly opened: Promise<void>;
  /** Resolves with the code when the socket is closed. */
  readonly closed: Promise<number>;
  readonly #frames: Frame[] = [];
  readonly #waiting: ((frame: Frame) => void)[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.opened = new Promise((resolve, reject) => {
      socket.on("open", resolve);
      socket.on("error", reject);
      socket.on("unexpected-response", (_request, response) =>
        reject(Object.assign(new Error(`${response.statusCode}`), { reason: response.headers["x-error-message"] })),
      );
    });
    this.opened.catch(() => undefined);
    this.closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      const parsed = /^[{[]/.test(String(frame.payload)) ? { ...frame, payload: JSON.parse(frame.payload) } : frame;
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#frames.push(parsed);
      else waiting(parsed);
    });
  }

  next(): Promise<Frame> {
    const frame = this.#frames.shift();
    return frame === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(frame);
  }
}

/** Opens a stream with the token in the header. */
export function stream(sandbox: Sandbox, token: string, name = "user"): Stream {
  const address = `${sandbox.url.replace(/^http/, "ws")}/api/v1/streaming?stream=${name}`;
  return new Stream(new WebSocket(address, { headers: { authorization: `Bearer ${token}` } }));
}
