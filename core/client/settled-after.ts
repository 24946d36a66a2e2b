import type { OutgoingCall } from "./call.js";

/** A request may take effect this long after it was admitted: its deadline and a settling time. */
export const settledByDefaultMs = 45_000;
const settlingMs = 15_000;

/** How long after its admission a plain request may still take effect, in milliseconds. */
export function settledAfterMs({ outlet }: Pick<OutgoingCall, "outlet">): number {
  return outlet.settledAfterMs ?? settledByDefaultMs;
}

/**
 * The same for a call that may still have something to do before its last byte is sent: a file to fetch, or the same
 * write once more under another key. Its handler's deadline ends that.
 */
export function mayActForMs(call: OutgoingCall): number {
  const isPlain = call.prepare === undefined && call.entry?.recorded?.state !== "sent";
  const usualMs = settledAfterMs(call);
  return isPlain ? usualMs : Math.max(usualMs, call.caller.deadline - Date.now() + settlingMs);
}
