import type { DueRecord } from "./delivery-store.js";

/** What the due list means at a moment. */
export interface DueOrder {
  /** To be handled now. */
  readonly ready: readonly DueRecord[];
  /** Ticks that a newer one of the same clock stands for. */
  readonly superseded: readonly DueRecord[];
  /** When to look again, in milliseconds since the epoch; undefined: nothing is due later. */
  readonly nextAt: number | undefined;
}

/**
 * Reads the due list. The ticks of one clock are handled one at a time: one that waits or is tried again holds the
 * later ones back, because they build on the state that it will leave. `traced` are those that left writes behind when
 * their process died: they have begun too, though their record does not say so. Of those that were missed the last counts.
 */
export function dueOrder(
  records: readonly DueRecord[],
  underWay: ReadonlySet<string>,
  traced: ReadonlySet<string>,
  now: number,
): DueOrder {
  const superseded: DueRecord[] = [];
  const heads: DueRecord[] = records.filter(({ event }) => event.kind !== "tick");
  for (const ticks of ticksByClock(records).values()) {
    const begun = ticks.find(
      ({ attempts, invocation, waits }) => attempts + waits > 0 || underWay.has(invocation) || traced.has(invocation),
    );
    const unbegun = ticks.filter((tick) => tick !== begun);
    const last = unbegun.at(-1);
    // One that comes to the list late, when a later one has begun, comes too late.
    const next = last !== undefined && begun !== undefined && dueAt(last) < dueAt(begun) ? undefined : last;
    superseded.push(...unbegun.filter((tick) => tick !== next));
    const head = begun ?? next;
    if (head !== undefined) heads.push(head);
  }
  const idle = heads.filter(({ invocation }) => !underWay.has(invocation));
  const later = idle.filter(({ notBefore }) => notBefore > now).map(({ notBefore }) => notBefore);
  return {
    ready: idle.filter(({ notBefore }) => notBefore <= now),
    superseded,
    nextAt: later.length === 0 ? undefined : Math.min(...later),
  };
}

/** Each clock's ticks, the oldest first. */
function ticksByClock(records: readonly DueRecord[]): Map<string, DueRecord[]> {
  const clocks = new Map<string, DueRecord[]>();
  const ticks = records.filter(({ event }) => event.kind === "tick");
  for (const tick of ticks.toSorted((a, b) => dueAt(a) - dueAt(b))) {
    const clock = tick.event.kind === "tick" ? `${tick.rider}/${tick.event.name}` : tick.rider;
    clocks.set(clock, [...(clocks.get(clock) ?? []), tick]);
  }
  return clocks;
}

function dueAt({ event }: DueRecord): number {
  return event.kind === "tick" ? event.dueAt : 0;
}
