/** How finely a window is divided: what is counted comes back slice by slice. The finer, the less lies idle at its ends. */
export const slicesPerWindow = 60;
/**
 * How many slices count, the one that is open included: they cover a whole window wherever it begins, and one slice
 * more for requests that are on their way when a slice ends.
 */
export const slicesCounted = slicesPerWindow + 2;
/** Of what bulk work leaves over, people's answers are sent: this part of each of the server's buckets is theirs. */
export const keptForAnswers = 1 / 16;
/** Of what is left, one lease takes this part at most: others find some, and no more is lost with a process that is killed. */
export const shareOfOneLease = 1 / 16;

/** What a server said about a bucket in an answer. */
export interface Said {
  readonly limit: number;
  /** How much is used of it, by everybody. */
  readonly used: number;
  /** Until its window ends. */
  readonly resetInMs: number;
}

/** Room in one bucket that is asked for. */
export interface LeaseRequest {
  /** Of the bucket, in Redis. */
  readonly key: string;
  readonly windowMs: number;
  /** The limit, where the server has not said another one; undefined: none is known, only holds count. */
  readonly limit: number | undefined;
  /** How much of the limit is used at most. */
  readonly share: number;
  /** How much is wanted: what is needed now, and what will be soon. */
  readonly want: number;
  readonly need: number;
  /** The part of it that is kept for people's answers. */
  readonly kept: number;
  /** Of such an answer: what is kept is given too, as far as it is needed. */
  readonly isUrgent: boolean;
  /** What was leased before and not used: given back. */
  readonly unused: number;
  /** In which slice that was leased. */
  readonly unusedSlice: number;
  readonly said: Said | undefined;
}

/** What came of it. */
export interface Lease {
  readonly granted: number;
  /** When the slice ends, in which this must be used. */
  readonly validForMs: number;
  readonly slice: number;
  /** Until there is room again, where nothing was granted; 0 where something was. */
  readonly roomInMs: number;
  /** The server's own, or what was assumed. */
  readonly limit: number;
}

/** One bucket as it stands. */
export interface Level {
  readonly key: string;
  /** How much of it is used at most. */
  readonly limit: number;
  readonly left: number;
  /** Until more is left. */
  readonly resetInMs: number;
}

/**
 * Where the processes of a fleet count together. In any window of a bucket's length no more than its share is given
 * out, however the server's own windows lie. What is leased counts from then on, used or not, until it is given back or
 * its slice has left the window: so does the lease of a process that died.
 */
export interface BudgetStore {
  /** Leases in one step for all buckets that share a hash tag, each by itself. The answers are in the same order. */
  lease(requests: readonly LeaseRequest[]): Promise<Lease[]>;
  /** Gives back what was leased and is not needed any more. */
  giveBack(requests: readonly Pick<LeaseRequest, "key" | "unused" | "unusedSlice">[]): Promise<void>;
  /** Nothing is given out of the bucket for so long: the server refused. Tells every process that listens. */
  hold(key: string, forMs: number): Promise<void>;
  /** Those of the buckets, all of one hash tag, in which anything counts. */
  levels(keys: readonly string[]): Promise<Level[]>;
  /** Calls back with the key of each bucket that is held from now on, until the answer is called. */
  onHold(heard: (key: string) => void): Promise<() => void>;
}
