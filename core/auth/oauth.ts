import * as oauth from "oauth4webapi";
import { inject, injectable } from "tsyringe";
import { HttpToken, type Answer, type Http, type HttpRequest } from "../mastodon/http.js";
import { NetworkError, type NetworkFailure } from "../errors.js";
import { parseScopes } from "../mastodon/scopes.js";
import { serverTime } from "./server-clock.js";
import type { App, Credentials, NewCredentials } from "./vault.js";

/** The out-of-band redirect: the server shows the code on a page for the operator to copy. */
export const outOfBand = "urn:ietf:wg:oauth:2.0:oob";

const formEncoded = "application/x-www-form-urlencoded";
/** A refresh must end within its lease. */
const requestTimeoutMs = 20_000;
/** Beyond it numbers are no lifetimes, and their ends no dates. */
const longestLifetimeSeconds = 100 * 365 * 24 * 60 * 60;

/** What the token endpoint answered instead of a token. @see RFC 6749, section 5.2 */
export interface TokenRefusal {
  readonly status: number;
  /** `invalid_grant`, `invalid_client` and so on; empty where the server says nothing that is known. */
  readonly error: string;
  readonly description: string;
}

/** A token, or the refusal; what fails below HTTP is thrown as NetworkError. */
export type TokenOutcome = { readonly token: NewCredentials } | { readonly refusal: TokenRefusal };

/** Whether the server does not know the app any more: `invalid_client`, which Takahe and Mitra write otherwise. */
export function isAppForgotten({ error }: TokenRefusal): boolean {
  return /^invalid[ _]client/.test(error);
}

/** Speaks OAuth 2.0 with one kind of client: confidential, secret in the body, out-of-band redirect. */
@injectable()
export class OAuth {
  readonly #http: Http;
  readonly #metadata = new Map<string, Promise<oauth.AuthorizationServer>>();

  constructor(@inject(HttpToken) http: Http) {
    this.#http = http;
  }

  /** Where the operator's browser goes, and the verifier to keep where the server takes PKCE (RFC 7636). */
  async authorizationRequest(server: string, app: App): Promise<{ url: string; codeVerifier: string | undefined }> {
    const metadata = await this.#discover(server);
    const url = new URL(metadata.authorization_endpoint ?? `${server}/oauth/authorize`);
    const parameters = { response_type: "code", client_id: app.clientId, redirect_uri: outOfBand, scope: app.scopes };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    url.searchParams.set("force_login", "true");
    if (!metadata.code_challenge_methods_supported?.includes("S256")) return { url: url.href, codeVerifier: undefined };
    const codeVerifier = oauth.generateRandomCodeVerifier();
    url.searchParams.set("code_challenge", await oauth.calculatePKCECodeChallenge(codeVerifier));
    url.searchParams.set("code_challenge_method", "S256");
    return { url: url.href, codeVerifier };
  }

