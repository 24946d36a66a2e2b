import { missedAfterMs } from "../events/clock.js";
import type { Event } from "../events/event.js";
import { isStale } from "../events/stale.js";
import type { Rider } from "./rider.js";

/** Whether an event comes too late for its rider: it is stale, or a tick that was missed of a clock to which those do not count. */
export function isLate(rider: Rider | undefined, event: Event, now: number): boolean {
  if (isStale(event, rider?.entry.staleAfterMs, now)) return true;
  if (event.kind !== "tick") return false;
  const clock = rider?.clocks.find(({ name }) => name === event.name);
  return clock?.missed === "none" && now - event.dueAt > clock.jitterMs + missedAfterMs;
}
