import { Cursor } from "../events/cursor.js";
import type { Event, TimelineName } from "../events/event.js";
import { wantsNotifications } from "../events/subscriptions.js";
import type { DeliveryStore, PlaceChange } from "./delivery-store.js";
import type { PlaceSource } from "./gathering.js";
import type { Rider } from "./rider.js";
import { TimelinePlaces } from "./timeline-places.js";

/** What places need of the account. */
interface PlaceOptions {
  readonly store: DeliveryStore;
  readonly riders: readonly Rider[];
  /** Stores the places of these riders, in the notifications or in a timeline, after all that ended before. */
  readonly save: (riders: readonly string[], timeline?: TimelineName) => Promise<unknown>;
}

/** How far each rider of an account has come in what the account hears. */
export class Places implements PlaceSource {
  /** Those in the timelines. */
  readonly timelines: TimelinePlaces;
  readonly #options: PlaceOptions;
  readonly #cursors = new Map<string, Cursor>();

  constructor(options: PlaceOptions) {
    this.#options = options;
    this.timelines = new TimelinePlaces(options.store, (rider, timeline) => options.save([rider], timeline));
  }

  /** Takes up the riders' places in the notifications; one without a place begins where `begin` says. */
  async open(begin: (rider: Rider) => Promise<string>): Promise<void> {
    const { save, store } = this.#options;
    const begun: string[] = [];
    for (const rider of this.#running().filter(({ wanted }) => wantsNotifications(wanted))) {
      if (this.#cursors.has(rider.name)) continue;
      const { cursor, handled } = await store.place(rider.name);
      if (cursor === undefined) begun.push(rider.name);
      this.#cursors.set(rider.name, new Cursor(cursor ?? (await begin(rider)), handled));
    }
    if (begun.length > 0) await save(begun);
  }

  /** Where each running rider stands in the notifications: a catch-up begins at the earliest. */
  positions(): string[] {
    return this.#running().flatMap(({ name }) => this.#cursors.get(name)?.position ?? []);
  }

  /** A catch-up from the earliest position has offered all that the server showed up to `newest`. */
  async caughtUp(newest: string): Promise<void> {
    const riders = this.#running().filter(({ name }) => this.#cursors.has(name));
    for (const { name } of riders) this.#cursors.get(name)?.caughtUp(newest);
    if (riders.length > 0) await this.#options.save(riders.map(({ name }) => name));
  }

  /** Whether the event is to be handled by the rider: not handled before, as far as that is known, and not under way. */
  begin(rider: string, event: Event): boolean {
    if (event.kind === "notification") return this.#cursors.get(rider)?.begin(event.notification.id) !== false;
    if (event.kind !== "status") return true;
    return this.timelines.of(rider, event.timeline)?.begin(event.status.id) !== false;
  }

  /** Whether a next owner reads the event again: the rider's place is before it. */
  isReadAgain(rider: string, event: Event): boolean {
    if (event.kind === "status") return this.timelines.of(rider, event.timeline) !== undefined;
    return event.kind === "notification";
  }

  /** The event is handled, or its retry is about to be stored. */
  finish(rider: string, event: Event): void {
    if (event.kind === "status") this.timelines.of(rider, event.timeline)?.finish(event.status.id);
    if (event.kind === "notification") this.#cursors.get(rider)?.finish(event.notification.id);
  }

  notifications(rider: string, ids: readonly string[]): PlaceChange | undefined {
    const cursor = this.#cursors.get(rider);
    if (cursor === undefined) return undefined;
    const unstored = new Set(ids);
    return {
      cursor: cursor.position,
      handled: ids.filter((id) => cursor.isBeyond(id)),
      covered: cursor.takeCovered().filter((id) => !unstored.has(id)),
    };
  }

  timeline(rider: string, timeline: TimelineName): string | undefined {
    return this.timelines.takeChanged(rider, timeline);
  }

  #running(): Rider[] {
    return this.#options.riders.filter(({ standing }) => standing.state === "running");
  }
}
