/** A moment by two clocks: the monotonic one does not jump, the wall clock also counts what a suspended machine missed. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** The present by both clocks. */
export function present(): Moment {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}

/** How a lease came to its end before its holder let go. */
type LeaseEnd = "released" | "lapsed" | "lost";

/** What this process knows about one lock: until when it certainly stands, and why it must be let go. */
export class Lease {
  readonly jobId: string;
  readonly token: string;
  readonly account: string;
  readonly #trustedMs: number;
  readonly #controller = new AbortController();
  #renewedAt: Moment | undefined;
  #end: LeaseEnd | undefined;
  #lost = false;

  /** `trustedMs`: how long after the sending of a renewal the lock certainly stands. */
  constructor(lock: { jobId: string; token: string; account: string }, trustedMs: number) {
    this.jobId = lock.jobId;
    this.token = lock.token;
    this.account = lock.account;
    this.#trustedMs = trustedMs;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the signal aborted, if it did. */
  get end(): LeaseEnd | undefined {
    return this.#end;
  }

  /** Whether another process may have the lock: nothing may be put back under this one's token. */
  get lost(): boolean {
    return this.#lost;
  }

  /** The lock was found to be ours by a renewal that was sent at `sentAt`. */
  renewed(sentAt: Moment): void {
    this.#renewedAt = sentAt;
  }

  /** Whether the lock certainly stands at this moment: what was renewed late, or before a stop, does not count. */
  isValid(now: Moment = present()): boolean {
    if (this.#lost || this.#renewedAt === undefined) return false;
    return (
      now.monotonicMs < this.#renewedAt.monotonicMs + this.#trustedMs &&
      now.wallMs < this.#renewedAt.wallMs + this.#trustedMs
    );
  }

  /** Whether it stood once and no longer certainly does. */
  hasLapsed(now: Moment): boolean {
    return this.#renewedAt !== undefined && !this.isValid(now);
  }

  /** The holder is asked to let go; the lock stands until it has. */
  release(): void {
    this.#abort("released");
  }

  /** Not renewed in time. */
  lapse(): void {
    this.#abort("lapsed");
  }

  /** A renewal found the lock gone or in other hands: for good, whatever arrives later. */
  lose(): void {
    this.#lost = true;
    this.#abort("lost");
  }

  #abort(end: LeaseEnd): void {
    this.#end ??= end;
    this.#controller.abort(new Error(`the account ${this.account} must be let go: its lock was ${end}`));
  }
}
