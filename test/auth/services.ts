import "reflect-metadata";
import type { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { AuthService, type AuthAccount } from "../../core/auth/auth-service.js";
import { Authorization } from "../../core/auth/authorization.js";
import { OAuth } from "../../core/auth/oauth.js";
import { Pace } from "../../core/auth/pace.js";
import { RedisOutages } from "../../core/auth/redis-outages.js";
import { RedisVault } from "../../core/auth/redis-vault.js";
import { RefreshLease } from "../../core/auth/refresh-lease.js";
import { Refresher } from "../../core/auth/refresher.js";
import { Registration } from "../../core/auth/registration.js";
import { RenewalSlots } from "../../core/auth/renewal-slots.js";
import type { Vault } from "../../core/auth/vault.js";
import { Verifier } from "../../core/auth/verifier.js";
import { createHttp } from "../../core/mastodon/create-http.js";
import type { Scope } from "../../core/mastodon/scopes.js";
import { Keyring } from "../../core/store/seal.js";
import { startSandbox, type Sandbox, type SandboxOptions } from "../../sandbox/index.js";
import { testRedis, type TestRedis } from "../support/redis.js";

/** What most tests need a token for. */
export const needed: readonly Scope[] = ["read:accounts", "write:statuses"];

/** A corner of Redis with the key that seals what is in it. */
export interface Place {
  readonly corner: TestRedis;
  readonly redis: Redis;
  readonly keyring: Keyring;
  /** The keyring's one key, for processes that make their own. */
  readonly key: string;
}

/** The authorization of one process, wired as the composition root does. */
export interface Services {
  readonly auth: AuthService;
  readonly authorization: Authorization;
  readonly oauth: OAuth;
  readonly registration: Registration;
  readonly vault: Vault;
}

/** A fresh corner of Redis and a fresh key. */
export async function place(): Promise<Place> {
  const corner = testRedis();
  const key = Keyring.generate();
  return { corner, redis: await corner.connect(), keyring: Keyring.parse(key, "the test's key"), key };
}

/** The services of one more process at this place: nothing is shared but Redis. */
export function servicesAt({ corner, keyring, redis }: Place): Services {
  const { keys } = corner;
  const http = createHttp({ userAgent: "howdah-test" });
  onTestFinished(() => http.close());
  const vault = new RedisVault(redis, keys, keyring);
  const oauth = new OAuth(http);
  const outages = new RedisOutages(redis, keys);
  const registration = new Registration(vault, http, oauth, outages, redis, keys);
  const verifier = new Verifier(http, outages, new Pace());
  const refresher = new Refresher(vault, registration, oauth, new RefreshLease(redis, keys));
  const auth = new AuthService(vault, registration, refresher, verifier, new RenewalSlots(redis, keys));
  return { auth, authorization: new Authorization(vault, registration, oauth, auth), oauth, registration, vault };
}

/** A sandbox that closes with the test. */
export async function sandboxFor(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** An account as accounts.yaml would have it. */
export function accountOn(server: string, name = "newsbot", more: Partial<AuthAccount> = {}): AuthAccount {
  return { name, server, handle: undefined, allowUnlabelled: false, ...more };
}

/** The code that the page at this address would show to a person who agrees. */
export function codeFor(sandbox: Sandbox, address: string, user: string): string {
  const asked = new URL(address).searchParams;
  return sandbox.grant({
    user,
    client_id: asked.get("client_id") ?? "",
    redirect_uri: asked.get("redirect_uri") ?? "",
    scope: asked.get("scope") ?? "",
    code_challenge: asked.get("code_challenge") ?? undefined,
    code_challenge_method: asked.get("code_challenge_method") ?? undefined,
  }).code;
}

/** Takes an account through `bot auth` as a person of the sandbox. */
export async function authorize(
  services: Services,
  sandbox: Sandbox,
  account: AuthAccount,
  user: string,
  scopes = needed,
) {
  const address = await services.authorization.begin(account, scopes);
  return services.authorization.finish(account, scopes, codeFor(sandbox, address, user));
}

/** How many requests came to a path; with `where`, only those whose parameters hold it. */
export function count(sandbox: Sandbox, path: string, where: Readonly<Record<string, string>> = {}): number {
  return sandbox
    .requests()
    .filter(
      (request) =>
        request.path === path && Object.entries(where).every(([name, value]) => request.body[name] === value),
    ).length;
}

/** The paths in the order in which they were asked for. */
export const register = "/api/v1/apps";
export const token = "/oauth/token";
export const verify = "/api/v1/accounts/verify_credentials";
export const revoke = "/oauth/revoke";
