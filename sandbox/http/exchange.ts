import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { TokenRows } from "../dialects/dialect.js";
import { Parameters } from "../operations/parameters.js";
import type { Answer } from "../operations/perform.js";
import type { Token } from "../oauth/token-store.js";
import type { ClientCredentials } from "../oauth/token-endpoint.js";

/** What the pipeline has found out about a request before its route runs. */
export interface Exchange {
  /** From the query and the body. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly token: Token | undefined;
}

/** Hono's environment in this server. */
export interface Env {
  readonly Bindings: HttpBindings;
  readonly Variables: { exchange: Exchange; succeeded: () => void };
}

/** One request and its response to be. */
export type Http = Context<Env>;

/** The name of the cookie that a browser's session has. */
export const sessionCookie = "_sandbox_session";

/** The parameters of a request, with those of its path on top. */
export function parametersOf(c: Http, inPath: Readonly<Record<string, string>> = {}): Parameters {
  return new Parameters({ ...c.var.exchange.values, ...inPath });
}

/** The origin that the caller used, by `Host` and, behind a proxy, by `X-Forwarded-Proto`. */
export function originOf(c: Http): string {
  const { protocol, host } = new URL(c.req.url);
  const forwarded = c.req.header("x-forwarded-proto");
  return `${forwarded === "https" ? "https:" : protocol}//${host}`;
}

/** The access token in a request: `Authorization: Bearer`, else `access_token`. */
export function bearerText(c: Http, values: Readonly<Record<string, unknown>>): string | undefined {
  const [, inHeader] = /^Bearer\s+(\S+)\s*$/i.exec(c.req.header("authorization") ?? "") ?? [];
  const parameter = values["access_token"];
  return inHeader ?? (typeof parameter === "string" ? parameter : undefined);
}

/**
 * The client's credentials: HTTP Basic where the server reads it, else the body.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 */
export function clientCredentialsOf(c: Http, places: TokenRows["clientSecret"]): ClientCredentials {
  const parameters = parametersOf(c);
  const [, encoded] = /^Basic\s+(\S+)\s*$/i.exec(c.req.header("authorization") ?? "") ?? [];
  if (encoded === undefined || !places.includes("basic")) {
    return { clientId: parameters.text("client_id"), clientSecret: parameters.text("client_secret") };
  }
  const [clientId, clientSecret] = Buffer.from(encoded, "base64").toString().split(":", 2).map(formDecoded);
  return { clientId, clientSecret };
}

const formDecoded = (text: string): string => new URLSearchParams(`v=${text}`).get("v") ?? "";

/** The cookie of the browser's session. */
export const sessionIdOf = (c: Http): string | undefined => getCookie(c, sessionCookie);

/** Who sent a request, by address. */
export const remoteOf = (c: Http): string => c.env.incoming.socket.remoteAddress ?? "";

/** An answer as a response: JSON, or plain text. */
export function respond(c: Http, answer: Answer): Response {
  const status = answer.status as ContentfulStatusCode;
  if (answer.isPlain) return c.text(String(answer.body), status, { ...answer.headers });
  return c.json(answer.body as object, status, { ...answer.headers });
}
