import { compareIds } from "../mastodon/ids.js";
import type { DueRecord } from "./delivery-store.js";

/** What the due list means at a moment. */
export interface DueOrder {
  /** To be handled now. */
  readonly ready: readonly DueRecord[];
  /** Ticks that came to their end before, or that a newer one of the same clock stands for. */
  readonly superseded: readonly DueRecord[];
  /** When to look again, in milliseconds since the epoch; undefined: nothing is due later. */
  readonly nextAt: number | undefined;
}

/** What is known beside the list. */
export interface DueSituation {
  readonly now: number;
  readonly underWay: ReadonlySet<string>;
  /** Those that left writes behind when their process died: they have begun too, though their record does not say so. */
  readonly traced: ReadonlySet<string>;
  /** By `rider/clock`, the time of the last tick that came to its end. */
  readonly lastTicks: ReadonlyMap<string, number>;
  /** Whether each of the ticks that were missed counts, and not the last one only. */
  readonly countsAll: (rider: string, clock: string) => boolean;
  /** Until when a rider rests that was stopped; undefined: it is not stopped. */
  readonly restsUntil: (rider: string) => number | undefined;
  /** The lanes of an event of a rider that is strict about their order; others have none. */
  readonly strictLanes: (record: DueRecord) => readonly string[];
}

/**
 * Reads the due list. The ticks of one clock are handled one at a time: one that waits or is tried again holds the
 * later ones back, because they build on the state that it will leave. Of those that were missed the last counts,
 * unless all do. A rider that is stopped gets one event when its rest is over, a strict one the first of each lane.
 */
export function dueOrder(records: readonly DueRecord[], situation: DueSituation): DueOrder {
  const superseded: DueRecord[] = [];
  const heads: DueRecord[] = records.filter(({ event }) => event.kind !== "tick");
  for (const ticks of ticksByClock(records).values()) {
    const { head, passed } = tickOrder(ticks, situation);
    superseded.push(...passed);
    if (head !== undefined) heads.push(head);
  }
  const { now, underWay } = situation;
  const first = firstOfLanes(heads.toSorted(byAge), situation).filter(({ invocation }) => !underWay.has(invocation));
  const timed = trials(first, situation);
  const later = timed.filter(({ at }) => at > now).map(({ at }) => at);
  return {
    ready: timed.filter(({ at }) => at <= now).map(({ record }) => record),
    superseded,
    nextAt: later.length === 0 ? undefined : Math.min(...later),
  };
}

/** Which tick of one clock counts, and which are passed over; `ticks` are the oldest first. */
function tickOrder(
  ticks: readonly DueRecord[],
  { countsAll, lastTicks, traced, underWay }: DueSituation,
): { head: DueRecord | undefined; passed: DueRecord[] } {
  const last = lastTicks.get(clockOf(ticks[0])) ?? 0;
  const hasBegun = ({ again, attempts, invocation, waits }: DueRecord) =>
    again === true || attempts + waits > 0 || underWay.has(invocation) || traced.has(invocation);
  const begun = ticks.find(hasBegun);
  const isOver = (tick: DueRecord) => tick !== begun && !hasBegun(tick) && dueAt(tick) <= last;
  const passed = ticks.filter(isOver);
  const unbegun = ticks.filter((tick) => tick !== begun && !isOver(tick));
  const [oldest] = unbegun;
  if (oldest !== undefined && countsAll(oldest.rider, clockNameOf(oldest))) {
    return { head: begun ?? oldest, passed };
  }
  const newest = unbegun.at(-1);
  // One that comes to the list late, when a later one has begun, comes too late.
  const next = newest !== undefined && begun !== undefined && dueAt(newest) < dueAt(begun) ? undefined : newest;
  return { head: begun ?? next, passed: [...passed, ...unbegun.filter((tick) => tick !== next)] };
}

/** Without those that stand behind an earlier event in a lane of a strict rider. */
function firstOfLanes(records: readonly DueRecord[], { strictLanes }: DueSituation): DueRecord[] {
  const taken = new Set<string>();
  return records.filter((record) => {
    const lanes = strictLanes(record).map((lane) => `${record.rider}/${lane}`);
    const isFirst = !lanes.some((lane) => taken.has(lane));
    for (const lane of lanes) taken.add(lane);
    return isFirst;
  });
}

/** When each record may be handled; of a rider that is stopped only the first, after its rest. */
function trials(records: readonly DueRecord[], { restsUntil }: DueSituation): { record: DueRecord; at: number }[] {
  const tried = new Set<string>();
  return records.flatMap((record) => {
    const own = record.held === undefined ? record.notBefore : 0;
    const rest = restsUntil(record.rider);
    if (rest === undefined) return [{ record, at: own }];
    if (tried.has(record.rider)) return [];
    tried.add(record.rider);
    return [{ record, at: Math.max(own, rest) }];
  });
}

/** Each clock's ticks, the oldest first. */
function ticksByClock(records: readonly DueRecord[]): Map<string, DueRecord[]> {
  const clocks = new Map<string, DueRecord[]>();
  const ticks = records.filter(({ event }) => event.kind === "tick");
  for (const tick of ticks.toSorted((a, b) => dueAt(a) - dueAt(b))) {
    clocks.set(clockOf(tick), [...(clocks.get(clockOf(tick)) ?? []), tick]);
  }
  return clocks;
}

function clockNameOf({ event }: DueRecord): string {
  return event.kind === "tick" ? event.name : "";
}

function clockOf(record: DueRecord | undefined): string {
  return record === undefined ? "" : `${record.rider}/${clockNameOf(record)}`;
}

function dueAt({ event }: DueRecord): number {
  return event.kind === "tick" ? event.dueAt : 0;
}

function byAge(a: DueRecord, b: DueRecord): number {
  return a.since - b.since || (a.invocation === b.invocation ? 0 : compareIds(idOf(a), idOf(b)));
}

function idOf({ event, invocation }: DueRecord): string {
  return event.kind === "notification" ? event.notification.id : invocation;
}
