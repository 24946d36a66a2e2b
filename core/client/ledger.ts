import type { CallName } from "../mastodon/operations.js";
import type { AuditLine } from "./audit.js";

/**
 * A write as the ledger knows it. `sent`: admitted, and its outcome is not known (yet). `void`: it was asked for, and
 * took no effect.
 */
export interface LedgerEntry {
  readonly operation: CallName;
  readonly state: "sent" | "done" | "uncertain" | "void";
  /** The same each time this write is sent. */
  readonly idempotencyKey: string;
  /** When it was last admitted, in milliseconds since the epoch. */
  readonly admittedAt: number;
  /** When it was first admitted without an outcome that is known: from then on it may have taken effect. */
  readonly firstAdmittedAt: number;
  /** What the server answered, when done. */
  readonly result?: unknown;
}

/** What earlier attempts of an invocation left. */
export interface InvocationTrace {
  readonly writes: ReadonlyMap<string, LedgerEntry>;
  /** Values computed by `once`, by name. */
  readonly values: ReadonlyMap<string, unknown>;
}

/** A write that asks to be sent. */
export interface Claim {
  readonly invocation: string;
  readonly key: string;
  readonly rider: string;
  readonly entry: LedgerEntry;
  readonly epoch: number;
  /** Whether an entry that is `sent` may be claimed again: it was looked for in vain, or has no second effect. */
  readonly again: boolean;
  /** How long after its admission it may still take effect, in milliseconds. Default 45,000. */
  readonly mayActForMs?: number;
  /** What the audit keeps of its parameters, as `notable` writes it. */
  readonly about?: string;
}

/** The answer to a claim. `known`: it is done, or there is an entry that may not be claimed again. */
export type Admission = "admitted" | "paused" | "outdated" | "known";

/** How a write ended. `void`: the server did not carry it out, so it may be asked for again. */
export type Settlement =
  | {
      readonly state: "done";
      readonly result: unknown;
      /** The result as JSON, where it is at hand: it need not be written a second time. */
      readonly text?: string | undefined;
    }
  | { readonly state: "void" | "uncertain"; readonly reason: string };

/** How a settlement came. `late`: the account had changed owner between the admission and this. */
export type Settled = "in time" | "late";

/**
 * The durable record of writes by invocation: a write is recorded before it is sent, and never sent again once its
 * result is known. Entries are kept for 30 days; results and values are sealed.
 */
export interface Ledger {
  trace(invocation: string): Promise<InvocationTrace>;
  /** Those of the invocations of which an attempt left anything. */
  traced(invocations: readonly string[]): Promise<ReadonlySet<string>>;
  /** One step: refuses when the account is paused or has changed owner, else records the write as sent. */
  admit(claim: Claim): Promise<Admission>;
  /**
   * One step: records how it ended, and writes the audit. That it took no effect, or that nobody knows, is recorded
   * only where the entry still is the claim's.
   */
  settle(claim: Claim, settlement: Settlement): Promise<Settled>;
  /** How many writes the server carried out for an owner of the past, whose answer came after the account had changed owner. */
  stragglers(): Promise<number>;
  /** Writes a line of the audit that settles nothing. */
  note(line: AuditLine): Promise<void>;
  /** The ids of what an operation is known to have made for the account since, in milliseconds since the epoch. */
  created(operation: CallName, since: number): Promise<ReadonlySet<string>>;
  /** Keeps a value that `once` computed. */
  keep(invocation: string, name: string, value: unknown): Promise<void>;
}
