import type { OutgoingCall } from "./call.js";

/** A write that was sent without an answer, and must have settled by now. */
export interface OpenWrite {
  readonly call: OutgoingCall;
  /** When it may have taken effect, by this machine's clock, in milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
  /** Whether an entity is known to be another write's. */
  readonly isAnothers: (id: string) => boolean;
  /** Takes an entity for this write. False where it is known to be another write's. */
  readonly take: (id: string) => boolean;
}

/** What looking came to: what the write made; undefined: it took no effect. */
export interface Finding {
  readonly found?: unknown;
}

/**
 * Looks on a server for what a write of one kind would have left there. Throws Undecided where that cannot tell, and
 * what reading throws where it has to be looked again.
 */
export type Finder = (write: OpenWrite) => Promise<Finding>;

/** Thrown by finders: nobody can tell whether the write took effect, whenever it is looked. */
export class Undecided extends Error {}
