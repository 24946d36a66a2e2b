import type { RateLimit } from "../mastodon/rate-limit.js";
import type { Lease, LeaseRequest, Said } from "./budget-store.js";

const firstWant = 2;
const mostWanted = 128;

/** What a bucket is, as far as it does not change. */
export interface BlockFacts {
  /** As rows call it. */
  readonly bucket: string;
  /** In Redis. */
  readonly key: string;
  /** Blocks of one place are leased in one call. */
  readonly place: "account" | "egress" | "server";
  readonly windowMs: number;
  /** Undefined: no limit is known, only holds count. */
  readonly limit: number | undefined;
  readonly share: number;
  /** The part that is kept for people's answers. */
  readonly kept: number;
  /** Of a cap of ours: what leaves no room, in errors and logs. */
  readonly cap?: string;
}

/**
 * What this process has leased of one bucket: it is taken from without asking anybody, until it is used up or the slice
 * of time in which it was leased ends.
 */
export class Block {
  readonly facts: BlockFacts;
  /** The limit as it is known by now; 0: none. */
  limit: number;
  /** Set while a lease is asked for. */
  leasing: Promise<void> | undefined;
  #left = 0;
  #validUntil = 0;
  #slice = 0;
  #want = firstWant;
  #waiting = 0;
  #urgentWaiting = 0;
  #roomAt = 0;
  #urgentRoomAt = 0;
  #said: RateLimit | undefined;

  constructor(facts: BlockFacts) {
    this.facts = facts;
    this.limit = facts.limit ?? 0;
  }

  /** Whether one more can be taken now. Where people's answers wait, others get behind them. */
  hasRoom(isUrgent: boolean, now: number): boolean {
    return this.#left > 0 && now < this.#validUntil && (isUrgent || this.#urgentWaiting === 0);
  }

  /** Whether there is room, but for the answers that wait for it. */
  isPromised(now: number): boolean {
    return this.#left > 0 && now < this.#validUntil && this.#urgentWaiting > 0;
  }

  /** To be called only where there is room. */
  take(): void {
    this.#left -= 1;
  }

  /** When there may be room again, as far as was told; 0: nothing was. */
  roomAt(isUrgent: boolean): number {
    return isUrgent ? this.#urgentRoomAt : this.#roomAt;
  }

  join(isUrgent: boolean): void {
    this.#waiting += 1;
    if (isUrgent) this.#urgentWaiting += 1;
  }

  leave(isUrgent: boolean): void {
    this.#waiting -= 1;
    if (isUrgent) this.#urgentWaiting -= 1;
  }

  /** What is not used; the block is empty then. */
  empty(): Pick<LeaseRequest, "key" | "unused" | "unusedSlice"> {
    const unused = this.#left;
    this.#left = 0;
    return { key: this.facts.key, unused, unusedSlice: this.#slice };
  }

  /** Nothing of it may be used any more, and whether there is room is to be asked anew. What is left is given back then. */
  drop(): void {
    this.#validUntil = 0;
    this.#roomAt = 0;
    this.#urgentRoomAt = 0;
  }

  /** Takes note of what the server said of this bucket; where its share is used up, others use it too. */
  hear(said: RateLimit): void {
    this.#said = said;
    this.limit = said.limit;
    if (said.left <= said.limit * (1 - this.facts.share)) this.#validUntil = 0;
  }

  /** What to ask the fleet's count for. Who leases again and again in one slice gets more each time. */
  request(isUrgent: boolean, now: number): LeaseRequest {
    const { kept, limit, share, windowMs } = this.facts;
    this.#want = now < this.#validUntil ? Math.min(mostWanted, this.#want * 2) : firstWant;
    const need = Math.max(1, isUrgent ? this.#urgentWaiting : this.#waiting);
    const want = Math.max(need, this.#want);
    const said = this.#takeSaid(now);
    return { ...this.empty(), windowMs, limit, share, kept, want, need, isUrgent, said };
  }

  /** Takes a lease in that was asked for at `askedAt`. */
  fill({ granted, limit, roomInMs, slice, validForMs }: Lease, isUrgent: boolean, askedAt: number): void {
    this.limit = limit;
    this.#left = granted;
    this.#slice = slice;
    this.#validUntil = askedAt + validForMs;
    const roomAt = granted > 0 ? 0 : Date.now() + roomInMs;
    this.#roomAt = roomAt;
    if (isUrgent || granted > 0) this.#urgentRoomAt = roomAt;
  }

  /** Once: what was said is in the count then. */
  #takeSaid(now: number): Said | undefined {
    const said = this.#said;
    this.#said = undefined;
    if (said === undefined || said.resetsAt <= now) return undefined;
    return { limit: said.limit, used: said.limit - said.left, resetInMs: said.resetsAt - now };
  }
}
