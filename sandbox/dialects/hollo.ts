import type { Dialect, RefusalRow } from "./dialect.js";
import { mastodon } from "./mastodon.js";

const invalidToken: RefusalRow = { status: 401, body: { error: "invalid_token" } };

/** Hollo, a server for one person. @see https://docs.hollo.social/ */
export const hollo: Dialect = {
  ...mastodon,
  software: {
    name: "hollo",
    version: "0.6.1",
    sourceUrl: "https://github.com/fedify-dev/hollo",
    instanceV2: true,
  },
  codes: { ...mastodon.codes, agreedBefore: "the-question" },
  tokens: { ...mastodon.tokens, createdAt: "milliseconds", second: "another" },
  scopes: { ...mastodon.scopes, admin: "refused" },
  refusals: {
    ...mastodon.refusals,
    invalidToken,
    revokedToken: invalidToken,
    expiredToken: invalidToken,
    missingScope: { status: 403, body: { error: "insufficient_scope" } },
  },
  streaming: undefined,
  ids: { records: "uuid", notifications: "time-type-uuid" },
  limits: [],
  limitHeaders: false,
};
