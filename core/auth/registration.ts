import type { Redis } from "ioredis";
import { inject, injectable } from "tsyringe";
import { NetworkError, ServerRefusedError } from "../errors.js";
import { HttpToken, type Answer, type Http } from "../mastodon/http.js";
import { parseRateLimit, parseRetryAfter } from "../mastodon/rate-limit.js";
import { parseScopes, wholeScopes } from "../mastodon/scopes.js";
import { KeysToken, type Keys } from "../store/keys.js";
import { withLease } from "../store/lease.js";
import { RedisToken } from "../store/redis.js";
import { OAuth, outOfBand } from "./oauth.js";
import { NotAskedError, OutagesToken, type Outages } from "./outages.js";
import { VaultToken, type App, type Vault } from "./vault.js";
import { reportTo } from "./verifier.js";

const requestTimeoutMs = 20_000;
/** Longer than the requests under it: the app, once more in coarse scopes, and a token of its own. */
const leaseMs = 75_000;
/** Where a server does not say when it takes registrations again. Mastodon: five in ten minutes. */
const usualWaitMs = 2 * 60_000;
const longestWaitMs = 10 * 60_000;

/** Registers apps: once per server and set of scopes, over all processes, because servers count registrations. */
@injectable()
export class Registration {
  readonly #vault: Vault;
  readonly #http: Http;
  readonly #oauth: OAuth;
  readonly #outages: Outages;
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(
    @inject(VaultToken) vault: Vault,
    @inject(HttpToken) http: Http,
    @inject(OAuth) oauth: OAuth,
    @inject(OutagesToken) outages: Outages,
    @inject(RedisToken) redis: Redis,
    @inject(KeysToken) keys: Keys,
  ) {
    this.#vault = vault;
    this.#http = http;
    this.#oauth = oauth;
    this.#outages = outages;
    this.#redis = redis;
    this.#keys = keys;
  }

  /**
   * The app for these scopes, from the cache or freshly registered; its own scopes are what is to be asked for. Throws
   * what the server refuses, and with `if admitted` a NotAskedError where the fleet waits for the server.
   */
  async appFor(server: string, scopes: readonly string[], ask: "at once" | "if admitted" = "at once"): Promise<App> {
    const wanted = scopes.join(" ");
    const cached = await this.#vault.app(server, wanted);
    if (cached !== undefined) return cached;
    return withLease(this.#redis, this.#keys.server(server, "registering"), leaseMs, async () => {
      const registeredMeanwhile = await this.#vault.app(server, wanted);
      if (registeredMeanwhile !== undefined) return registeredMeanwhile;
      if (ask === "if admitted") await this.#admit(server);
      return this.#registerFor(server, wanted);
    });
  }

  /** Forgets an app that its server no longer knows, so that the next request registers anew. */
  async forget(server: string, app: App): Promise<void> {
    await this.#vault.forgetApp(server, app);
  }

  async #admit(server: string): Promise<void> {
    const limitedForMs = await this.#redis.pttl(this.#limitedKey(server));
    if (limitedForMs > 0) {
      const reason = "the server's limit of registrations is used up (429)";
      throw new NotAskedError(server, { waitUntil: Date.now() + limitedForMs, reason });
    }
    const admission = await this.#outages.admission(server);
    if (typeof admission === "object") throw new NotAskedError(server, admission);
  }

  /** A server that does not know the parts of scopes gets the whole ones, which others may have registered already. */
  async #registerFor(server: string, wanted: string): Promise<App> {
    const answer = await this.#request(server, wanted);
    const app = appIn(answer, wanted);
    if (app !== undefined) return this.#keep(server, app);
    const whole = wholeScopes(parseScopes(wanted)).join(" ");
    if (!refusesScopes(answer) || whole === wanted) throw refusal(answer);
    const coarse = (await this.#vault.app(server, whole)) ?? (await this.#registerWhole(server, whole));
    await this.#vault.storeAppAs(server, wanted, coarse);
    return coarse;
  }

  async #registerWhole(server: string, scopes: string): Promise<App> {
    const answer = await this.#request(server, scopes);
    const app = appIn(answer, scopes);
    if (app === undefined) throw refusal(answer);
    return this.#keep(server, app);
  }

  async #keep(server: string, app: App): Promise<App> {
    await this.#vault.storeApp(server, app);
    await this.#oauth.keepApp(server, app).catch(() => undefined);
    return app;
  }

  /** @see https://docs.joinmastodon.org/methods/apps/#create */
  async #request(server: string, scopes: string): Promise<Answer> {
    const form = new URLSearchParams({ client_name: "Howdah", redirect_uris: outOfBand, scopes });
    const asked = await this.#http
      .send({
        origin: server,
        method: "POST",
        path: "/api/v1/apps",
        body: form.toString(),
        contentType: "application/x-www-form-urlencoded",
        timeoutMs: requestTimeoutMs,
        what: "apps.create",
      })
      .catch(passNetwork);
    await reportTo(this.#outages, server, asked);
    if (asked instanceof NetworkError) throw asked;
    if (asked.status === 429) await this.#redis.set(this.#limitedKey(server), "429", "PX", waitMs(asked));
    return asked;
  }

  #limitedKey(server: string): string {
    return this.#keys.server(server, "registrations-limited");
  }
}

function waitMs(answer: Answer): number {
  const until = parseRetryAfter(answer) ?? parseRateLimit(answer)?.resetsAt ?? Date.now() + usualWaitMs;
  return Math.ceil(Math.min(longestWaitMs, Math.max(1_000, until - Date.now())));
}

function appIn({ body, status }: Answer, scopes: string): App | undefined {
  if (status < 200 || status >= 300 || !isRegistered(body)) return undefined;
  return { clientId: body.client_id, clientSecret: body.client_secret, scopes };
}

/** An app that came but cannot be used may hold its secret: that does not go into an error. */
function refusal({ body, status }: Answer): ServerRefusedError {
  return new ServerRefusedError("apps.create", status, status < 300 ? undefined : body);
}

/** 422 is what Mastodon and its relatives answer; others name OAuth's code. */
function refusesScopes({ body, status }: Answer): boolean {
  if (status === 422) return true;
  return status >= 400 && status < 500 && /invalid[ _]scope/i.test(JSON.stringify(body ?? ""));
}

function passNetwork(error: unknown): NetworkError {
  if (error instanceof NetworkError) return error;
  throw error;
}

function isRegistered(body: unknown): body is { client_id: string; client_secret: string } {
  return (
    typeof body === "object" &&
    body !== null &&
    "client_id" in body &&
    typeof body.client_id === "string" &&
    "client_secret" in body &&
    typeof body.client_secret === "string"
  );
}
