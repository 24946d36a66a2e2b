import type { Log } from "../plugin.js";
import type { DueRecord } from "./delivery-store.js";
import type { DeliveryTiming } from "./delivery-timing.js";
import type { Ending } from "./gathering.js";
import type { Outcome } from "./outcome.js";

/** What becomes of an event whose attempt did not bring it to its end: when it comes again, or that it is given up. */
export function comeAgain(
  record: DueRecord,
  outcome: Exclude<Outcome, { kind: "done" }>,
  { log, timing }: { log: Log; timing: DeliveryTiming },
): Ending {
  const { reason } = outcome;
  if (outcome.kind === "wait") {
    if (outcome.isPaused === true) return { how: "postponed", record: { ...record, held: "paused", reason } };
    const notBefore = outcome.until ?? Date.now() + timing.waitDelayMs(record.waits);
    log.info("an event waits", { event: record.invocation, reason, until: new Date(notBefore).toISOString() });
    return comeLater(record, notBefore, reason);
  }
  const attempts = record.attempts + 1;
  const delayMs = timing.retryDelayMs(attempts);
  log.error("a handler failed", { event: record.invocation, attempt: attempts, err: outcome.error });
  const failed = { ...withoutHold(record), attempts, reason };
  if (delayMs === undefined) return { how: "given up", record: failed };
  return { how: "postponed", record: { ...failed, waits: 0, notBefore: Date.now() + delayMs } };
}

/** It waits once more, until `notBefore` (milliseconds since the epoch); that is no attempt. */
export function comeLater(record: DueRecord, notBefore: number, reason: string): Ending {
  return { how: "postponed", record: { ...withoutHold(record), waits: record.waits + 1, notBefore, reason } };
}

/** From its next attempt on it waits for its time. */
function withoutHold(record: DueRecord): DueRecord {
  const { held, ...own } = record;
  return held === undefined ? record : own;
}
