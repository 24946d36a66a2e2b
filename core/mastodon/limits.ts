import type { SpecialBucket } from "./operation.js";

/**
 * What servers count requests in: those of a token, of an account over all its tokens, lists walked by pages, what
 * comes from one address, and the kinds of writes that have limits of their own.
 */
export type LimitBucket = "token" | "account" | "paging" | "address" | SpecialBucket;

/** So many requests in any window of this length. */
export interface Limit {
  readonly limit: number;
  readonly windowMs: number;
}

/** The limits of a server; it does not count in the buckets that are left out. */
export type Limits = Readonly<Partial<Record<LimitBucket, Limit>>>;

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** Of Mastodon's code, which is newer than its page. @see https://docs.joinmastodon.org/api/rate-limits/ */
const mastodon: Limits = {
  token: { limit: 300, windowMs: 5 * minuteMs },
  account: { limit: 1_500, windowMs: 5 * minuteMs },
  media: { limit: 30, windowMs: 30 * minuteMs },
  deletes: { limit: 30, windowMs: 30 * minuteMs },
  paging: { limit: 300, windowMs: 15 * minuteMs },
  statuses: { limit: 300, windowMs: 3 * hourMs },
  follows: { limit: 400, windowMs: 24 * hourMs },
  reports: { limit: 400, windowMs: 24 * hourMs },
};

/** By address, over all clients behind it. @see https://docs.gotosocial.org/en/latest/api/ratelimiting/ */
const gotosocial: Limits = { address: { limit: 300, windowMs: 5 * minuteMs } };

/** Says so with 429 only, without headers. */
const akkoma: Limits = {
  ...mastodon,
  statuses: { limit: 15, windowMs: 10 * secondMs },
  follows: { limit: 10, windowMs: 10 * secondMs },
};

/** What is not here is taken for Mastodon: of the others no limits are known, or they are its own. */
const bySoftware: ReadonlyMap<string, Limits> = new Map([
  ["gotosocial", gotosocial],
  ["akkoma", akkoma],
  ["pleroma", akkoma],
  ["iceshrimp", { ...mastodon, token: { limit: 500, windowMs: minuteMs } }],
]);

/** The limits of servers of this software, as `fetchServerInfo` names it. */
export function limitsOf(software: string | undefined): Limits {
  return (software === undefined ? undefined : bySoftware.get(software)) ?? mastodon;
}

/** Before it is known what a server runs: all that it might count in. */
export const strictestLimits: Limits = { ...mastodon, ...gotosocial };
