import type { Dialect, RefusalRow } from "./dialect.js";
import { mastodon } from "./mastodon.js";

const unauthorized: RefusalRow = { status: 401, body: { error: "Unauthorized" } };
/** One answer for a token that is none and for one that permits too little. */
const forbidden: RefusalRow = {
  status: 403,
  body: { error: "Token is not authorized with a valid user or is missing a required scope" },
};

/** Friendica. @see https://wiki.friendi.ca/docs/api-mastodon */
export const friendica: Dialect = {
  ...mastodon,
  software: {
    name: "friendica",
    version: "2.8.0 (compatible; Friendica 2024.08)",
    sourceUrl: "https://git.friendi.ca/friendica/friendica",
    instanceV2: true,
  },
  codes: {
    lifetimeSeconds: 5 * 60,
    again: "the-same-token",
    challengeMethods: [],
    metadata: false,
    agreedBefore: "the-question",
  },
  tokens: { ...mastodon.tokens, scopeField: "of-the-app", second: "a-replacement" },
  scopes: { unknown: "kept", admin: "kept", asked: "ignored", permitted: "substring" },
  refusals: {
    ...mastodon.refusals,
    badCode: unauthorized,
    usedCode: unauthorized,
    wrongRedirect: unauthorized,
    badClient: unauthorized,
    unknownGrant: { status: 422, body: { error: "Unsupported or missing grant type" } },
    invalidToken: forbidden,
    revokedToken: forbidden,
    expiredToken: forbidden,
    missingScope: forbidden,
  },
  streaming: undefined,
  idempotency: undefined,
  limits: [],
  limitHeaders: false,
};
