import type { Answer } from "./http.js";

/** What a server says about the tightest of its limits. */
export interface RateLimit {
  limit: number;
  left: number;
  /** When `left` becomes `limit` again, in epoch milliseconds of this machine. */
  resetsAt: number;
}

type Head = Pick<Answer, "headers" | "receivedAt" | "serverDate">;

/** Integers above are epoch milliseconds, above `epochSeconds` epoch seconds, below it seconds from now. */
const epochMilliseconds = 100_000_000_000;
const epochSeconds = 1_000_000_000;
const longestReasonableMs = 7 * 24 * 3_600_000;

/**
 * Reads `X-RateLimit-*`; undefined where they are absent or make no sense.
 * @see https://docs.joinmastodon.org/api/rate-limits/#headers
 */
export function parseRateLimit(head: Head, skewMs: number = skewOf(head)): RateLimit | undefined {
  const limit = count(head.headers["x-ratelimit-limit"]);
  const left = count(head.headers["x-ratelimit-remaining"]);
  const resetsAt = localTime(head.headers["x-ratelimit-reset"], head.receivedAt, skewMs);
  if (limit === undefined || left === undefined || resetsAt === undefined) return undefined;
  return { limit, left: Math.min(left, limit), resetsAt };
}

/**
 * When to come back according to `Retry-After`, in epoch milliseconds of this machine.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function parseRetryAfter(head: Head, skewMs: number = skewOf(head)): number | undefined {
  return localTime(head.headers["retry-after"], head.receivedAt, skewMs);
}

/**
 * How far this machine's clock is ahead of the server's. `Date` is cut to the second and the answer was on its
 * way, so one answer says up to a second and that way too much: the least over several is the best guess, and
 * an error is on the side of waiting.
 */
export function skewOf({ receivedAt, serverDate }: Pick<Answer, "receivedAt" | "serverDate">): number {
  return serverDate === undefined ? 0 : receivedAt - serverDate;
}

function count(text: string | string[] | undefined): number | undefined {
  return typeof text === "string" && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : undefined;
}

/** A point in time of the server or a number of seconds, as a time of this machine that is not in its past. */
function localTime(text: string | string[] | undefined, receivedAt: number, skewMs: number): number | undefined {
  if (typeof text !== "string") return undefined;
  if (!/^\s*(?:\d|[A-Za-z]{3,9},)/.test(text)) return undefined;
  const local = /^\s*\d+(?:\.\d+)?\s*$/.test(text)
    ? fromNumber(Number(text), receivedAt, skewMs)
    : Date.parse(text) + skewMs;
  if (Number.isNaN(local) || local - receivedAt > longestReasonableMs) return undefined;
  return Math.max(local, receivedAt);
}

function fromNumber(value: number, receivedAt: number, skewMs: number): number {
  if (value >= epochMilliseconds) return value + skewMs;
  return value >= epochSeconds ? value * 1000 + skewMs : receivedAt + value * 1000;
}
