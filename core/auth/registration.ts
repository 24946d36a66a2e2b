import type { Redis } from "ioredis";
import { inject, injectable } from "tsyringe";
import { ServerRefusedError } from "../errors.js";
import { HttpToken, type Http } from "../mastodon/http.js";
import { KeysToken, type Keys } from "../store/keys.js";
import { withLease } from "../store/lease.js";
import { RedisToken } from "../store/redis.js";
import { OAuth, outOfBand } from "./oauth.js";
import { VaultToken, type App, type Vault } from "./vault.js";

const requestTimeoutMs = 20_000;
/** Longer than both requests under it. */
const leaseMs = 60_000;

/** Registers apps: once per server and set of scopes, over all processes, because servers count registrations. */
@injectable()
export class Registration {
  readonly #vault: Vault;
  readonly #http: Http;
  readonly #oauth: OAuth;
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(
    @inject(VaultToken) vault: Vault,
    @inject(HttpToken) http: Http,
    @inject(OAuth) oauth: OAuth,
    @inject(RedisToken) redis: Redis,
    @inject(KeysToken) keys: Keys,
  ) {
    this.#vault = vault;
    this.#http = http;
    this.#oauth = oauth;
    this.#redis = redis;
    this.#keys = keys;
  }

  /** The app for exactly these scopes, from the cache or freshly registered. Throws what the server refuses. */
  async appFor(server: string, scopes: readonly string[]): Promise<App> {
    const wanted = scopes.join(" ");
    const cached = await this.#vault.app(server, wanted);
    if (cached !== undefined) return cached;
    return withLease(this.#redis, this.#keys.server(server, "registering"), leaseMs, async () => {
      const registeredMeanwhile = await this.#vault.app(server, wanted);
      if (registeredMeanwhile !== undefined) return registeredMeanwhile;
      const app = await this.#register(server, wanted);
      await this.#vault.storeApp(server, app);
      await this.#oauth.keepApp(server, app).catch(() => undefined);
      return app;
    });
  }

  /** Forgets an app that its server no longer knows, so that the next request registers anew. */
  async forget(server: string, app: App): Promise<void> {
    await this.#vault.forgetApp(server, app);
  }

  /** @see https://docs.joinmastodon.org/methods/apps/#create */
  async #register(server: string, scopes: string): Promise<App> {
    const form = new URLSearchParams({ client_name: "Howdah", redirect_uris: outOfBand, scopes });
    const answer = await this.#http.send({
      origin: server,
      method: "POST",
      path: "/api/v1/apps",
      body: form.toString(),
      contentType: "application/x-www-form-urlencoded",
      timeoutMs: requestTimeoutMs,
      what: "apps.create",
    });
    const { body } = answer;
    if (answer.status >= 200 && answer.status < 300 && isRegistered(body)) {
      return { clientId: body.client_id, clientSecret: body.client_secret, scopes };
    }
    // An app that came but cannot be used may hold its secret: that does not go into an error.
    throw new ServerRefusedError("apps.create", answer.status, answer.status < 300 ? undefined : body);
  }
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
