import type { AuditLine } from "../client/audit.js";
import type { ClockBook } from "../events/clock.js";
import type { Event, TimelineName } from "../events/event.js";
import type { Broken } from "./breaker.js";

/** An event that waits for its rider's next attempt, or that no attempt brought to an end. */
export interface DueRecord {
  readonly invocation: string;
  readonly rider: string;
  readonly event: Event;
  /** Attempts that failed so far; waiting is none. */
  readonly attempts: number;
  /** How often in a row it had to wait. */
  readonly waits: number;
  /** In milliseconds since the epoch. */
  readonly notBefore: number;
  /** Why it is here; empty for a tick that just came due. */
  readonly reason: string;
  /** When it came to the list, in milliseconds since the epoch. */
  readonly since: number;
  /** Set where a human asked for it once more after it had been given up. */
  readonly again?: true;
  /** It waits for its rider, which is stopped, behind an earlier event, or for the end of a pause, and not for its time. */
  readonly held?: "stopped" | "behind" | "paused";
}

/** What a list of Redis holds. */
export interface Listed {
  readonly records: readonly DueRecord[];
  /** Invocations whose record no key opens or that are damaged. They were set aside, so that they block nothing. */
  readonly setAside: readonly string[];
}

/** Changes to a rider's state: undefined deletes. */
export type StateChanges = ReadonlyMap<string, unknown>;

/** How far a rider has come in the notifications. */
export interface Place {
  /** Everything up to here is handled; undefined: it has not begun. */
  readonly cursor: string | undefined;
  /** Notifications beyond it that are handled, too. */
  readonly handled: readonly string[];
}

/** What a change of place in the notifications stores. */
export interface PlaceChange {
  readonly cursor: string;
  readonly handled: readonly string[];
  /** Passed by the cursor, and not to be remembered any more. */
  readonly covered: readonly string[];
}

/** What a change of place in a timeline stores. */
export interface TimelineChange {
  readonly rider: string;
  readonly timeline: TimelineName;
  /** Undefined: it stays as it is. */
  readonly cursor: string | undefined;
  /** Posts that the rider has had, or that wait for it on a list: no catch-up brings them again. */
  readonly posts: readonly string[];
}

/** What the ends of some invocations change, all in one step. */
export interface Batch {
  /** Rises within an epoch; the same one is stored once, however often it is sent. */
  readonly number: number;
  /** How many more each rider has handled or given up. */
  readonly counts: ReadonlyMap<string, Counts>;
  /** What comes to the due list; undefined leaves it. */
  readonly due: ReadonlyMap<string, DueRecord | undefined>;
  readonly failed: ReadonlyMap<string, DueRecord>;
  /** By rider. */
  readonly state: ReadonlyMap<string, StateChanges>;
  /** By rider. */
  readonly places: ReadonlyMap<string, PlaceChange>;
  /** By `rider/clock`, the time of the last tick that came to an end. */
  readonly ticks: ReadonlyMap<string, number>;
  /** Riders that were stopped; undefined: one goes on. */
  readonly broken: ReadonlyMap<string, Broken | undefined>;
  readonly timelines: readonly TimelineChange[];
  /** Lines of the account's audit. */
  readonly audit: readonly AuditLine[];
}

/** What a rider has done so far. */
export interface Counts {
  readonly handled: number;
  readonly failed: number;
}

/** For how long events are kept that wait or failed: they may be private messages. */
export const keptMs = 30 * 24 * 60 * 60 * 1_000;
/** Posts of a timeline that a rider is known to have had: more than a catch-up reads. */
export const rememberedPosts = 2_000;

/**
 * What an account's events leave behind: due list, what failed, places, riders' state. What belongs together is
 * stored in one step, by the account's owner only.
 */
export interface DeliveryStore extends ClockBook {
  /** The due list, without what is older than 30 days. */
  due(): Promise<Listed>;
  isDue(invocation: string): Promise<boolean>;
  /** Puts an event on the due list; one that is there already stays as it is. */
  putDue(record: DueRecord): Promise<void>;
  dropDue(invocations: readonly string[]): Promise<void>;
  /** The invocations on the due list. */
  dueInvocations(): Promise<string[]>;
  /** What no attempt brought to an end, without what is older than 30 days. */
  failed(): Promise<Listed>;
  /** The invocations whose record could not be read. */
  setAside(): Promise<string[]>;
  /** Puts them back on the due list, as if they had just come; answers how many could be. */
  retryFailed(invocations: readonly string[]): Promise<number>;
  /** Takes them off all lists for good; answers how many there were. */
  drop(invocations: readonly string[]): Promise<number>;
  place(rider: string): Promise<Place>;
  /** By `rider/clock`, the time of the last tick that came to an end. */
  lastTicks(): Promise<ReadonlyMap<string, number>>;
  /** The riders that were stopped because they kept failing. */
  broken(): Promise<ReadonlyMap<string, Broken>>;
  /** Starts a rider again that was stopped; false: it was not. */
  mend(rider: string): Promise<boolean>;
  /** A rider's place in a timeline, as it was stored. */
  timelinePlace(rider: string, timeline: TimelineName): Promise<string | undefined>;
  /** Those of the posts of a timeline that the rider has had, or that wait for it on a list. */
  knownPosts(rider: string, timeline: TimelineName, ids: readonly string[]): Promise<ReadonlySet<string>>;
  state(rider: string, name: string): Promise<unknown>;
  counts(rider: string): Promise<Counts>;
  /** False: the account has changed owner since `epoch`, and nothing was stored. */
  commit(epoch: number, batch: Batch): Promise<boolean>;
}
