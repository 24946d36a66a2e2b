import {
  shareOfOneLease,
  slicesCounted,
  slicesPerWindow,
  type BudgetStore,
  type Lease,
  type LeaseRequest,
  type Level,
} from "./budget-store.js";

interface Bucket {
  readonly windowMs: number;
  /** What was leased, by slice. */
  readonly slices: Map<number, number>;
  limit: number;
  /** The limit that the server told; 0: none yet. */
  said: number;
  share: number;
  heldUntil: number;
  /** What others use of it, until the server's window ends. */
  foreign: number;
  foreignUntil: number;
}

/** The same count for one process alone: for tests, and for the kit that authors test with. */
export class MemoryBudgetStore implements BudgetStore {
  readonly #buckets = new Map<string, Bucket>();
  readonly #listeners = new Set<(key: string) => void>();
  readonly #now: () => number;

  /** `now` is the clock, in milliseconds since the epoch. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async lease(requests: readonly LeaseRequest[]): Promise<Lease[]> {
    return requests.map((request) => this.#leaseOf(request));
  }

  async giveBack(requests: readonly Pick<LeaseRequest, "key" | "unused" | "unusedSlice">[]): Promise<void> {
    for (const { key, unused, unusedSlice } of requests) {
      const bucket = this.#buckets.get(key);
      if (bucket !== undefined) takeBack(bucket, unused, unusedSlice);
    }
  }

  async hold(key: string, forMs: number): Promise<void> {
    const bucket = this.#buckets.get(key) ?? emptyBucket(0);
    this.#buckets.set(key, bucket);
    bucket.heldUntil = Math.max(bucket.heldUntil, this.#now() + forMs);
    for (const heard of this.#listeners) heard(key);
  }

  async levels(keys: readonly string[]): Promise<Level[]> {
    const now = this.#now();
    return keys.flatMap((key) => {
      const bucket = this.#buckets.get(key);
      return bucket === undefined ? [] : (levelOf(key, bucket, now) ?? []);
    });
  }

  async onHold(heard: (key: string) => void): Promise<() => void> {
    this.#listeners.add(heard);
    return () => this.#listeners.delete(heard);
  }

  #leaseOf(request: LeaseRequest): Lease {
    const { isUrgent, kept: keptPart, key, limit, said, share, unused, unusedSlice, windowMs } = request;
    const now = this.#now();
    const before = this.#buckets.get(key);
    const bucket = before?.windowMs === windowMs ? before : emptyBucket(windowMs, before?.heldUntil);
    this.#buckets.set(key, bucket);
    bucket.share = share;
    takeBack(bucket, unused, unusedSlice);
    bucket.said = said?.limit ?? bucket.said;
    bucket.limit = bucket.said === 0 ? (limit ?? 0) : bucket.said;
    const slice = sliceAt(bucket, now);
    for (const old of bucket.slices.keys()) if (old <= slice - slicesCounted) bucket.slices.delete(old);
    if (said !== undefined) {
      bucket.foreign = Math.max(0, said.used - usedOf(bucket, now));
      bucket.foreignUntil = now + Math.max(0, said.resetInMs);
    }
    const kept = Math.floor(allowedOf(bucket) * keptPart);
    const granted = bucket.heldUntil > now ? 0 : this.#grant(bucket, request, kept, now);
    const roomAt = granted > 0 ? now : Math.max(now + 1, roomAgainAt(bucket, isUrgent ? 0 : kept, now));
    const validForMs = (slice + 1) * sliceMsOf(bucket) - now;
    return { granted, validForMs, slice, roomInMs: roomAt - now, limit: bucket.limit };
  }

  #grant(bucket: Bucket, { isUrgent, need, want }: LeaseRequest, kept: number, now: number): number {
    if (bucket.limit === 0) return want;
    const free = allowedOf(bucket) - usedOf(bucket, now) - foreignOf(bucket, now);
    const shared = Math.min(want, Math.max(need, Math.floor((free - kept) * shareOfOneLease)), free - kept);
    const granted = Math.max(0, isUrgent ? Math.max(shared, Math.min(need, free)) : shared);
    const slice = sliceAt(bucket, now);
    if (granted > 0) bucket.slices.set(slice, (bucket.slices.get(slice) ?? 0) + granted);
    return granted;
  }
}

function emptyBucket(windowMs: number, heldUntil = 0): Bucket {
  return { windowMs, slices: new Map(), limit: 0, said: 0, share: 1, heldUntil, foreign: 0, foreignUntil: 0 };
}

function takeBack({ slices }: Bucket, unused: number, slice: number): void {
  const leased = slices.get(slice);
  if (leased !== undefined) slices.set(slice, leased - unused);
}

function sliceMsOf({ windowMs }: Bucket): number {
  return windowMs / slicesPerWindow;
}

function sliceAt(bucket: Bucket, now: number): number {
  return Math.floor(now / sliceMsOf(bucket));
}

function allowedOf({ limit, share }: Bucket): number {
  return Math.max(1, Math.floor(limit * share));
}

function usedOf(bucket: Bucket, now: number): number {
  return countedSlices(bucket, now).reduce((sum, [, count]) => sum + count, 0);
}

function foreignOf({ foreign, foreignUntil }: Bucket, now: number): number {
  return foreignUntil > now ? foreign : 0;
}

function countedSlices(bucket: Bucket, now: number): [slice: number, count: number][] {
  const last = sliceAt(bucket, now) - slicesCounted;
  return [...bucket.slices].filter(([slice]) => slice > last).toSorted(([one], [other]) => one - other);
}

/** When less than all but `kept` is used: as slices leave the window, and others' use with the server's own window. */
function roomAgainAt(bucket: Bucket, kept: number, now: number): number {
  const over = usedOf(bucket, now) + kept - allowedOf(bucket);
  const at = Math.min(
    endOf(bucket, over + foreignOf(bucket, now), now),
    Math.max(bucket.foreignUntil, endOf(bucket, over, now)),
    now + bucket.windowMs * 2,
  );
  return Math.ceil(Math.max(at, bucket.heldUntil));
}

function endOf(bucket: Bucket, over: number, now: number): number {
  let at = now;
  for (const [slice, count] of countedSlices(bucket, now)) {
    if (over < 0) break;
    over -= count;
    at = (slice + slicesCounted) * sliceMsOf(bucket);
  }
  return over < 0 ? at : Infinity;
}

function levelOf(key: string, bucket: Bucket, now: number): Level | undefined {
  const used = bucket.windowMs === 0 ? 0 : usedOf(bucket, now);
  const foreign = foreignOf(bucket, now);
  const allowed = allowedOf(bucket);
  const resetAt =
    used > 0
      ? Math.max(bucket.heldUntil, roomAgainAt(bucket, allowed - used, now))
      : Math.max(bucket.heldUntil, foreign > 0 ? bucket.foreignUntil : 0);
  const isHeld = bucket.heldUntil > now;
  if (resetAt <= now || (bucket.limit === 0 && !isHeld)) return undefined;
  const left = isHeld ? 0 : Math.max(0, allowed - used - foreign);
  return { key, limit: bucket.limit === 0 ? 0 : allowed, left, resetInMs: resetAt - now };
}