  /** Exchanges a code (RFC 6749, 4.1.3). */
  async exchangeCode(server: string, app: App, code: string, codeVerifier: string | undefined): Promise<TokenOutcome> {
    const metadata = await this.#discover(server);
    const client = { client_id: app.clientId };
    const callback = oauth.validateAuthResponse(metadata, client, new URLSearchParams({ code }), oauth.expectNoState);
    return this.#ask(server, app, parseScopes(app.scopes), (options) =>
      oauth
        .authorizationCodeGrantRequest(
          metadata,
          client,
          oauth.ClientSecretPost(app.clientSecret),
          callback,
          outOfBand,
          codeVerifier ?? oauth.nopkce,
          { ...options, additionalParameters: { scope: app.scopes } },
        )
        .then((response) => oauth.processAuthorizationCodeResponse(metadata, client, response)),
    );
  }

  /** Makes sure that the next refresh is one request. Throws NetworkError. */
  async prepare(server: string): Promise<void> {
    await this.#discover(server);
  }

  /** Spends a refresh token (RFC 6749, 6). One request after `prepare`. */
  async refresh(server: string, app: App, spent: Credentials, refreshToken: string): Promise<TokenOutcome> {
    const metadata = await this.#discover(server);
    const client = { client_id: app.clientId };
    const outcome = await this.#ask(server, app, spent.scopes, (options) =>
      oauth
        .refreshTokenGrantRequest(metadata, client, oauth.ClientSecretPost(app.clientSecret), refreshToken, options)
        .then((response) => oauth.processRefreshTokenResponse(metadata, client, response)),
    );
    if ("refusal" in outcome) return outcome;
    // A server that does not rotate sends no refresh token: the one at hand stays good.
    return { token: { ...outcome.token, refreshToken: outcome.token.refreshToken ?? refreshToken } };
  }

  /**
   * Revokes a token (RFC 7009). Servers answer alike for tokens that they do not know. It goes along as its own
   * authority too, since Mitra does not ask for the app's. What fails below HTTP is thrown as NetworkError.
   */
  async revoke(server: string, app: App, token: string): Promise<Answer> {
    const body = new URLSearchParams({ client_id: app.clientId, client_secret: app.clientSecret, token });
    return this.#post(server, "/oauth/revoke", body, { what: "oauth/revoke", token });
  }

  /** Takes a token for the app itself: servers before Mastodon 4.3 delete apps that hold none after a day. */
  async keepApp(server: string, app: App): Promise<void> {
    await this.#askForApp(server, app);
  }

  /**
   * Whether a refusal of a code is about the app: it is, where the server refuses a token for the app itself in the
   * same words (Akkoma and Friendica have no others).
   */
  async isAboutApp(server: string, app: App, refusal: TokenRefusal): Promise<boolean> {
    if (isAppForgotten(refusal)) return true;
    if (refusal.error === "" || refusal.error === "invalid_grant" || refusal.status >= 500) return false;
    const answer = await this.#askForApp(server, app).catch(() => undefined);
    return answer?.status === refusal.status && refusalFrom(answer, "").error === refusal.error;
  }

  /** Whether the server says that it knows the app no more. Where it does not say, or cannot be asked, it counts as known. */
  async isForgotten(server: string, app: App): Promise<boolean> {
    const answer = await this.#askForApp(server, app).catch(() => undefined);
    return answer !== undefined && answer.status < 500 && refusalFrom(answer, "").error === "invalid_client";
  }

  #askForApp(server: string, app: App): Promise<Answer> {
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: app.clientId,
      client_secret: app.clientSecret,
      redirect_uri: outOfBand,
      scope: app.scopes,
    });
    return this.#post(server, "/oauth/token", body, { what: "oauth/token" });
  }

  async #post(
    server: string,
    path: string,
    body: URLSearchParams,
    more: Pick<HttpRequest, "what" | "token">,
  ): Promise<Answer> {
    return this.#http.send({
      ...more,
      origin: server,
      method: "POST",
      path,
      body: body.toString(),
      contentType: formEncoded,
      timeoutMs: requestTimeoutMs,
    });
  }

  /** Metadata where the server publishes it (RFC 8414), with its secrets' way kept on the server's own origin. */
  #discover(server: string): Promise<oauth.AuthorizationServer> {
    const known = this.#metadata.get(server);
    if (known !== undefined) return known;
    const asked = this.#fetchMetadata(server);
    this.#metadata.set(server, asked);
    asked.catch(() => this.#metadata.delete(server));
    return asked;
  }

  async #fetchMetadata(server: string): Promise<oauth.AuthorizationServer> {
    const published = await this.#published(server);
    const authorize = published?.authorization_endpoint;
    return {
      issuer: server,
      authorization_endpoint: isWebAddress(authorize) ? authorize : `${server}/oauth/authorize`,
      token_endpoint: sameOrigin(published?.token_endpoint, server) ?? `${server}/oauth/token`,
      code_challenge_methods_supported: published?.code_challenge_methods_supported ?? [],
    };
  }

  async #published(server: string): Promise<oauth.AuthorizationServer | undefined> {
    try {
      const answer = await this.#http.send({
        origin: server,
        method: "GET",
        path: "/.well-known/oauth-authorization-server",
        timeoutMs: requestTimeoutMs,
        what: "oauth metadata",
      });
      if (answer.status !== 200 || !answer.isJson) return undefined;
      return await oauth.processDiscoveryResponse(new URL(server), toResponse(answer));
    } catch (error) {
      if (error instanceof NetworkError && !notMetadata.has(error.failure)) throw error;
      // A web page for every unknown path, another issuer, no metadata: the paths that every server has are right.
      return undefined;
    }
  }

  async #ask(
    server: string,
    app: App,
    scopesIfUnsaid: readonly string[],
    request: (options: oauth.TokenEndpointRequestOptions) => Promise<oauth.TokenEndpointResponse>,
  ): Promise<TokenOutcome> {
    let answer: Answer | undefined;
    let sent = "";
    const viaHttp = async (url: string, init: { body?: unknown }) => {
      const { origin, pathname, search } = new URL(url);
      sent = String(init.body);
      answer = await this.#http.send({
        origin,
        method: "POST",
        path: pathname + search,
        contentType: formEncoded,
        body: sent,
        timeoutMs: requestTimeoutMs,
        what: "oauth/token",
      });
      return toResponse(answer, lenient);
    };
    try {
      const isPlain = new URL(server).protocol === "http:";
      const token = await request({ [oauth.customFetch]: viaHttp, [oauth.allowInsecureRequests]: isPlain });
      return {
        token: credentialsFrom(token, app, scopesIfUnsaid, answer === undefined ? Date.now() : serverTime(answer)),
      };
    } catch (error) {
      if (answer === undefined) throw error;
      return { refusal: refusalFrom(answer, sent) };
    }
  }
}

