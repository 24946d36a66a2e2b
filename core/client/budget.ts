import type { RateLimit } from "../mastodon/rate-limit.js";
import type { Buckets } from "./buckets.js";

/** One row of `budget` in `bot status`. */
export interface BudgetRow {
  /** Such as `token` or `statuses`; `rider NAME` and `server` are the caps on writes. */
  readonly bucket: string;
  /** How much Howdah allows itself in a window: the server's number times `share`. */
  readonly limit: number;
  readonly left: number;
  /** When more is left, in milliseconds since the epoch. */
  readonly resetsAt: number;
}

/** A request that asks for its turn. */
export interface Ask {
  /** How errors name it: the operation. */
  readonly name: string;
  readonly buckets: Buckets;
  /** The rider whose write it is, which the caps count; undefined for a read. */
  readonly writer: string | undefined;
  /** Whether a person waits for it: such go before clocks and catching up. */
  readonly isUrgent: boolean;
  /** In milliseconds since the epoch. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** How a server said that it is too much. */
export interface Refusal {
  /** What it told of its limits along with it. */
  readonly limit: RateLimit | undefined;
  /** Until when nothing more is asked, in milliseconds since the epoch. */
  readonly until: number;
  /** Whether all of the server is overloaded (503), and not one limit used up (429). */
  readonly isOverload: boolean;
}

/** What an account may still ask of its server: counted together with all processes of the fleet. */
export interface Budget {
  /**
   * Takes room for one request in every bucket that it counts in: at once, with undefined, or after waiting for it.
   * @throws BudgetError where there is none before the deadline.
   */
  take(ask: Ask): Promise<void> | undefined;
  /** Takes note of what an answer said about the tightest of its request's buckets. */
  note(buckets: Buckets, limit: RateLimit): void;
  /** The server refused: nobody in the fleet asks for more of that bucket until then. */
  hold(buckets: Buckets, refusal: Refusal): Promise<void>;
  /** The buckets in which anything counts at the moment. */
  rows(): Promise<BudgetRow[]>;
  /** Gives back what was leased and is not used: the account is let go. */
  release(): Promise<void>;
}
