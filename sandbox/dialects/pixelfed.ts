import type { Dialect } from "./dialect.js";
import { mastodon } from "./mastodon.js";

const yearSeconds = 365 * 24 * 60 * 60;

/** Pixelfed, as far as its tokens and scopes go. @see https://docs.pixelfed.org/ */
export const pixelfed: Dialect = {
  ...mastodon,
  software: {
    name: "pixelfed",
    version: "3.5.3 (compatible; Pixelfed 0.12.4)",
    sourceUrl: "https://github.com/pixelfed/pixelfed",
    instanceV2: true,
  },
  codes: { ...mastodon.codes, challengeMethods: [], metadata: false, agreedBefore: "the-question" },
  tokens: { ...mastodon.tokens, refresh: { expiresInSeconds: yearSeconds, rotate: "at-once" }, second: "another" },
  scopes: { ...mastodon.scopes, known: ["read", "write", "follow", "push", "admin:read", "admin:write"] },
  idempotency: undefined,
};
