import type { Dialect } from "./dialect.js";
import { mastodon } from "./mastodon.js";

/** Mastodon's code on a Doorkeeper that gives refresh tokens. @see https://doorkeeper.gitbook.io/guides/ */
export const doorkeeper: Dialect = {
  ...mastodon,
  codes: { ...mastodon.codes, challengeMethods: ["S256", "plain"], agreedBefore: "the-question" },
  tokens: { ...mastodon.tokens, refresh: { expiresInSeconds: 7200, rotate: "on-first-use" }, second: "another" },
};
