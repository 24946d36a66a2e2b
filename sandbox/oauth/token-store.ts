import type { Settings } from "../settings.js";
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
  readonly #settings: Pick<Settings, "dialect" | "refreshTokens">;
  readonly #onRevoked: (token: Token) => void;

  constructor(
    secrets: Secrets,
    settings: Pick<Settings, "dialect" | "refreshTokens">,
    onRevoked: (token: Token) => void,
  ) {
    this.#secrets = secrets;
    this.#settings = settings;
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

  /** Gives a token; where the same app, person and scopes have one, the dialect says what comes of that. */
  give(app: App, person: Person | undefined, scopes: readonly string[]): Token {
    const { second } = this.#settings.dialect.tokens;
    if (second === "a-replacement") {
      for (const token of this.all()) if (token.app === app && token.person === person) this.revoke(token);
    }
    const held = second === "the-same" ? this.matching(app, person, scopes) : undefined;
    return held ?? this.create(app, person, scopes);
  }

  /** The token that this app already has for this person with exactly these scopes. */
  matching(app: App, person: Person | undefined, scopes: readonly string[]): Token | undefined {
    return this.all().find(
      (token) => token.app === app && token.person === person && isUsable(token) && sameScopes(token.scopes, scopes),
    );
  }

  create(app: App, person: Person | undefined, scopes: readonly string[], replaces?: Token): Token {
    const refreshable = this.#settings.refreshTokens !== false && person !== undefined;
    const lifetimeSeconds = this.#lifetimeSeconds(person);
    const token: Token = {
      accessToken: this.#secrets.issue(),
      refreshToken: refreshable ? this.#secrets.issue() : undefined,
      app,
      person,
      scopes,
      createdAt: Date.now(),
      expiresAt: lifetimeSeconds === undefined ? undefined : Date.now() + lifetimeSeconds * 1000,
      revoked: false,
      replaces,
    };
    this.#tokens.set(token.accessToken, token);
    if (token.refreshToken !== undefined) this.#byRefreshToken.set(token.refreshToken, token);
    return token;
  }

  /** Exchanges a refresh token: the old pair ends now or with the first use of the new one. */
  rotate(old: Token, scopes: readonly string[]): Token {
    const { refreshTokens } = this.#settings;
    const later = refreshTokens !== false && refreshTokens.rotate === "on-first-use";
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

  #lifetimeSeconds(person: Person | undefined): number | undefined {
    const { dialect, refreshTokens } = this.#settings;
    const { appExpiresInSeconds, expiresInSeconds } = dialect.tokens;
    if (person === undefined && appExpiresInSeconds !== undefined) return appExpiresInSeconds;
    return refreshTokens === false ? expiresInSeconds : refreshTokens.expiresInSeconds;
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
