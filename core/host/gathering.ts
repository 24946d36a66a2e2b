import type { AuditLine } from "../client/audit.js";
import type { TimelineName } from "../events/event.js";
import type { Broken } from "./breaker.js";
import type { Batch, Counts, DueRecord, PlaceChange, StateChanges, TimelineChange } from "./delivery-store.js";

/** How an invocation ended here. */
export type Ending =
  | { readonly how: "done"; readonly record: DueRecord; readonly changes: StateChanges }
  /** Nothing is left to do for it. */
  | { readonly how: "passed over"; readonly record: DueRecord }
  /** It is not handled on purpose: the audit says why. */
  | { readonly how: "skipped"; readonly record: DueRecord; readonly reason: string }
  /** It has to wait, or is tried again: `record` says when. */
  | { readonly how: "postponed"; readonly record: DueRecord }
  /** No attempt brought it to its end. */
  | { readonly how: "given up"; readonly record: DueRecord };

/** Where riders' places are asked for at the moment of storing. */
export interface PlaceSource {
  /** `ids` are the notifications that came to an end since the last time. */
  notifications(rider: string, ids: readonly string[]): PlaceChange | undefined;
  /** Undefined: it is not open, or was stored as it is. */
  timeline(rider: string, timeline: TimelineName): string | undefined;
}

/** Endings that are stored together. The last word on each thing is what counts. */
export class Gathering {
  /** What nobody would read again, if it were not stored. */
  readonly unread: DueRecord[] = [];
  /** Resolves when it is known whether they were stored. */
  readonly stored: Promise<boolean>;
  readonly #counts = new Map<string, { -readonly [C in keyof Counts]: number }>();
  readonly #due = new Map<string, DueRecord | undefined>();
  readonly #failed = new Map<string, DueRecord>();
  readonly #state = new Map<string, Map<string, unknown>>();
  readonly #notifications = new Map<string, string[]>();
  readonly #timelines = new Map<string, Map<TimelineName, string[]>>();
  readonly #ticks = new Map<string, number>();
  readonly #broken = new Map<string, Broken | undefined>();
  readonly #audit: AuditLine[] = [];
  #size = 0;
  #settle: (isStored: boolean) => void = () => undefined;

  constructor() {
    this.stored = new Promise((resolve) => (this.#settle = resolve));
  }

  /** How many endings it has. */
  get size(): number {
    return this.#size;
  }

  /** `isListed`: it may be on the due list. */
  add(ending: Ending, isListed: boolean): void {
    const { how, record } = ending;
    const { invocation, rider } = record;
    this.#size += 1;
    if (how === "postponed") this.#due.set(invocation, record);
    else if (isListed || (this.#due.size > 0 && this.#due.has(invocation))) this.#due.set(invocation, undefined);
    if (how === "given up") this.#failed.set(invocation, record);
    if (how === "done" || how === "given up") this.#count(rider, how);
    if (how === "done" && ending.changes.size > 0) this.#change(rider, ending.changes);
    if (how === "skipped") this.audit({ rider, invocation, outcome: "skipped", reason: ending.reason });
    this.#mark(ending);
  }

  audit(line: AuditLine): void {
    this.#audit.push(line);
  }

  /** A rider was stopped; undefined: it goes on. */
  break(rider: string, broken: Broken | undefined): void {
    this.#broken.set(rider, broken);
  }

  /** The place of a rider in the notifications, or in a timeline, has moved without an ending. */
  touch(rider: string, timeline?: TimelineName): void {
    if (timeline === undefined) this.#notificationsOf(rider);
    else this.#postsOf(rider, timeline);
  }

  /** What was put into a rider's state under that name; boxed because it may be undefined. */
  state(rider: string, name: string): { readonly value: unknown } | undefined {
    const changes = this.#state.get(rider);
    return changes?.has(name) === true ? { value: changes.get(name) } : undefined;
  }

  /** As it is stored. Places are those of this moment: whatever they have passed is stored before or here. */
  batch(number: number, source: PlaceSource): Batch {
    const places = new Map<string, PlaceChange>();
    for (const [rider, ids] of this.#notifications) {
      const place = source.notifications(rider, ids);
      if (place !== undefined) places.set(rider, place);
    }
    const timelines = [...this.#timelines].flatMap(([rider, changes]) =>
      [...changes].map(([timeline, posts]): TimelineChange => {
        return { rider, timeline, posts, cursor: source.timeline(rider, timeline) };
      }),
    );
    return {
      number,
      counts: this.#counts,
      due: this.#due,
      failed: this.#failed,
      state: this.#state,
      places,
      timelines,
      ticks: this.#ticks,
      broken: this.#broken,
      audit: this.#audit,
    };
  }

  settle(isStored: boolean): void {
    this.#settle(isStored);
  }

  #count(rider: string, how: "done" | "given up"): void {
    let counts = this.#counts.get(rider);
    if (counts === undefined) this.#counts.set(rider, (counts = { handled: 0, failed: 0 }));
    counts[how === "done" ? "handled" : "failed"] += 1;
  }

  #change(rider: string, changes: StateChanges): void {
    const all = this.#state.get(rider) ?? new Map<string, unknown>();
    for (const [name, value] of changes) all.set(name, value);
    this.#state.set(rider, all);
  }

  /** So that the same event, brought once more by whatever way, is known. */
  #mark({ how, record: { event, rider } }: Ending): void {
    if (event.kind === "notification") this.#notificationsOf(rider).push(event.notification.id);
    else if (event.kind === "status") this.#postsOf(rider, event.timeline).push(event.status.id);
    else if (event.kind === "tick" && how !== "postponed") {
      const clock = `${rider}/${event.name}`;
      this.#ticks.set(clock, Math.max(event.dueAt, this.#ticks.get(clock) ?? 0));
    }
  }

  #notificationsOf(rider: string): string[] {
    let ids = this.#notifications.get(rider);
    if (ids === undefined) this.#notifications.set(rider, (ids = []));
    return ids;
  }

  #postsOf(rider: string, timeline: TimelineName): string[] {
    let timelines = this.#timelines.get(rider);
    if (timelines === undefined) this.#timelines.set(rider, (timelines = new Map<TimelineName, string[]>()));
    let posts = timelines.get(timeline);
    if (posts === undefined) timelines.set(timeline, (posts = []));
    return posts;
  }
}
