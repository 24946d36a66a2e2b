import type { Operation } from "../../core/mastodon/operation.js";
import type { Settings } from "../settings.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** One limit that a request counts against. */
interface Bucket {
  readonly key: string;
  readonly limit: number;
  readonly windowMs: number;
}

/** What a request is, as far as limits go. */
export interface Counted {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation | undefined;
  readonly personId: string | undefined;
  readonly token: string | undefined;
  readonly remote: string;
  readonly paging: boolean;
}

/** Whether a request may go on, and what its answer tells about limits. */
export interface Verdict {
  readonly exceeded: boolean;
  /** To be called when the request took effect: new posts, follows and reports count only then. */
  readonly succeeded: () => void;
  /** `X-RateLimit-*` of the tightest bucket; none where limits are off. */
  readonly headers: () => Readonly<Record<string, string>>;
}

const free: Verdict = { exceeded: false, succeeded: () => undefined, headers: () => ({}) };

/**
 * Mastodon's rate limits: windows that begin at multiples of their length, as its middleware counts them.
 * @see https://docs.joinmastodon.org/api/rate-limits/
 */
export class Limits {
  readonly #counts = new Map<string, { window: number; count: number }>();
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Counts a request. */
  check(request: Counted): Verdict {
    if (this.#settings.limits === "off" || !request.path.startsWith("/api/")) return free;
    const now = Date.now();
    const buckets = bucketsOf(request);
    const family = familyOf(request);
    for (const bucket of buckets) this.#count(bucket, now);
    const over =
      buckets.find((bucket) => this.#used(bucket, now) > bucket.limit) ??
      family.find((bucket) => this.#used(bucket, now) >= bucket.limit);
    return {
      exceeded: over !== undefined,
      succeeded: () => {
        for (const bucket of family) this.#count(bucket, now);
      },
      headers: () => this.#headers(over === undefined ? [...buckets, ...family] : [over], now),
    };
  }

  #headers(buckets: readonly Bucket[], now: number): Record<string, string> {
    const left = (bucket: Bucket): number => Math.max(0, bucket.limit - this.#used(bucket, now));
    const [tightest] = buckets.toSorted((a, b) => left(a) - left(b));
    if (tightest === undefined) return {};
    const windowMs = this.#windowMs(tightest);
    const reset = new Date((Math.floor(now / windowMs) + 1) * windowMs).toISOString().replace("Z", "000Z");
    return {
      "X-RateLimit-Limit": String(tightest.limit),
      "X-RateLimit-Remaining": String(left(tightest)),
      "X-RateLimit-Reset": reset,
    };
  }

  #windowMs(bucket: Bucket): number {
    return Math.max(1, Math.round(bucket.windowMs * this.#settings.windowScale));
  }

  #used(bucket: Bucket, now: number): number {
    const counted = this.#counts.get(bucket.key);
    return counted?.window === Math.floor(now / this.#windowMs(bucket)) ? counted.count : 0;
  }

  #count(bucket: Bucket, now: number): void {
    const count = this.#used(bucket, now) + 1;
    this.#counts.set(bucket.key, { window: Math.floor(now / this.#windowMs(bucket)), count });
  }
}

function bucketsOf(request: Counted): Bucket[] {
  const { personId, token, remote, method, path, operation } = request;
  const buckets: Bucket[] = [];
  const add = (key: string, limit: number, windowMs: number): void => {
    buckets.push({ key, limit, windowMs });
  };
  if (token !== undefined) add(`token:${token}`, 300, 5 * minuteMs);
  if (personId === undefined) add(`address:${remote}`, 300, 5 * minuteMs);
  else {
    add(`person:${personId}`, 1500, 5 * minuteMs);
    if (operation?.bucket === "media") add(`media:${personId}`, 30, 30 * minuteMs);
    if (operation?.bucket === "deletes") add(`deletes:${personId}`, 30, 30 * minuteMs);
    if (request.paging) add(`paging:${personId}`, 300, 15 * minuteMs);
  }
  if (method === "POST" && path === "/api/v1/apps") add(`apps:${remote}`, 5, 10 * minuteMs);
  return buckets;
}

/** Limits on what an account does, whichever token it uses. */
function familyOf({ personId, operation }: Counted): Bucket[] {
  if (personId === undefined) return [];
  switch (operation?.bucket) {
    case "statuses":
      return [{ key: `statuses:${personId}`, limit: 300, windowMs: 3 * hourMs }];
    case "follows":
    case "reports":
      return [{ key: `${operation.bucket}:${personId}`, limit: 400, windowMs: 24 * hourMs }];
    default:
      return [];
  }
}
