import { setTimeout as sleep } from "node:timers/promises";
import type { Paused } from "./pauses.js";
import type { WritesUnderWay, WriteUnderWay } from "./writes-under-way.js";

const lookAgainMs = 100;

/** What became of the writes that were under way when a pause began. */
export interface Settled {
  /** How many have ended since. */
  readonly finished: number;
  /** Those of which nobody knows whether they took effect: their process died, or the answer never came. */
  readonly unknown: readonly WriteUnderWay[];
}

/**
 * Waits until each write that was under way has ended, or cannot take effect any more: a process that was killed is
 * waited for no longer than that.
 */
export async function untilSettled(
  writes: WritesUnderWay,
  { at, late, underWay }: Pick<Paused, "at" | "late" | "underWay">,
): Promise<Settled> {
  // By this process' own clock: only how long it is counts, whatever time its host thinks it is.
  const begunAt = performance.now();
  const isLate = ({ until }: WriteUnderWay) => performance.now() - begunAt > until - at;
  let left = await writes.left(underWay);
  while (left.some((write) => !isLate(write))) {
    await sleep(lookAgainMs);
    left = await writes.left(left);
  }
  const unknown = await writes.unknown([...late, ...left]);
  const remaining = unknown.filter((write) => underWay.includes(write));
  return { finished: underWay.length - remaining.length, unknown };
}
