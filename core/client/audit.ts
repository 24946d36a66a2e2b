import type { CallName } from "../mastodon/operations.js";

/** The key of an account's audit, after its hash tag: a stream of Redis. */
export const auditKey = "audit";
/** About how many lines an account's audit keeps. */
export const auditLength = 10_000;

/** One line of an account's audit: a write and how it ended, or an event that was left out. */
export interface AuditLine {
  readonly rider: string;
  readonly invocation: string;
  /** Of a write. */
  readonly operation?: CallName;
  /** `skipped`: not handled on purpose; `gap`: events that cannot be read any more. */
  readonly outcome: "done" | "void" | "uncertain" | "skipped" | "gap";
  readonly reason: string;
  /** The id of what a write made. */
  readonly created?: string | undefined;
}

/** A line as the fields of a stream's entry: what follows `XADD key MAXLEN ~ length *`. */
export function auditFields({ created, invocation, operation, outcome, reason, rider }: AuditLine): string[] {
  const fields = {
    at: Date.now().toString(),
    rider,
    operation: operation ?? "",
    invocation,
    outcome,
    reason,
    created: created ?? "",
  };
  return Object.entries(fields).flat();
}
