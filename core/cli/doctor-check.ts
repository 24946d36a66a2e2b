import { UsedUpError } from "../auth/outages.js";
import { HowdahError } from "../errors.js";

/** `warn`: it works, but something should be known or will break; `fail`: something does not work. */
export type CheckVerdict = "ok" | "warn" | "fail";

/** What one check came to, as `bot doctor --json` shows it. */
export interface Finding {
  /** A stable name, such as `redis.appendfsync`. */
  readonly check: string;
  readonly verdict: CheckVerdict;
  readonly found: string;
  /** What to do; empty where nothing is to be done. */
  readonly cure: string;
}

/** One thing that is looked at. Undefined: it does not apply. */
export interface Check<T> {
  readonly name: string;
  readonly look: (subject: T) => Promise<Looked | undefined> | Looked | undefined;
}

/** What a check found, without its name. */
export type Looked = Omit<Finding, "check">;

/** All is well with it. */
export function ok(found: string): Looked {
  return { verdict: "ok", found, cure: "" };
}

/** It works, but the operator should know. */
export function warn(found: string, cure: string): Looked {
  return { verdict: "warn", found, cure };
}

/** It does not work. */
export function fail(found: string, cure: string): Looked {
  return { verdict: "fail", found, cure };
}

/** Makes the checks one after the other. One that throws is a finding too, and the next one follows. */
export async function findingsOf<T>(checks: readonly Check<T>[], subject: T): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { look, name } of checks) {
    const looked = await Promise.resolve()
      .then(() => look(subject))
      .catch(failure);
    if (looked !== undefined) findings.push({ check: name, ...looked });
  }
  return findings;
}

/** What was thrown, as a check that failed; where the fleet's limits left no room to look, nothing is known to be wrong. */
export function failure(error: unknown): Looked {
  if (error instanceof UsedUpError) return warn(error.message, "call this again later");
  if (error instanceof HowdahError) return fail(error.message, error.cure ?? "");
  return fail(error instanceof Error ? error.message : String(error), "");
}
