import { missedTicks, type ClockEntry } from "../events/clock.js";
import { eventId } from "../events/event.js";
import type { DeliveryStore, DueRecord } from "./delivery-store.js";

/** A tick as it comes to the due list. */
export function tickRecord({
  dueAt,
  jitterMs,
  name,
  rider,
}: Pick<ClockEntry, "rider" | "name" | "jitterMs"> & { readonly dueAt: number }): DueRecord {
  const event = { kind: "tick", rider, name, dueAt } as const;
  const invocation = `${rider}/${eventId(event)}`;
  const first = { attempts: 0, waits: 0, reason: "", since: Date.now() };
  return { invocation, rider, event, notBefore: jitterMs === 0 ? 0 : dueAt + jitterMs, ...first };
}

/** Puts the ticks on the due list that came due while no process ran the account, as far as each clock wants them. */
export async function putMissedTicks(store: DeliveryStore, clocks: readonly ClockEntry[], now: number): Promise<void> {
  if (clocks.length === 0) return;
  const lastTicks = await store.lastTicks();
  for (const clock of clocks) {
    const times = await missedTicks(store, clock, lastTicks.get(`${clock.rider}/${clock.name}`), now);
    for (const dueAt of times) await store.putDue(tickRecord({ ...clock, dueAt }));
  }
}
