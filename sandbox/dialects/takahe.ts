import type { Dialect, RefusalRow } from "./dialect.js";
import { mastodon } from "./mastodon.js";

const notAToken: RefusalRow = { status: 400, body: "Invalid Bearer token" };

/** Takahe. @see https://docs.jointakahe.org/ */
export const takahe: Dialect = {
  ...mastodon,
  software: {
    name: "takahe",
    version: "takahe/0.11.0",
    sourceUrl: "https://jointakahe.org/",
    instanceV2: true,
  },
  codes: {
    lifetimeSeconds: 60,
    again: "nothing",
    challengeMethods: [],
    metadata: false,
    agreedBefore: "the-question",
  },
  tokens: { ...mastodon.tokens, second: "another", appTokens: false },
  scopes: { unknown: "kept", admin: "kept", asked: "exact", permitted: "hierarchical" },
  refusals: {
    ...mastodon.refusals,
    badCode: { status: 400, body: { error: "invalid_code" } },
    usedCode: { status: 401, body: { error: "access_denied" } },
    wrongRedirect: { status: 400, body: { error: "invalid_code" } },
    badClient: { status: 401, body: { error: "invalid_client_id" } },
    unknownGrant: { status: 400, body: { error: "invalid_grant_type" } },
    invalidToken: notAToken,
    revokedToken: notAToken,
    expiredToken: notAToken,
    missingScope: { status: 403, body: { error: "out_of_scope_for_token" } },
  },
  streaming: undefined,
  idempotency: undefined,
  limits: [],
  limitHeaders: false,
};
