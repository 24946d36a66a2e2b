import { usualJitterMs, type Missed } from "../events/clock.js";
import type { Duration } from "../plugin.js";

const ways: readonly unknown[] = ["last", "all", "none"] satisfies Missed[];

/** A duration in milliseconds. */
export function durationMs({ hours = 0, minutes = 0, seconds = 0 }: Duration): number {
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}

/** How long after its time a tick may be handled, in milliseconds. Throws a TypeError naming `clock`. */
export function jitterLimitMs(clock: string, jitter: Duration | 0 | undefined): number {
  if (jitter === undefined) return usualJitterMs;
  const limitMs = jitter === 0 ? 0 : durationMs(jitter);
  if (limitMs >= 0 && Number.isFinite(limitMs)) return limitMs;
  throw new TypeError(`${clock}: jitter must be a duration such as { seconds: 30 }, or 0`);
}

/** What becomes of missed ticks. Throws a TypeError naming `clock`. */
export function missedOf(clock: string, missed: Missed | undefined): Missed {
  if (missed === undefined) return "last";
  if (ways.includes(missed)) return missed;
  throw new TypeError(`${clock}: missed must be "last", "all" or "none"`);
}
