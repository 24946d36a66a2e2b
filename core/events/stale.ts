import { happenedAt, type Event } from "./event.js";

const hourMs = 60 * 60_000;

/** How late an event may be handled, where accounts.yaml does not say: an answer after that puzzles more than it helps. */
export const usualStaleAfterMs = { mention: 12 * hourMs, post: 6 * hourMs } as const;

/**
 * Whether the event is too old to be handled. `staleAfterMs` is what accounts.yaml says for the rider; without it,
 * mentions and posts go stale, and other notifications do not. Where the server does not say when something
 * happened, it is never too old.
 */
export function isStale(event: Event, staleAfterMs: number | undefined, now: number): boolean {
  const limitMs = staleAfterMs ?? usualLimitMs(event);
  const at = happenedAt(event);
  return at !== undefined && now - at > limitMs;
}

function usualLimitMs(event: Event): number {
  switch (event.kind) {
    case "notification":
      return event.notification.type === "mention" ? usualStaleAfterMs.mention : Infinity;
    case "status":
    case "edited":
      return usualStaleAfterMs.post;
    default:
      return Infinity;
  }
}
