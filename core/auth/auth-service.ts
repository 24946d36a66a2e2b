import { inject, injectable } from "tsyringe";
import type { Account } from "../accounts/account.js";
import { NetworkError, ServerRefusedError } from "../errors.js";
import type { CredentialAccount } from "../mastodon/entities.js";
import type { Answer } from "../mastodon/http.js";
import { missingScopes, type Scope } from "../mastodon/scopes.js";
import { NotAskedError, type Asked } from "./outages.js";
import { Refresher, type Renewal } from "./refresher.js";
import { Registration } from "./registration.js";
import { nextTurnMs, renewalDue } from "./renewal.js";
import { RenewalSlots } from "./renewal-slots.js";
import { whyUnauthorized } from "./unauthorized.js";
import { isUndecided } from "./undecided.js";
import { VaultToken, type Credentials, type Vault } from "./vault.js";
import { Verifier } from "./verifier.js";
import { cureFor, judge, judgeRegistration, type AccountState, type Verdict } from "./verdict.js";

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
  /** When to run the sequence again, where that is known; milliseconds since the epoch. */
  readonly retryAt?: number;
}

/**
 * Takes an account through register, refresh, verify and authorize.
 * @see https://docs.joinmastodon.org/methods/oauth/
 */
@injectable()
export class AuthService {
  readonly #vault: Vault;
  readonly #registration: Registration;
  readonly #refresher: Refresher;
  readonly #verifier: Verifier;
  readonly #slots: RenewalSlots;

  constructor(
    @inject(VaultToken) vault: Vault,
    @inject(Registration) registration: Registration,
    @inject(Refresher) refresher: Refresher,
    @inject(Verifier) verifier: Verifier,
    @inject(RenewalSlots) slots: RenewalSlots,
  ) {
    this.#vault = vault;
    this.#registration = registration;
    this.#refresher = refresher;
    this.#verifier = verifier;
    this.#slots = slots;
  }

  /** The sequence from what is cached. Never throws for what a server does: that is the standing. */
  async run(account: AuthAccount, needed: readonly Scope[]): Promise<Standing> {
    return this.#sequence(account, needed).catch(heldByVault);
  }

  /** How long until the account should be taken through the sequence again: to renew its token, or to verify it. */
  async nextTurnMs(account: AuthAccount, credentials: Credentials): Promise<number> {
    return nextTurnMs(credentials, await this.#slots.of(account.name), this.#verifier.clock.now(account.server));
  }

  /** Asks the server for the person whom a token speaks for. */
  async verify(account: AuthAccount, accessToken: string): Promise<Answer | NetworkError> {
    return this.#verifier.verify(account.server, accessToken);
  }

  async #sequence(account: AuthAccount, needed: readonly Scope[]): Promise<Standing> {
    const cached = await this.#vault.credentials(account);
    return cached === undefined
      ? this.#register(account, needed)
      : this.#verified(account, needed, { credentials: cached });
  }

  /** By the server's time, which its last answer has told. */
  async #isDue(account: AuthAccount, credentials: Credentials): Promise<boolean> {
    if (credentials.refreshToken === undefined || credentials.expiresAt === undefined) return false;
    const slot = await this.#slots.of(account.name);
    return renewalDue(credentials, slot, this.#verifier.clock.now(account.server));
  }

  /** Step 1 for an account without a token: whoever authorizes it next finds the app registered. */
  async #register(account: AuthAccount, needed: readonly Scope[]): Promise<Standing> {
    try {
      await this.#registration.appFor(account.server, needed, "if admitted");
    } catch (error) {
      const failure = failureOf(error);
      return { ...without(judgeRegistration(failure)), ...retryAt(failure) };
    }
    return without({ state: "needs_authorization", ...(await whyUnauthorized(this.#vault, account)) });
  }

  /**
   * Step 3, and step 2 where it shows that the token is due or refused: a refresh token is spent only at a server that
   * has just answered. Only a refusal of the token itself drops it, after another process' renewal and our own were
   * tried: ours once, because a server may renew a token and refuse it all the same.
   */
  async #verified(
    account: AuthAccount,
    needed: readonly Scope[],
    renewal: Renewal,
    wasRenewed = false,
  ): Promise<Standing> {
    const { credentials, lost, postponed } = renewal;
    const asked = wasRenewed
      ? await this.verify(account, credentials.accessToken)
      : await this.#verifier.verifyIfAdmitted(account.server, credentials.accessToken);
    const verdict = judge(asked, credentials.scopes);
    if (!verdict.tokenRefused) {
      if (verdict.state === "ready" && !wasRenewed && (await this.#isDue(account, credentials))) {
        const renewed = await this.#refresher.refresh(account, credentials);
        if (renewed.credentials.generation !== credentials.generation) {
          return this.#verified(account, needed, renewed, true);
        }
      }
      return this.#standing(account, needed, credentials, asked, verdict);
    }
    const current = await this.#vault.credentials(account);
    if (current !== undefined && current.generation !== credentials.generation) {
      return this.#verified(account, needed, { credentials: current }, wasRenewed);
    }
    if (!wasRenewed && credentials.refreshToken !== undefined) {
      return this.#verified(account, needed, await this.#refresher.refresh(account, credentials), true);
    }
    if (postponed !== undefined) return this.#standing(account, needed, credentials, asked, postponed);
    if (!(await this.#vault.drop(account, credentials.generation, lost))) return this.run(account, needed);
    return without({ ...verdict, reason: lost ?? verdict.reason, cure: cureFor(account.name, verdict) });
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
      const cure = cureFor(account.name, verdict);
      return { state, reason, cure, credentials, person: undefined, missing, ...retryAt(asked) };
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
      return held(
        `@${person.username} belongs to the account ${holder} already`,
        `; if ${account.name} is a new name of ${holder}, write was: ${holder} under it in accounts.yaml`,
      );
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

/** Whoever was not let in is told when to come again. */
function retryAt(asked: Asked): Pick<Standing, "retryAt"> {
  return asked instanceof NotAskedError ? { retryAt: asked.waiting.waitUntil } : {};
}

function failureOf(error: unknown): Asked {
  if (error instanceof NetworkError) return error;
  if (error instanceof ServerRefusedError) return { status: error.status, body: error.body };
  throw error;
}

/** The person in an answer to verify_credentials, where it is one. */
export function personIn(body: unknown): CredentialAccount | undefined {
  if (typeof body !== "object" || body === null || !("id" in body) || !("username" in body)) return undefined;
  if (typeof body.id !== "string" || body.id === "" || typeof body.username !== "string") return undefined;
  return body as CredentialAccount;
}
