import type { Redis } from "ioredis";
import { inject, injectable } from "tsyringe";
import type { Account } from "../accounts/account.js";
import { NetworkError, ServerRefusedError } from "../errors.js";
import type { CredentialAccount } from "../mastodon/entities.js";
import { HttpToken, type Answer, type Http } from "../mastodon/http.js";
import { missingScopes, type Scope } from "../mastodon/scopes.js";
import { KeysToken, type Keys } from "../store/keys.js";
import { withLease } from "../store/lease.js";
import { RedisToken } from "../store/redis.js";
import { isAppForgotten, OAuth, type TokenOutcome } from "./oauth.js";
import { Registration } from "./registration.js";
import { renewalDue } from "./renewal.js";
import { isUndecided } from "./undecided.js";
import { VaultToken, type App, type Credentials, type Vault } from "./vault.js";
import {
  cureFor,
  judge,
  judgeRegistration,
  judgeRenewal,
  type AccountState,
  type Asked,
  type Verdict,
} from "./verdict.js";

const verifyTimeoutMs = 20_000;
/** Longer than the requests of a refresh may take. */
const refreshLeaseMs = 60_000;

/** The entry of accounts.yaml, as far as its authorization goes. */
export type AuthAccount = Pick<Account, "name" | "server" | "handle" | "allowUnlabelled">;

/** How an account stands after the sequence. */
export interface Standing {
  readonly state: AccountState;
  /** Why; empty when ready. */
  readonly reason: string;
  /** What to do; empty when ready. */
  readonly cure: string;
  /** In force; undefined without a token. */
  readonly credentials: Credentials | undefined;
  /** The person as verified; undefined where the server did not say. */
  readonly person: CredentialAccount | undefined;
  /** Needed scopes that the token does not permit: the riders that need them wait. */
  readonly missing: readonly Scope[];
}

/** What came of a renewal. */
interface Renewal {
  /** In force now: renewed here or elsewhere, or the old ones where they could not be renewed. */
  readonly credentials: Credentials;
  /** Set where the server gave no answer to hold on to: the refresh token may still be good. */
  readonly postponed?: Verdict;
}

/**
 * Takes an account through register, refresh, verify and authorize.
 * @see https://docs.joinmastodon.org/methods/oauth/
 */
@injectable()
export class AuthService {
  readonly #vault: Vault;
  readonly #registration: Registration;
  readonly #oauth: OAuth;
  readonly #http: Http;
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(
    @inject(VaultToken) vault: Vault,
    @inject(Registration) registration: Registration,
    @inject(OAuth) oauth: OAuth,
    @inject(HttpToken) http: Http,
    @inject(RedisToken) redis: Redis,
    @inject(KeysToken) keys: Keys,
  ) {
    this.#vault = vault;
    this.#registration = registration;
    this.#oauth = oauth;
    this.#http = http;
    this.#redis = redis;
    this.#keys = keys;
  }

  /** The sequence from what is cached. Never throws for what a server does: that is the standing. */
  async run(account: AuthAccount, needed: readonly Scope[]): Promise<Standing> {
    return this.#sequence(account, needed).catch(heldByVault);
  }

