import { inject, injectable } from "tsyringe";
import { HowdahError, NetworkError } from "../errors.js";
import type { CredentialAccount } from "../mastodon/entities.js";
import type { Scope } from "../mastodon/scopes.js";
import { AuthService, personIn, type AuthAccount, type Standing } from "./auth-service.js";
import { codeIn } from "./code.js";
import { OAuth, type TokenRefusal } from "./oauth.js";
import { Registration } from "./registration.js";
import { VaultToken, type App, type NewCredentials, type PendingAuthorization, type Vault } from "./vault.js";
import { cureFor, judge } from "./verdict.js";

/** Step 4 of the sequence: the operator's part. Begun in one process, it can be finished in another. */
@injectable()
export class Authorization {
  readonly #vault: Vault;
  readonly #registration: Registration;
  readonly #oauth: OAuth;
  readonly #auth: AuthService;

  constructor(
    @inject(VaultToken) vault: Vault,
    @inject(Registration) registration: Registration,
    @inject(OAuth) oauth: OAuth,
    @inject(AuthService) auth: AuthService,
  ) {
    this.#vault = vault;
    this.#registration = registration;
    this.#oauth = oauth;
    this.#auth = auth;
  }

  /** The address to visit. Begun again within a day for the same scopes, it is the same one. */
  async begin(account: AuthAccount, needed: readonly Scope[]): Promise<string> {
    const app = await this.#appFor(account, needed);
    const pending = await this.#vault.pending(account);
    if (pending?.app.clientId === app.clientId) return pending.url;
    return this.#beginWith(account, app);
  }

  /** The cached app, unless its server has forgotten it: its page would show no code. */
  async #appFor(account: AuthAccount, needed: readonly Scope[]): Promise<App> {
    const app = await this.#registration.appFor(account.server, needed);
    if (!(await this.#oauth.isForgotten(account.server, app))) return app;
    await this.#registration.forget(account.server, app);
    return this.#registration.appFor(account.server, needed);
  }

  async #beginWith(account: AuthAccount, app: App): Promise<string> {
    const { url, codeVerifier } = await this.#oauth.authorizationRequest(account.server, app);
    await this.#vault.storePending(account, { url, app, codeVerifier, begunAt: Date.now() });
    return url;
  }

  /**
   * Exchanges the code that the operator pasted, verifies the token, pins the person and stores both. Until then
   * an earlier token stays in force. Throws CODE_REFUSED, PERSON_WRONG, SERVER_REFUSED or NETWORK_FAILED.
   */
  async finish(account: AuthAccount, needed: readonly Scope[], pasted: string): Promise<Standing> {
    const pending = await this.#vault.pending(account);
    if (pending === undefined) {
      throw new HowdahError("CODE_REFUSED", `no authorization of ${account.name} is under way`, {
        cure: `begin one with: bot auth ${account.name}`,
      });
    }
    const code = codeIn(pasted);
    if (code === undefined) {
      throw new HowdahError("CODE_REFUSED", "that holds no code", { cure: "paste what the server's page shows" });
    }
    const { app, codeVerifier } = pending;
    const outcome = await this.#oauth.exchangeCode(account.server, app, code, codeVerifier);
    if ("refusal" in outcome) throw await this.#refused(account, pending, outcome.refusal);
    await this.#accept(account, outcome.token, app);
    await this.#vault.clearPending(account);
    return this.#auth.run(account, needed);
  }

  /** Takes a token that the operator has already; its scopes are unknown, so it counts as granted all that is needed. */
  async adopt(account: AuthAccount, needed: readonly Scope[], accessToken: string): Promise<Standing> {
    const token: NewCredentials = {
      accessToken: accessToken.trim(),
      refreshToken: undefined,
      scopes: needed,
      expiresAt: undefined,
      obtainedAt: Date.now(),
      appScopes: undefined,
    };
    await this.#accept(account, token, undefined);
    return this.#auth.run(account, needed);
  }

  /** Ends an authorization that was begun, without a trace. */
  async giveUp(account: AuthAccount): Promise<void> {
    await this.#vault.clearPending(account);
  }

  async #accept(account: AuthAccount, token: NewCredentials, app: App | undefined): Promise<void> {
    const person = await this.#whoIs(account, token);
    const against = await this.#auth.whyNot(account, person);
    if (against !== undefined) {
      if (app !== undefined) await this.#revokeUnheld(account, person, token, app);
      throw new HowdahError("PERSON_WRONG", against.reason, { cure: against.cure });
    }
    const holder = await this.#vault.pin(account, person);
    if (holder !== undefined) {
      throw new HowdahError("PERSON_WRONG", `@${person.username} belongs to the account ${holder} already`, {
        cure: `sign in as the person of ${account.name}`,
      });
    }
    let stored: number | undefined;
    while (stored === undefined) {
      stored = await this.#vault.store(account, token, await this.#vault.generation(account));
    }
  }

  async #whoIs(account: AuthAccount, token: NewCredentials): Promise<CredentialAccount> {
    const asked = await this.#auth.verify(account, token.accessToken);
    if (asked instanceof NetworkError) throw asked;
    const verdict = judge(asked);
    const person = verdict.state === "ready" ? personIn(asked.body) : undefined;
    if (person !== undefined) return person;
    throw new HowdahError("SERVER_REFUSED", verdict.reason || "the server does not say whose token it is", {
      cure: cureFor(account.name, verdict) || "check server: in accounts.yaml",
    });
  }

  /** Servers hand out the same token twice: revoking it would end another account that holds it. */
  async #revokeUnheld(account: AuthAccount, person: CredentialAccount, token: NewCredentials, app: App): Promise<void> {
    const holders = [account.name, await this.#vault.holder(account.server, person.id)];
    for (const name of holders) {
      const held = name === undefined ? undefined : await this.#vault.credentials({ name, server: account.server });
      if (held?.accessToken === token.accessToken) return;
    }
    await this.#oauth.revoke(account.server, app, token.accessToken).catch(() => undefined);
  }

  async #refused(account: AuthAccount, pending: PendingAuthorization, refusal: TokenRefusal): Promise<HowdahError> {
    if (await this.#oauth.isAboutApp(account.server, pending.app, refusal)) {
      await this.#registration.forget(account.server, pending.app);
      await this.#vault.clearPending(account);
      return new HowdahError("CODE_REFUSED", "the server has forgotten the app that asked", {
        cure: `begin again with: bot auth ${account.name}`,
      });
    }
    if (refusal.status >= 500 || refusal.status === 429) {
      return new HowdahError("SERVER_REFUSED", `the server is out of order (${refusal.status})`, {
        cure: "try the same code again in a minute",
      });
    }
    const said = refusal.description || refusal.error || `status ${refusal.status}`;
    return new HowdahError("CODE_REFUSED", `the server refuses the code (${said})`, {
      cure: "codes are good once and for a few minutes: open the address again and paste the new one",
    });
  }
}
