import type { InjectionToken } from "tsyringe";

/** The person whom a token speaks for. */
export interface Person {
  readonly id: string;
  /** The local part of the handle. */
  readonly username: string;
}

/** What is cached for an account: its token and what is known about it. */
export interface Credentials {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Granted, as the server wrote them. */
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch; undefined: does not expire. */
  readonly expiresAt: number | undefined;
  readonly obtainedAt: number;
  /** The scopes of the app that the token was issued to; undefined for a token that the operator brought. */
  readonly appScopes: string | undefined;
  /** Rises with each change; a refresh stores its result only over the generation that it spent. */
  readonly generation: number;
}

/** An app's credentials at a server. */
export interface App {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Exactly as registered, space separated: what is asked for must be the same string. */
  readonly scopes: string;
}

/** An authorization that waits for its code. */
export interface PendingAuthorization {
  readonly url: string;
  readonly app: App;
  /** Of PKCE; undefined where the server knows none. */
  readonly codeVerifier: string | undefined;
  /** When it was begun, in milliseconds since the epoch. */
  readonly begunAt: number;
}

/** Names an account's place in the vault: it is bound to the server's origin. */
export interface AccountKey {
  readonly name: string;
  readonly server: string;
}

/** Credentials as they are stored: the generation is the vault's to give. */
export type NewCredentials = Omit<Credentials, "generation">;

/** A request to renew a token that was, or was about to be, sent, and whose answer is not stored. */
export interface RefreshIntent {
  /** When the first request that spends this refresh token was about to be sent; milliseconds since the epoch. */
  readonly sentAt: number;
  /** How many requests were never reported on: their process died, or still waits for the answer. */
  readonly unreported: number;
}

/** Holds tokens, app credentials and pinned persons; nothing in it is in clear outside memory. */
export interface Vault {
  credentials(account: AccountKey): Promise<Credentials | undefined>;
  /**
   * Stores over `expected` (0: there are none) and returns the new generation, or undefined where another process
   * stored first. A refresh intent goes with the generation that it spends. What was dropped as lost may still arrive:
   * it is stored over the generation that was lost.
   */
  store(account: AccountKey, credentials: NewCredentials, expected: number): Promise<number | undefined>;
  /**
   * Forgets the token if it is still of that generation; the generation rises, the pinned person stays. `lostBecause`:
   * the answer to its renewal was lost, and how.
   */
  drop(account: AccountKey, generation: number, lostBecause?: string): Promise<boolean>;
  /** Why there is no token, where it was dropped as lost. */
  lostBecause(account: AccountKey): Promise<string | undefined>;
  /** The renewal that was tried with the token of that generation, and is not stored. */
  refreshIntent(account: AccountKey, generation: number): Promise<RefreshIntent | undefined>;
  /** Notes or, without one, forgets it. Answers false where that generation does not stand any more. */
  setRefreshIntent(account: AccountKey, generation: number, intent: RefreshIntent | undefined): Promise<boolean>;
  /** The generation in force; 0 before the first token. */
  generation(account: AccountKey): Promise<number>;

  person(account: AccountKey): Promise<Person | undefined>;
  /** Binds the account to a person for good. Returns the name of the account that holds the person already, if another. */
  pin(account: AccountKey, person: Person): Promise<string | undefined>;
  /** Undoes `pin`: the account may become another person's, and the person another account's. */
  unpin(account: AccountKey): Promise<void>;
  /** The account that a person of this server is pinned to. */
  holder(server: string, personId: string): Promise<string | undefined>;
  /** Who the account is on other servers: `server:` in accounts.yaml was another one. */
  elsewhere(account: AccountKey): Promise<{ readonly server: string; readonly username: string }[]>;
  /** The names of all accounts that somebody of this server is pinned to. */
  holders(server: string): Promise<string[]>;

  app(server: string, scopes: string): Promise<App | undefined>;
  storeApp(server: string, app: App): Promise<void>;
  /** Remembers that an app serves these scopes too: its own permit them, and the server knows no finer ones. */
  storeAppAs(server: string, scopes: string, app: App): Promise<void>;
  forgetApp(server: string, app: App): Promise<void>;

  pending(account: AccountKey): Promise<PendingAuthorization | undefined>;
  /** Kept for a day. */
  storePending(account: AccountKey, pending: PendingAuthorization): Promise<void>;
  clearPending(account: AccountKey): Promise<void>;
}

/** The injection token of the vault. */
export const VaultToken: InjectionToken<Vault> = Symbol("Vault");
