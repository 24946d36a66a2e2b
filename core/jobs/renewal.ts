import { present, type Lease } from "./lease.js";

/** Extends locks in Redis and names the jobs whose lock was not found under its token. */
type ExtendLocks = (jobIds: string[], tokens: string[], lockMs: number) => Promise<string[]>;

const locksPerCall = 1_000;

/**
 * Renews the locks of all leases a few times per lock time, and lets those lapse that were not renewed in time.
 * It stands in for BullMQ's own renewal, which does not say when it was sent and tracks by job: a job that the same
 * process takes again, after it had lost it, would go unrenewed as soon as the earlier run ends.
 */
export class Renewal {
  /** By job, the one kept last at the end. */
  readonly #leases = new Map<string, Lease>();
  readonly #extend: ExtendLocks;
  readonly #lockMs: number;
  readonly #onError: (error: Error) => void;
  #renewalTimer: NodeJS.Timeout | undefined;
  #lapseTimer: NodeJS.Timeout | undefined;
  #underWay = false;
  /** Leases that are to be renewed at once, together. */
  #asked: { readonly leases: Lease[]; readonly done: Promise<void> } | undefined;

  constructor(extend: ExtendLocks, lockMs: number, onError: (error: Error) => void) {
    this.#extend = extend;
    this.#lockMs = lockMs;
    this.#onError = onError;
  }

  start(): void {
    this.#renewalTimer = setInterval(() => void this.#renewAll(), this.#lockMs / 4);
    this.#lapseTimer = setInterval(() => this.#lapse(), this.#lockMs / 20);
  }

  stop(): void {
    clearInterval(this.#renewalTimer);
    clearInterval(this.#lapseTimer);
  }

  leases(): Iterable<Lease> {
    return this.#leases.values();
  }

  /** Keeps a lease renewed until it is dropped. An earlier one of the same job is lost: its lock was taken anew. */
  keep(lease: Lease): void {
    const other = this.#leases.get(lease.jobId);
    if (other !== undefined && other !== lease) this.#forget(other);
    this.#leases.set(lease.jobId, lease);
  }

  drop(lease: Lease): void {
    if (this.#keeps(lease)) this.#leases.delete(lease.jobId);
  }

  /** Renews now; false if the lock is no longer this lease's. Those that are asked for in one turn are one call. */
  async renew(lease: Lease): Promise<boolean> {
    this.#asked ??= this.#gather();
    this.#asked.leases.push(lease);
    await this.#asked.done;
    return !lease.lost;
  }

  #gather(): { leases: Lease[]; done: Promise<void> } {
    const leases: Lease[] = [];
    const turn = new Promise<void>((resolve) => setImmediate(resolve));
    const done = turn.then(() => {
      this.#asked = undefined;
      return this.#renewBatch(leases);
    });
    return { leases, done };
  }

  #keeps(lease: Lease): boolean {
    return this.#leases.get(lease.jobId) === lease;
  }

  #forget(lease: Lease): void {
    lease.lose();
    this.drop(lease);
  }

  /** One round at a time: while Redis does not answer, further ones would only queue up behind it. */
  async #renewAll(): Promise<void> {
    if (this.#underWay) return;
    this.#underWay = true;
    try {
      const all = [...this.#leases.values()];
      const batches = Array.from({ length: Math.ceil(all.length / locksPerCall) }, (_, index) =>
        all.slice(index * locksPerCall, (index + 1) * locksPerCall),
      );
      // Not one after the other: in a busy process each answer takes its turn, and together they would outlast the locks.
      await Promise.all(batches.map((batch) => this.#renewBatch(batch)));
    } catch (error) {
      this.#onError(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#underWay = false;
    }
  }

  async #renewBatch(batch: readonly Lease[]): Promise<void> {
    const sentAt = present();
    const jobIds = batch.map(({ jobId }) => jobId);
    const failed = new Set(
      await this.#extend(
        jobIds,
        batch.map(({ token }) => token),
        this.#lockMs,
      ),
    );
    for (const lease of batch) {
      if (!failed.has(lease.jobId)) lease.renewed(sentAt);
      // A lease that was let go meanwhile has given its lock back: nothing was lost.
      else if (this.#keeps(lease)) this.#forget(lease);
    }
  }

  #lapse(): void {
    const now = present();
    for (const lease of this.#leases.values()) {
      if (lease.end === undefined && lease.hasLapsed(now)) lease.lapse();
    }
  }
}
