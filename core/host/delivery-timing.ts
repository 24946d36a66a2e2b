import { retryDelayMs, waitDelayMs } from "./outcome.js";

/** How long things take. */
export interface DeliveryTiming {
  /** For a rider that does not say otherwise. */
  readonly handlerDeadlineMs: number;
  /** After so many failed attempts (from 1); undefined: never again. */
  readonly retryDelayMs: (failedAttempts: number) => number | undefined;
  /** After so many waits in a row (from 0). */
  readonly waitDelayMs: (waits: number) => number;
  /** Until ends that could not be stored are stored again. */
  readonly storeAgainMs: number;
  /** Ends within this time are stored in one step. */
  readonly gatherMs: number;
}

export const usualTiming: DeliveryTiming = {
  handlerDeadlineMs: 60_000,
  retryDelayMs,
  waitDelayMs,
  storeAgainMs: 5_000,
  gatherMs: 50,
};
