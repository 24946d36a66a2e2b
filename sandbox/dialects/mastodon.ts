import type { Dialect, LimitRow, RefusalRow } from "./dialect.js";

const minute = 60;
const hour = 60 * minute;

const oauthRefusal = (status: number, error: string, error_description: string): RefusalRow => ({
  status,
  body: { error, error_description },
});

const invalidGrant = oauthRefusal(
  400,
  "invalid_grant",
  "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.",
);

const clientFailed =
  "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.";

/** Mastodon's 401 for a token, with the challenge that Doorkeeper sends along. */
const tokenRefusal = (error: string): RefusalRow => ({
  status: 401,
  body: { error },
  headers: { "WWW-Authenticate": `Bearer realm="Doorkeeper", error="invalid_token", error_description="${error}"` },
});

/** @see https://docs.joinmastodon.org/api/rate-limits/ */
const limits: readonly LimitRow[] = [
  { name: "token", per: "token", limit: 300, windowSeconds: 5 * minute },
  { name: "stranger", per: "stranger", limit: 300, windowSeconds: 5 * minute },
  { name: "person", per: "person", limit: 1500, windowSeconds: 5 * minute },
  { name: "media", per: "person", only: "media", limit: 30, windowSeconds: 30 * minute },
  { name: "deletes", per: "person", only: "deletes", limit: 30, windowSeconds: 30 * minute },
  { name: "paging", per: "person", only: "paging", limit: 300, windowSeconds: 15 * minute },
  { name: "apps", per: "address", only: "registration", limit: 5, windowSeconds: 10 * minute },
  { name: "statuses", per: "person", only: "statuses", limit: 300, windowSeconds: 3 * hour, onSuccess: true },
  { name: "follows", per: "person", only: "follows", limit: 400, windowSeconds: 24 * hour, onSuccess: true },
  { name: "reports", per: "person", only: "reports", limit: 400, windowSeconds: 24 * hour, onSuccess: true },
];

/** Mastodon 4.4: what the other rows are laid over. @see https://docs.joinmastodon.org/methods/oauth/ */
export const mastodon: Dialect = {
  software: {
    name: "mastodon",
    version: "4.4.3",
    sourceUrl: "https://github.com/mastodon/mastodon",
    instanceV2: true,
  },
  codes: {
    lifetimeSeconds: 10 * minute,
    again: "nothing",
    challengeMethods: ["S256"],
    metadata: true,
    agreedBefore: "the-code",
  },
  tokens: {
    refresh: false,
    createdAt: "seconds",
    scopeField: "granted",
    second: "the-same",
    appTokens: true,
    clientSecret: ["basic", "post"],
    revokedBy: "the-app",
    revokeFormOnly: false,
  },
  scopes: { unknown: "refused", admin: "kept", asked: "exact", permitted: "hierarchical" },
  refusals: {
    badCode: invalidGrant,
    usedCode: invalidGrant,
    wrongRedirect: invalidGrant,
    badRefreshToken: invalidGrant,
    badClient: {
      ...oauthRefusal(401, "invalid_client", clientFailed),
      headers: {
        "WWW-Authenticate": `Bearer realm="Doorkeeper", error="invalid_client", error_description="${clientFailed}"`,
      },
    },
    unknownGrant: oauthRefusal(
      400,
      "unsupported_grant_type",
      "The authorization grant type is not supported by the authorization server.",
    ),
    scopeNotRegistered: oauthRefusal(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed."),
    invalidToken: tokenRefusal("The access token is invalid"),
    revokedToken: tokenRefusal("The access token was revoked"),
    expiredToken: tokenRefusal("The access token expired"),
    missingScope: { status: 403, body: { error: "This action is outside the authorized scopes" } },
    tooMany: { status: 429, body: { error: "Too many requests" } },
  },
  streaming: { tokenIn: ["header", "query", "protocol"], wholeReadIn: [], passedOver: [] },
  idempotency: { seconds: hour, keptUnder: "person" },
  ids: { records: "snowflake", notifications: "snowflake" },
  limits,
  limitHeaders: true,
  userAgentRequired: false,
  without: [],
};
