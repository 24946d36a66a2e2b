/** The sides of the comparisons, each in a process of its own. */
export type SideName =
  | "howdah reads"
  | "undici reads"
  | "masto reads"
  | "megalodon reads"
  | "howdah writes"
  | "undici writes";

/** Where a side sends its calls to. */
export interface Target {
  readonly origin: string;
  readonly redisUrl: string;
}

/** What a side is asked to do: calls for so long, so many at a time. */
export interface Round {
  readonly inFlight: number;
  readonly durationMs: number;
}

/** What a side did in a round. */
export interface Tally {
  readonly calls: number;
  readonly seconds: number;
  /** CPU time of its process. */
  readonly cpuMicros: number;
}

/** How much memory so many idle clients take. */
export interface HeapPoint {
  readonly clients: number;
  readonly heapBytes: number;
}

/** What stands in the ledger's keys, for whoever must prepare them. */
export const ledgerOf = { prefix: "bench", account: "newsbot", epoch: 1 } as const;