/** What a server that has no metadata may answer where they would be. */
const notMetadata: ReadonlySet<NetworkFailure> = new Set(["not_json", "too_large", "redirect"]);
/** What is sent to the token endpoint and must not come back in a message. */
const secretFields = ["client_secret", "code", "code_verifier", "refresh_token"];

function credentialsFrom(
  token: oauth.TokenEndpointResponse,
  app: App,
  scopesIfUnsaid: readonly string[],
  obtainedAt: number,
): NewCredentials {
  const granted = parseScopes(token.scope);
  return {
    accessToken: token.access_token,
    refreshToken: token.refresh_token,
    scopes: granted.length === 0 ? scopesIfUnsaid : granted,
    // Counted from when the answer came: servers disagree about the unit of created_at.
    expiresAt: token.expires_in === undefined ? undefined : obtainedAt + token.expires_in * 1_000,
    obtainedAt,
    appScopes: app.scopes,
  };
}

function refusalFrom({ status, body }: Answer, sent: string): TokenRefusal {
  const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const asked = new URLSearchParams(sent);
  const secrets = secretFields.map((name) => asked.get(name) ?? "").filter((secret) => secret !== "");
  const text = (name: string) => {
    const said = typeof fields[name] === "string" ? fields[name] : "";
    return secrets.reduce((clean, secret) => clean.replaceAll(secret, "[secret]"), said);
  };
  return { status, error: text("error"), description: text("error_description") };
}

/** Servers send nulls, empty texts, numbers as texts and no token_type, which a strict reader refuses. */
function lenient(body: unknown): unknown {
  if (typeof body !== "object" || body === null || !("access_token" in body)) return body;
  const kept = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== ""));
  const seconds = lifetimeIn(kept["expires_in"]);
  delete kept["expires_in"];
  delete kept["id_token"];
  return { token_type: "Bearer", ...kept, ...(seconds !== undefined && { expires_in: seconds }) };
}

/** Seconds, from a number or a text that is one; undefined where no lifetime is said. */
function lifetimeIn(said: unknown): number | undefined {
  const seconds = typeof said === "number" || typeof said === "string" ? Number(said) : Number.NaN;
  return seconds > 0 && Number.isFinite(seconds) ? Math.min(seconds, longestLifetimeSeconds) : undefined;
}

/** As a Response without `WWW-Authenticate`, which would hide the error's code. */
function toResponse(answer: Answer, mend: (body: unknown) => unknown = (body) => body): Response {
  const isEmpty = answer.status === 204 || answer.status === 304;
  const body = isEmpty ? null : answer.isJson ? JSON.stringify(mend(answer.body)) : textOf(answer.body);
  return new Response(body, {
    status: answer.status,
    headers: { "content-type": answer.isJson ? "application/json" : "text/plain" },
  });
}

function textOf(body: unknown): string {
  return typeof body === "string" ? body : "";
}

function isWebAddress(address: string | undefined): address is string {
  return address !== undefined && URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
}

function sameOrigin(address: string | undefined, server: string): string | undefined {
  return isWebAddress(address) && new URL(address).origin === server ? address : undefined;
}
