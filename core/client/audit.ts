import type { CallName } from "../mastodon/operations.js";

/** The key of an account's audit, after its hash tag: a stream of Redis. */
export const auditKey = "audit";
/** About how many lines an account's audit keeps, and for how long, in milliseconds. */
export const auditLength = 10_000;
export const auditKeptMs = 30 * 24 * 60 * 60 * 1_000;

/**
 * How a line ended. Of writes, `done`: the server carried it out; `replayed`: an attempt that ran again got its recorded
 * result; `dry-run`: it would have been sent; `void`: it took no effect; `uncertain`: nobody knows. Of events,
 * `skipped`: not handled on purpose; `gap`: they cannot be read any more.
 */
export const auditOutcomes = ["done", "replayed", "dry-run", "void", "uncertain", "skipped", "gap"] as const;
export type AuditOutcome = (typeof auditOutcomes)[number];

/** One line of an account's audit: a write and how it ended, or an event that was left out. */
export interface AuditLine {
  readonly rider: string;
  readonly invocation: string;
  /** Of a write. */
  readonly operation?: CallName;
  /** What it was about, as `notable` writes it. */
  readonly params?: string | undefined;
  readonly outcome: AuditOutcome;
  readonly reason: string;
  /** The id of what a write made. */
  readonly created?: string | undefined;
  /** Where people see what it made. */
  readonly url?: string | undefined;
}

/** A line as the fields of a stream's entry: what follows `XADD key MAXLEN ~ length *`. */
export function auditFields({
  created,
  invocation,
  operation,
  outcome,
  params,
  reason,
  rider,
  url,
}: AuditLine): string[] {
  const fields = {
    at: Date.now().toString(),
    rider,
    operation: operation ?? "",
    invocation,
    outcome,
    reason,
    created: created ?? "",
    params: params ?? "",
    url: url ?? "",
  };
  return Object.entries(fields).flat();
}

/** What a script that adds a line is given for it; see `addsAuditLine`. */
export function auditArgs(line: AuditLine): (string | number)[] {
  return [auditLength, Date.now() - auditKeptMs, ...auditFields(line)];
}

/** The part of a script that adds a line to the stream at `key`, given by the arguments from the number on. */
export function addsAuditLine(key: string, from: number): string {
  return `redis.call("XADD", ${key}, "MAXLEN", "~", ARGV[${from}], "*", unpack(ARGV, ${from + 2}))
redis.call("XTRIM", ${key}, "MINID", "~", ARGV[${from + 1}])
redis.call("PEXPIRE", ${key}, ${auditKeptMs})`;
}
