import type { RefreshTokenSettings } from "../settings.js";
import type { Person } from "../world/records.js";
import type { App } from "./app-registry.js";
import type { Secrets } from "./secrets.js";

/** An access token with what came with it. */
export interface Token {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly app: App;
  /** Nobody for an app's own token. */
  readonly person: Person | undefined;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  /** When the access token ends, in milliseconds; the control surface may bring it forward. */
  expiresAt: number | undefined;
  revoked: boolean;
  /** What this one replaces with its first use. */
  replaces: Token | undefined;
}

/** The tokens that were given out. */
export class TokenStore {
  readonly #tokens = new Map<string, Token>();
  readonly #byRefreshToken = new Map<string, Token>();
  readonly #secrets: Secrets;
  readonly #refresh: false | RefreshTokenSettings;
  readonly #onRevoked: (token: Token) => void;

  constructor(secrets: Secrets, refresh: false | RefreshTokenSettings, onRevoked: (token: Token) => void) {
    this.#secrets = secrets;
    this.#refresh = refresh;
    this.#onRevoked = onRevoked;
  }

  all(): Token[] {
    return [...this.#tokens.values()];
  }

  find(accessToken: string | undefined): Token | undefined {
    return accessToken === undefined ? undefined : this.#tokens.get(accessToken);
  }

  findByRefreshToken(refreshToken: string): Token | undefined {
    return this.#byRefreshToken.get(refreshToken);
  }

  /** Gives a token; the same app, person and scopes get the one they have, as with Mastodon's `reuse_access_token`. */
  give(app: App, person: Person | undefined, scopes: readonly string[]): Token {
    return this.matching(app, person, scopes) ?? this.create(app, person, scopes);
  }

  /** The token that this app already has for this person with exactly these scopes. */
  matching(app: App, person: Person | undefined, scopes: readonly string[]): Token | undefined {
    return this.all().find(
      (token) => token.app === app && token.person === person && isUsable(token) && sameScopes(token.scopes, scopes),
    );
  }

  create(app: App, person: Person | undefined, scopes: readonly string[], replaces?: Token): Token {
    const refreshable = this.#refresh !== false && person !== undefined;
    const token: Token = {
      accessToken: this.#secrets.issue(),
      refreshToken: refreshable ? this.#secrets.issue() : undefined,
      app,
      person,
      scopes,
      createdAt: Date.now(),
      expiresAt: this.#refresh === false ? undefined : Date.now() + this.#refresh.expiresInSeconds * 1000,
      revoked: false,
      replaces,
    };
    this.#tokens.set(token.accessToken, token);
    if (token.refreshToken !== undefined) this.#byRefreshToken.set(token.refreshToken, token);
    return token;
  }

  /** Exchanges a refresh token: the old pair ends now or with the first use of the new one. */
  rotate(old: Token, scopes: readonly string[]): Token {
    const later = this.#refresh !== false && this.#refresh.rotate === "on-first-use";
    const token = this.create(old.app, old.person, scopes, later ? old : undefined);
    if (!later) this.revoke(old);
    return token;
  }

  /** To be called for each use of an access token. */
  used(token: Token): void {
    if (token.replaces === undefined) return;
    this.revoke(token.replaces);
    token.replaces = undefined;
  }

  revoke(token: Token): void {
    if (token.revoked) return;
    token.revoked = true;
    this.#onRevoked(token);
  }
}

/** Why a token is not good any more, if it is not. */
export function refusedBecause(token: Token): "revoked" | "expired" | undefined {
  if (token.revoked) return "revoked";
  return token.expiresAt !== undefined && token.expiresAt <= Date.now() ? "expired" : undefined;
}

const isUsable = (token: Token): boolean => refusedBecause(token) === undefined;

function sameScopes(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((scope) => b.includes(scope));
}
