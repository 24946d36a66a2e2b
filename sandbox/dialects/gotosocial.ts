import type { Dialect, RefusalRow } from "./dialect.js";
import { mastodon } from "./mastodon.js";

/** The `error` is what its OAuth library says, not a code of RFC 6749. */
const grantRefusal = (status: number, error: string): RefusalRow => ({
  status,
  body: { error, error_description: `Bad Request: could not get access token: ${error}` },
});

const unauthorized: RefusalRow = {
  status: 401,
  body: { error: "Unauthorized: token not recognized" },
};

/** GoToSocial. @see https://docs.gotosocial.org/en/latest/api/swagger/ */
export const gotosocial: Dialect = {
  ...mastodon,
  software: {
    name: "gotosocial",
    version: "0.20.1+git-0000000",
    sourceUrl: "https://codeberg.org/superseriousbusiness/gotosocial",
    instanceV2: true,
  },
  codes: { ...mastodon.codes, challengeMethods: [], metadata: false, agreedBefore: "the-question" },
  tokens: {
    ...mastodon.tokens,
    appExpiresInSeconds: 7200,
    second: "another",
    clientSecret: ["post"],
    revokeFormOnly: true,
  },
  scopes: { unknown: "kept", admin: "kept", asked: "hierarchical", permitted: "hierarchical" },
  refusals: {
    ...mastodon.refusals,
    badCode: grantRefusal(400, "invalid authorize code"),
    usedCode: grantRefusal(400, "invalid authorize code"),
    badClient: grantRefusal(400, "invalid_client"),
    wrongRedirect: { status: 403, body: { error: "Forbidden: requested redirect URI was not covered by client" } },
    scopeNotRegistered: { status: 403, body: { error: "Forbidden: requested scope was not covered by client scope" } },
    invalidToken: unauthorized,
    revokedToken: unauthorized,
    expiredToken: unauthorized,
    missingScope: { status: 403, body: { error: "Forbidden: token has insufficient scope permission" } },
  },
  streaming: {
    tokenIn: ["header", "query", "protocol"],
    wholeReadIn: ["query", "protocol"],
    passedOver: ["user:notification"],
    isCounted: true,
  },
  idempotency: undefined,
  ids: { records: "ulid", notifications: "ulid" },
  limits: [{ name: "address", per: "address", limit: 300, windowSeconds: 300 }],
  limitHeaders: true,
  userAgentRequired: true,
  without: ["apps.verifyCredentials"],
};
