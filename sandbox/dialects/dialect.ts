import type { Bucket } from "../../core/mastodon/operation.js";
import type { OperationName } from "../../core/mastodon/operations.js";

/** A refusal; a text is sent as plain text, `{scopes}` in a message becomes what was needed. */
export interface RefusalRow {
  readonly status: number;
  readonly body: string | Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Every refusal that servers word in their own way. */
export interface RefusalRows {
  readonly badCode: RefusalRow;
  readonly usedCode: RefusalRow;
  readonly wrongRedirect: RefusalRow;
  readonly badClient: RefusalRow;
  readonly badRefreshToken: RefusalRow;
  readonly unknownGrant: RefusalRow;
  readonly scopeNotRegistered: RefusalRow;
  readonly invalidToken: RefusalRow;
  readonly revokedToken: RefusalRow;
  readonly expiredToken: RefusalRow;
  readonly missingScope: RefusalRow;
  readonly tooMany: RefusalRow;
}

/** How refresh tokens behave where there are any. */
export interface RefreshTokenSettings {
  readonly expiresInSeconds: number;
  /** Whether the old tokens end with the refresh itself or with the first use of the new access token. */
  readonly rotate: "at-once" | "on-first-use";
}

/** What the server says it is. */
export interface Software {
  /** As nodeinfo has it. */
  readonly name: string;
  /** As the instance endpoints have it. */
  readonly version: string;
  readonly sourceUrl: string;
  /** Whether there is `GET /api/v2/instance` beside version 1. */
  readonly instanceV2: boolean;
}

/** Authorization codes, and what leads to them. */
export interface CodeRows {
  readonly lifetimeSeconds: number;
  /** What a code gives that was exchanged before. */
  readonly again: "nothing" | "the-same-token" | "another-token";
  /** The challenge methods of PKCE; with none, challenges are ignored. */
  readonly challengeMethods: readonly ("S256" | "plain")[];
  /** Whether `/.well-known/oauth-authorization-server` is there (RFC 8414). */
  readonly metadata: boolean;
  /** What a signed-in person who agreed before is shown, unless `force_login` was asked for. */
  readonly agreedBefore: "the-code" | "the-token" | "the-question";
}

/** Tokens, and how apps get at them. */
export interface TokenRows {
  readonly refresh: false | RefreshTokenSettings;
  /** Of access tokens without a refresh token; undefined: they do not end. */
  readonly expiresInSeconds?: number;
  /** Of an app's own tokens. */
  readonly appExpiresInSeconds?: number;
  /** The unit of `created_at` where a code was exchanged. */
  readonly createdAt: "seconds" | "milliseconds";
  /** What the response's `scope` names. */
  readonly scopeField: "granted" | "of-the-app" | "absent";
  /** What an app gets for a person it has a token of with these scopes: that one, one more, or one in its place. */
  readonly second: "the-same" | "another" | "a-replacement";
  /** Whether an app can have a token of its own (`client_credentials`). */
  readonly appTokens: boolean;
  /** Where an app's secret may be sent. */
  readonly clientSecret: readonly ("basic" | "post")[];
  /** Whose authority ends a token: the app's, or the token's own (`Authorization: Bearer`). */
  readonly revokedBy: "the-app" | "a-token";
  /** Whether the revocation endpoint takes forms only. */
  readonly revokeFormOnly: boolean;
}

/** Scopes at registration, in a request for authorization, and at an operation. */
export interface ScopeRows {
  /** The names that the server knows; those that Mastodon does where it is left out. */
  readonly known?: readonly string[];
  /** What happens to names that it does not know. */
  readonly unknown: "refused" | "dropped" | "kept";
  /** What happens to `admin:*`, which nobody in the sandbox has a role for. */
  readonly admin: "refused" | "dropped" | "kept";
  /** How what is asked for is held against the registration; `ignored`: all that was registered is granted. */
  readonly asked: "exact" | "hierarchical" | "ignored";
  /** How what was granted is held against what an operation needs. */
  readonly permitted: "hierarchical" | "substring" | "ignored";
}

/** Where a token may be sent to the streaming API. */
export type StreamTokenPlace = "header" | "query" | "protocol";

/** The streaming API. */
export interface StreamingRows {
  readonly tokenIn: readonly StreamTokenPlace[];
  /** The places at which a token has to permit all of `read`. */
  readonly wholeReadIn: readonly StreamTokenPlace[];
  /** Streams that a subscription inside the socket is silently passed over for. */
  readonly passedOver: readonly string[];
  /** Whether opening a stream counts against the limits. Mastodon's are served by a process that has none. */
  readonly isCounted?: boolean;
}

/** One limit: how many requests of a kind in a window. */
export interface LimitRow {
  readonly name: string;
  /** Whose requests are counted together; `stranger`: an address that sends no token. */
  readonly per: "token" | "person" | "address" | "stranger";
  readonly limit: number;
  readonly windowSeconds: number;
  /** The requests it is about; every one of the API where it is left out. */
  readonly only?: Exclude<Bucket, "default"> | "paging" | "registration" | "token-endpoint";
  /** Whether only what took effect counts. */
  readonly onSuccess?: true;
}

/** How ids look: of Mastodon, ULID, UUIDv7, Pleroma's base62, or Hollo's `time/type/uuid`. */
export type IdForm = "snowflake" | "ulid" | "uuid" | "flake" | "time-type-uuid";

/** How a server family behaves, as far as that differs from Mastodon. */
export interface Dialect {
  readonly software: Software;
  readonly codes: CodeRows;
  readonly tokens: TokenRows;
  readonly scopes: ScopeRows;
  readonly refusals: RefusalRows;
  /** Undefined: there is none. */
  readonly streaming: StreamingRows | undefined;
  /** How long an `Idempotency-Key` holds, and what it is kept under; undefined: it is ignored. */
  readonly idempotency:
    | { readonly seconds: number; readonly keptUnder: "person" | "server" | "key-with-its-answer" }
    | undefined;
  readonly ids: { readonly records: IdForm; readonly notifications: IdForm };
  readonly limits: readonly LimitRow[];
  /** Whether answers carry `X-RateLimit-*`. */
  readonly limitHeaders: boolean;
  readonly userAgentRequired: boolean;
  /** Operations that are not there. */
  readonly without: readonly OperationName[];
}
