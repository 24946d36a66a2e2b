import { inject, injectable } from "tsyringe";
import { NetworkError } from "../errors.js";
import { AuthService, type AuthAccount } from "./auth-service.js";
import { OAuth } from "./oauth.js";
import { VaultToken, type App, type Credentials, type Vault } from "./vault.js";
import { judge } from "./verdict.js";

/** What became of an account's token. All but `kept` forget it here. */
export type Revocation =
  /** There was none. */
  | { readonly outcome: "none" }
  /** The server does not take it any more. */
  | { readonly outcome: "revoked" }
  /** It was only forgotten here, as asked. */
  | { readonly outcome: "forgotten" }
  /** Another account lives by the very same token. */
  | { readonly outcome: "shared"; readonly with: string }
  /** No app is at hand that could revoke it: it was brought by the operator, or its app was lost. */
  | { readonly outcome: "foreign" }
  /** The server did not do it: the token is still here, and good there. */
  | { readonly outcome: "kept"; readonly why: string };

/** What to revoke, and beside whom. */
export interface RevocationRequest {
  readonly account: AuthAccount;
  /** The accounts of accounts.yaml; those that the vault knows besides are looked at too. */
  readonly fleet: readonly string[];
  /** Leaves the server alone. */
  readonly onlyHere: boolean;
}

/** Ends an account's token, at its server and here. The app stays: others use it. */
@injectable()
export class Revoking {
  readonly #vault: Vault;
  readonly #oauth: OAuth;
  readonly #auth: AuthService;

  constructor(@inject(VaultToken) vault: Vault, @inject(OAuth) oauth: OAuth, @inject(AuthService) auth: AuthService) {
    this.#vault = vault;
    this.#oauth = oauth;
    this.#auth = auth;
  }

  /** A token that is renewed meanwhile is revoked in its turn. An authorization under way is given up as well. */
  async revoke(request: RevocationRequest): Promise<Revocation> {
    const { account } = request;
    await this.#vault.clearPending(account);
    for (let before: Revocation = { outcome: "none" }; ;) {
      const credentials = await this.#vault.credentials(account);
      if (credentials === undefined) return before;
      const revocation = await this.#end(request, credentials);
      if (revocation.outcome === "kept") return revocation;
      if (await this.#vault.drop(account, credentials.generation)) return revocation;
      before = revocation;
    }
  }

  async #end({ account, fleet, onlyHere }: RevocationRequest, credentials: Credentials): Promise<Revocation> {
    if (onlyHere) return { outcome: "forgotten" };
    const sharer = await this.#sharerOf(account, fleet, credentials.accessToken);
    if (sharer !== undefined) return { outcome: "shared", with: sharer };
    const { appScopes } = credentials;
    const app = appScopes === undefined ? undefined : await this.#vault.app(account.server, appScopes);
    if (app === undefined) return { outcome: "foreign" };
    try {
      return await this.#atServer(account, app, credentials);
    } catch (error) {
      if (error instanceof NetworkError) return { outcome: "kept", why: judge(error).reason };
      throw error;
    }
  }

  /** Servers hand out the same token twice: revoking it would end another account. */
  async #sharerOf(account: AuthAccount, fleet: readonly string[], accessToken: string): Promise<string | undefined> {
    const { server } = account;
    for (const name of new Set([...fleet, ...(await this.#vault.holders(server))])) {
      if (name === account.name) continue;
      const held = await this.#vault.credentials({ name, server });
      if (held?.accessToken === accessToken) return name;
    }
    return undefined;
  }

  /** Servers answer 200 also for what they did not do: what counts is whether the token still works. */
  async #atServer(account: AuthAccount, app: App, credentials: Credentials): Promise<Revocation> {
    const { accessToken, refreshToken, scopes } = credentials;
    const answer = await this.#oauth.revoke(account.server, app, accessToken);
    const isTaken = answer.status < 300;
    // Most servers end both together; one that does not must not be left with the other.
    if (isTaken && refreshToken !== undefined) {
      await this.#oauth.revoke(account.server, app, refreshToken).catch(() => undefined);
    }
    const verdict = judge(await this.#auth.verify(account, accessToken), scopes);
    if (verdict.tokenRefused || (isTaken && verdict.state !== "ready")) return { outcome: "revoked" };
    if (!isTaken) return { outcome: "kept", why: judge(answer).reason };
    return { outcome: "kept", why: "the server says that it did, but the token still works" };
  }
}
