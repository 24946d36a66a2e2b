import type { RateLimit } from "../mastodon/rate-limit.js";
import type { Bucket } from "../mastodon/operation.js";

/** What a bucket has left, for `bot status`. */
export interface BudgetRow {
  readonly bucket: Bucket;
  readonly limit: number;
  readonly left: number;
  readonly resetsAt: number;
}

/** What one account may still ask of its server, as the server's own headers say. */
export class Budget {
  readonly #limits = new Map<Bucket, RateLimit>();

  /** Takes note of what an answer said about its bucket. */
  note(bucket: Bucket, limit: RateLimit): void {
    this.#limits.set(bucket, limit);
  }

  /** The server refused: nothing is left until then. */
  exhaust(bucket: Bucket, resetsAt: number): void {
    const limit = this.#limits.get(bucket)?.limit ?? 0;
    this.#limits.set(bucket, { limit, left: 0, resetsAt });
  }

  /** When there is room, in milliseconds since the epoch; undefined: now. */
  roomAt(bucket: Bucket, now: number): number | undefined {
    const limit = this.#limits.get(bucket);
    return limit !== undefined && limit.left <= 0 && limit.resetsAt > now ? limit.resetsAt : undefined;
  }

  /** What is known and still stands. */
  rows(now: number): BudgetRow[] {
    return [...this.#limits]
      .filter(([, { resetsAt }]) => resetsAt > now)
      .map(([bucket, { limit, left, resetsAt }]) => ({ bucket, limit, left, resetsAt }));
  }
}
