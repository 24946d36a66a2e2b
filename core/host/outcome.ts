import { BudgetError, HowdahError, NetworkError, NotReadyError, PausedError, ServerRefusedError } from "../errors.js";

/** How an attempt ended. Waiting is no failed attempt: nothing is wrong with the event or the plugin. */
export type Outcome =
  | { readonly kind: "done" }
  | {
      readonly kind: "wait";
      readonly until: number | undefined;
      readonly reason: string;
      /** It waits for the end of a pause, and not for its time. */
      readonly isPaused?: true;
    }
  | { readonly kind: "failed"; readonly reason: string; readonly error: unknown };

/** Reads what a handler threw. */
export function outcomeOf(error: unknown): Outcome {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof NotReadyError) return { kind: "wait", until: error.retryAt, reason };
  if (error instanceof PausedError) return { kind: "wait", until: undefined, reason, isPaused: true };
  if (error instanceof BudgetError) return { kind: "wait", until: error.resetsAt.getTime(), reason };
  if (error instanceof NetworkError) return { kind: "wait", until: undefined, reason };
  if (error instanceof HowdahError && error.code === "REDIS_REFUSED") return { kind: "wait", until: undefined, reason };
  if (error instanceof ServerRefusedError && error.status >= 500) return { kind: "wait", until: undefined, reason };
  return { kind: "failed", reason, error };
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
/** Five attempts in about an hour. */
const retryDelaysMs = [10 * secondMs, minuteMs, 10 * minuteMs, 45 * minuteMs];
const longestWaitMs = 5 * minuteMs;

/** When to try again after so many failed attempts (from 1), in milliseconds; undefined: never. */
export function retryDelayMs(failedAttempts: number): number | undefined {
  return retryDelaysMs[failedAttempts - 1];
}

/** How long to wait the next time after so many waits in a row (from 0), with jitter. */
export function waitDelayMs(waits: number, random: () => number = Math.random): number {
  return Math.min(longestWaitMs, 5 * secondMs * 2 ** Math.min(waits, 10)) * (0.5 + random() / 2);
}