  async #sequence(account: AuthAccount, needed: readonly Scope[]): Promise<Standing> {
    const cached = await this.#vault.credentials(account);
    if (cached === undefined) return this.#register(account, needed);
    if (!renewalDue(cached, Date.now())) return this.#verified(account, needed, { credentials: cached });
    const renewal = await this.#refresh(account, cached);
    return this.#verified(account, needed, renewal, true);
  }

  /** Asks the server for the person whom a token speaks for. */
  async verify(account: AuthAccount, accessToken: string): Promise<Answer | NetworkError> {
    try {
      return await this.#http.send({
        origin: account.server,
        method: "GET",
        path: "/api/v1/accounts/verify_credentials",
        token: accessToken,
        timeoutMs: verifyTimeoutMs,
        what: "accounts.verifyCredentials",
      });
    } catch (error) {
      if (error instanceof NetworkError) return error;
      throw error;
    }
  }

  /** Step 1 for an account without a token: whoever authorizes it next finds the app registered. */
  async #register(account: AuthAccount, needed: readonly Scope[]): Promise<Standing> {
    try {
      await this.#registration.appFor(account.server, needed);
    } catch (error) {
      return without(judgeRegistration(failureOf(error)));
    }
    const wasDropped = (await this.#vault.generation(account)) > 0;
    return without({
      state: "needs_authorization",
      reason: wasDropped ? "the server refused the token that was cached" : "not authorized yet",
      cure: `run: bot auth ${account.name}`,
    });
  }

  /** Step 2, in one process at a time. A newer generation than the one to spend is taken as it is. */
  async #refresh(account: AuthAccount, spent: Credentials): Promise<Renewal> {
    const { appScopes, refreshToken } = spent;
    if (refreshToken === undefined || appScopes === undefined) return { credentials: spent };
    return withLease(this.#redis, this.#keys.account(account.name, "refreshing"), refreshLeaseMs, async () => {
      const current = await this.#vault.credentials(account);
      if (current === undefined || current.generation !== spent.generation) return { credentials: current ?? spent };
      const app = await this.#vault.app(account.server, appScopes);
      if (app === undefined) return { credentials: spent };
      const outcome = await this.#oauth.refresh(account.server, app, spent, refreshToken).catch(passNetwork);
      if (outcome instanceof NetworkError) return { credentials: spent, postponed: judge(outcome) };
      return this.#renewed(account, app, spent, outcome);
    });
  }

  async #renewed(account: AuthAccount, app: App, spent: Credentials, outcome: TokenOutcome): Promise<Renewal> {
    if ("refusal" in outcome) {
      if (isAppForgotten(outcome.refusal)) await this.#registration.forget(account.server, app);
      const postponed = judgeRenewal(outcome.refusal);
      return { credentials: spent, ...(postponed && { postponed }) };
    }
    const generation = await this.#vault.store(account, outcome.token, spent.generation);
    if (generation !== undefined) return { credentials: { ...outcome.token, generation } };
    return { credentials: (await this.#vault.credentials(account)) ?? spent };
  }

  /**
   * Step 3. Only a refusal of the token itself drops it, after another process' renewal and our own were tried: ours
   * once, because a server may renew a token and refuse it all the same.
   */
  async #verified(
    account: AuthAccount,
    needed: readonly Scope[],
    renewal: Renewal,
    wasRenewed = false,
  ): Promise<Standing> {
    const { credentials, postponed } = renewal;
    const asked = await this.verify(account, credentials.accessToken);
    const verdict = judge(asked, credentials.scopes);
    if (!verdict.tokenRefused) return this.#standing(account, needed, credentials, asked, verdict);
    const current = await this.#vault.credentials(account);
    if (current !== undefined && current.generation !== credentials.generation) {
      return this.#verified(account, needed, { credentials: current }, wasRenewed);
    }
    if (!wasRenewed && credentials.refreshToken !== undefined) {
      return this.#verified(account, needed, await this.#refresh(account, credentials), true);
    }
    if (postponed !== undefined) return this.#standing(account, needed, credentials, asked, postponed);
    if (!(await this.#vault.drop(account, credentials.generation))) return this.run(account, needed);
    return without({ ...verdict, cure: cureFor(account.name, verdict) });
  }

  async #standing(
    account: AuthAccount,
    needed: readonly Scope[],
    credentials: Credentials,
    asked: Answer | NetworkError,
    verdict: Verdict,
  ): Promise<Standing> {
    const missing = missingScopes(credentials.scopes, needed);
    if (asked instanceof NetworkError || verdict.state !== "ready") {
      const { reason, state } = verdict;
      return { state, reason, cure: cureFor(account.name, verdict), credentials, person: undefined, missing };
    }
    const person = personIn(asked.body);
    if (person === undefined) {
      const reason = "the server's answer to verify_credentials names no person";
      return {
        state: "refused_by_server",
        reason,
        cure: "check server: in accounts.yaml",
        credentials,
        person,
        missing,
      };
    }
    const against = (await this.whyNot(account, person)) ?? whyHeld(account, person);
    return { state: "ready", reason: "", cure: "", ...against, credentials, person, missing };
  }

  /** Why this person cannot be the account's: another handle, another person pinned, pinned elsewhere. */
  async whyNot(
    account: AuthAccount,
    person: Pick<CredentialAccount, "id" | "username">,
  ): Promise<{ state: AccountState; reason: string; cure: string } | undefined> {
    const cure = `sign in as the account's own person and run: bot auth ${account.name}`;
    const held = (reason: string, or = "") => ({ state: "held" as const, reason, cure: cure + or });
    if (account.handle !== undefined && account.handle.toLowerCase() !== person.username.toLowerCase()) {
      return held(`the token is @${person.username}'s, accounts.yaml says @${account.handle}`);
    }
    const pinned = await this.#vault.person(account);
    if (pinned !== undefined && pinned.id !== person.id) {
      return held(
        `the token is @${person.username}'s, but ${account.name} has been @${pinned.username} so far`,
        `; if that was the wrong person, first: bot revoke ${account.name} --forget-person`,
      );
    }
    const holder = await this.#vault.holder(account.server, person.id);
    if (holder !== undefined && holder !== account.name) {
      return held(`@${person.username} belongs to the account ${holder} already`);
    }
    return undefined;
  }
}

function whyHeld(account: AuthAccount, person: CredentialAccount): Partial<Standing> | undefined {
  if (person.bot || account.allowUnlabelled) return undefined;
  return {
    state: "held",
    reason: `@${person.username} is not labelled as a bot on ${new URL(account.server).host}`,
    cure: "tick 'This is an automated account' in its profile there, or set allow_unlabelled: true",
  };
}

function without(standing: Pick<Standing, "state" | "reason" | "cure">): Standing {
  const { state, reason, cure } = standing;
  return { state, reason, cure, credentials: undefined, person: undefined, missing: [] };
}

/** The operator has to decide first what becomes of the vault's mirror. */
function heldByVault(error: unknown): Standing {
  if (!isUndecided(error)) throw error;
  return without({ state: "held", reason: error.message, cure: error.cure ?? "" });
}

function failureOf(error: unknown): Asked {
  if (error instanceof NetworkError) return error;
  if (error instanceof ServerRefusedError) return { status: error.status, body: error.body };
  throw error;
}

function passNetwork(error: unknown): NetworkError {
  if (error instanceof NetworkError) return error;
  throw error;
}

/** The person in an answer to verify_credentials, where it is one. */
export function personIn(body: unknown): CredentialAccount | undefined {
  if (typeof body !== "object" || body === null || !("id" in body) || !("username" in body)) return undefined;
  if (typeof body.id !== "string" || body.id === "" || typeof body.username !== "string") return undefined;
  return body as CredentialAccount;
}
