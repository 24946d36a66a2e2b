/**
 * One process that takes an account through the sequence, for tests that kill it: its settings come as JSON in the
 * first argument. Says `ready` and waits for a line; stops for good where it is told to, and says so; else it ends with
 * its standing as JSON.
 */
import "reflect-metadata";
import { once } from "node:events";
import { AuthService } from "../../core/auth/auth-service.js";
import { OAuth } from "../../core/auth/oauth.js";
import { Pace } from "../../core/auth/pace.js";
import { RedisOutages } from "../../core/auth/redis-outages.js";
import { RedisVault } from "../../core/auth/redis-vault.js";
import { RefreshLease } from "../../core/auth/refresh-lease.js";
import { Refresher } from "../../core/auth/refresher.js";
import { Registration } from "../../core/auth/registration.js";
import { RenewalSlots } from "../../core/auth/renewal-slots.js";
import { Verifier } from "../../core/auth/verifier.js";
import { createHttp } from "../../core/mastodon/create-http.js";
import type { Answer, Http, HttpRequest } from "../../core/mastodon/http.js";
import { keysUnder } from "../../core/store/keys.js";
import { connectRedis } from "../../core/store/redis.js";
import { Keyring } from "../../core/store/seal.js";
import type { Ended, RefreshProcessSettings, Step } from "./refresh-child.js";

const settings = JSON.parse(process.argv[2] ?? "{}") as RefreshProcessSettings;

/** Never comes back from the step at which this process is to be killed. */
async function reached(step: Step): Promise<void> {
  if (settings.stopAt !== step) return;
  process.stdout.write(`${step}\n`);
  await new Promise(() => setInterval(() => undefined, 60_000));
}

/** Stops before a refresh request leaves, or with its answer in hand. */
class StoppingHttp implements Http {
  readonly userAgent = "howdah-test";
  readonly #http = createHttp({ userAgent: this.userAgent });

  async send(request: HttpRequest): Promise<Answer> {
    const isRefresh = typeof request.body === "string" && request.body.includes("grant_type=refresh_token");
    if (isRefresh) await reached("held");
    const answer = await this.#http.send(request);
    if (isRefresh) await reached("answered");
    return answer;
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}

/** Stops as soon as the new pair is stored. */
class StoppingVault extends RedisVault {
  override async store(...args: Parameters<RedisVault["store"]>): Promise<number | undefined> {
    const generation = await super.store(...args);
    await reached("stored");
    return generation;
  }
}

const redis = await connectRedis({ url: settings.redisUrl });
const keys = keysUnder(settings.prefix);
const http = new StoppingHttp();
const vault = new StoppingVault(redis, keys, Keyring.parse(settings.key, "the test's key"));
const oauth = new OAuth(http);
const outages = new RedisOutages(redis, keys);
const registration = new Registration(vault, http, oauth, outages, redis, keys);
const verifier = new Verifier(http, outages, new Pace());
const refresher = new Refresher(vault, registration, oauth, new RefreshLease(redis, keys, settings.leaseMs));
const auth = new AuthService(vault, registration, refresher, verifier, new RenewalSlots(redis, keys));

process.stdout.write("ready\n");
await once(process.stdin, "data");
const account = { name: settings.account, server: settings.server, handle: undefined, allowUnlabelled: false };
const { credentials, reason, state } = await auth.run(account, settings.needed);
const ended: Ended = { state, reason, generation: credentials?.generation, accessToken: credentials?.accessToken };
process.stdout.write(`${JSON.stringify(ended)}\n`);
await http.close();
redis.disconnect();
process.stdin.destroy();
