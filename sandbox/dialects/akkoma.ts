import type { Dialect, RefusalRow } from "./dialect.js";
import { mastodon } from "./mastodon.js";

const hundredYears = 3_153_600_000;

const badGrant: RefusalRow = { status: 400, body: { error: "Invalid credentials" } };
const badToken: RefusalRow = { status: 403, body: { error: "Invalid credentials." } };

/** Akkoma, and Pleroma as far as it is alike. @see https://docs.akkoma.dev/stable/development/API/differences_in_mastoapi_responses/ */
export const akkoma: Dialect = {
  ...mastodon,
  software: {
    name: "akkoma",
    version: "2.7.2 (compatible; Akkoma 3.15.2)",
    sourceUrl: "https://akkoma.dev/AkkomaGang/akkoma",
    instanceV2: false,
  },
  codes: {
    lifetimeSeconds: hundredYears,
    again: "the-same-token",
    challengeMethods: [],
    metadata: false,
    agreedBefore: "the-token",
  },
  tokens: {
    ...mastodon.tokens,
    refresh: { expiresInSeconds: hundredYears, rotate: "at-once" },
    second: "another",
  },
  scopes: { unknown: "kept", admin: "dropped", asked: "hierarchical", permitted: "hierarchical" },
  refusals: {
    ...mastodon.refusals,
    badCode: badGrant,
    usedCode: badGrant,
    wrongRedirect: badGrant,
    badClient: badGrant,
    badRefreshToken: badGrant,
    unknownGrant: { status: 500, body: { error: "Bad request" } },
    invalidToken: badToken,
    revokedToken: badToken,
    expiredToken: badToken,
    missingScope: { status: 403, body: { error: "Insufficient permissions: {scopes}." } },
    tooMany: { status: 429, body: { error: "Throttled" } },
  },
  streaming: { tokenIn: ["query", "protocol"], wholeReadIn: [], passedOver: [] },
  idempotency: { seconds: 6 * 60 * 60, keptUnder: "key-with-its-answer" },
  ids: { records: "flake", notifications: "snowflake" },
  limits: [
    { name: "statuses", per: "person", only: "statuses", limit: 15, windowSeconds: 10 },
    { name: "relationships", per: "person", only: "follows", limit: 10, windowSeconds: 10 },
  ],
  limitHeaders: false,
};
