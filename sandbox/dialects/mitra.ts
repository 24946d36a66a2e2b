import type { Dialect, RefusalRow } from "./dialect.js";
import { mastodon } from "./mastodon.js";

const refusal = (status: number, error: string): RefusalRow => ({ status, body: { error, error_description: error } });
const badToken = refusal(401, "access token is invalid");

/** Mitra. @see https://codeberg.org/silverpill/mitra */
export const mitra: Dialect = {
  ...mastodon,
  software: {
    name: "mitra",
    version: "4.0.0 (compatible; Mitra 4.8.0)",
    sourceUrl: "https://codeberg.org/silverpill/mitra",
    instanceV2: true,
  },
  codes: {
    lifetimeSeconds: 5 * 60,
    again: "another-token",
    challengeMethods: [],
    metadata: false,
    agreedBefore: "the-question",
  },
  tokens: {
    ...mastodon.tokens,
    expiresInSeconds: 30 * 24 * 60 * 60,
    scopeField: "absent",
    second: "another",
    appTokens: false,
    clientSecret: ["post"],
    revokedBy: "a-token",
  },
  scopes: { unknown: "dropped", admin: "dropped", asked: "hierarchical", permitted: "ignored" },
  refusals: {
    ...mastodon.refusals,
    badCode: refusal(404, "user not found"),
    usedCode: refusal(404, "user not found"),
    wrongRedirect: refusal(404, "user not found"),
    badClient: refusal(401, "invalid client credentials"),
    unknownGrant: refusal(400, "unsupported grant type"),
    scopeNotRegistered: refusal(400, "invalid scope"),
    invalidToken: badToken,
    revokedToken: badToken,
    expiredToken: badToken,
    missingScope: refusal(403, "permission error"),
    tooMany: refusal(429, "retry later"),
  },
  streaming: undefined,
  idempotency: { seconds: 60 * 60, keptUnder: "server" },
  ids: { records: "uuid", notifications: "snowflake" },
  limits: [{ name: "login", per: "address", only: "token-endpoint", limit: 5, windowSeconds: 600 }],
  limitHeaders: false,
  without: ["apps.verifyCredentials"],
};
