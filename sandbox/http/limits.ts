import type { Operation } from "../../core/mastodon/operation.js";
import type { LimitRow } from "../dialects/dialect.js";
import type { Settings } from "../settings.js";

/** One limit as a request counts against it. */
interface Bucket {
  readonly key: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly onSuccess: boolean;
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
  /** `X-RateLimit-*` of the tightest bucket; none where limits are off or the dialect has no such headers. */
  readonly headers: () => Readonly<Record<string, string>>;
}

const free: Verdict = { exceeded: false, succeeded: () => undefined, headers: () => ({}) };

/** The dialect's rate limits: windows that begin at multiples of their length, as Mastodon's middleware counts them. */
export class Limits {
  readonly #counts = new Map<string, { window: number; count: number }>();
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Counts a request. */
  check(request: Counted): Verdict {
    if (this.#settings.limits === "off") return free;
    const { limits, limitHeaders, streaming } = this.#settings.dialect;
    if (isStream(request) && streaming?.isCounted !== true) return free;
    const now = Date.now();
    const buckets = limits.flatMap((row) => bucketOf(row, request) ?? []);
    for (const bucket of buckets) if (!bucket.onSuccess) this.#count(bucket, now);
    const over = buckets.find((bucket) => this.#used(bucket, now) > bucket.limit - (bucket.onSuccess ? 1 : 0));
    return {
      exceeded: over !== undefined,
      succeeded: () => {
        for (const bucket of buckets) if (bucket.onSuccess) this.#count(bucket, now);
      },
      headers: () => (limitHeaders ? this.#headers(over === undefined ? buckets : [over], now) : {}),
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

/** The bucket that a row of the dialect makes for a request; nothing where the row is not about it. */
function bucketOf(row: LimitRow, request: Counted): Bucket | undefined {
  const holder = holderOf(row, request);
  if (holder === undefined || !isAbout(row, request)) return undefined;
  return {
    key: `${row.name}:${holder}`,
    limit: row.limit,
    windowMs: row.windowSeconds * 1000,
    onSuccess: row.onSuccess ?? false,
  };
}

function holderOf({ per }: LimitRow, { token, personId, remote }: Counted): string | undefined {
  switch (per) {
    case "token":
      return token;
    case "person":
      return personId;
    case "address":
      return remote;
    case "stranger":
      return personId === undefined ? remote : undefined;
  }
}

function isStream({ path }: Counted): boolean {
  return /^\/api\/v1\/streaming(\/|$)/.test(path);
}

function isAbout({ only }: LimitRow, { method, path, operation, paging }: Counted): boolean {
  switch (only) {
    case undefined:
      return path.startsWith("/api/");
    case "paging":
      return paging && path.startsWith("/api/");
    case "registration":
      return method === "POST" && path === "/api/v1/apps";
    case "token-endpoint":
      return method === "POST" && path === "/oauth/token";
    default:
      return operation?.bucket === only;
  }
}
