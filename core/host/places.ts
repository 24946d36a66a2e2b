import { Cursor } from "../events/cursor.js";
import type { Event } from "../events/event.js";
import { wantsNotifications } from "../events/subscriptions.js";
import type { Tenure } from "../jobs/ownership.js";
import type { DeliveryStore, DueRecord, PostOfTimeline, Progress } from "./delivery-store.js";
import type { Rider } from "./rider.js";
import { TimelinePlaces } from "./timeline-places.js";

/** What places need of the account. */
interface PlaceOptions {
  readonly store: DeliveryStore;
  readonly riders: readonly Rider[];
  readonly tenure: Tenure;
}

/** How far each rider of an account has come in what the account hears. */
export class Places {
  /** Those in the timelines. */
  readonly timelines: TimelinePlaces;
  readonly #options: PlaceOptions;
  readonly #cursors = new Map<string, Cursor>();

  constructor(options: PlaceOptions) {
    this.#options = options;
    this.timelines = new TimelinePlaces(options.store, options.tenure.epoch);
  }

  /** Takes up the riders' places in the notifications; one without a place begins where `begin` says. */
  async open(begin: (rider: Rider) => Promise<string>): Promise<void> {
    const { store, tenure } = this.#options;
    for (const rider of this.#running().filter(({ wanted }) => wantsNotifications(wanted))) {
      if (this.#cursors.has(rider.name)) continue;
      let position = await store.cursor(rider.name);
      if (position === undefined) {
        position = await begin(rider);
        await store.setCursor({ rider: rider.name, cursor: position, epoch: tenure.epoch });
      }
      this.#cursors.set(rider.name, new Cursor(position));
    }
  }

  /** Where each running rider stands in the notifications: a catch-up begins at the earliest. */
  positions(): string[] {
    return this.#running().flatMap(({ name }) => this.#cursors.get(name)?.position ?? []);
  }

  /** A catch-up from the earliest position has offered all that the server showed up to `newest`. */
  async caughtUp(newest: string): Promise<void> {
    const { store, tenure } = this.#options;
    for (const { name } of this.#running()) {
      const cursor = this.#cursors.get(name);
      if (cursor === undefined) continue;
      cursor.caughtUp(newest);
      await store.setCursor({ rider: name, cursor: cursor.position, epoch: tenure.epoch });
    }
  }

  /** Whether the event is to be handled by the rider: not handled before, as far as that is known, and not under way. */
  begin(rider: string, event: Event): boolean {
    if (event.kind === "notification") return this.#cursors.get(rider)?.begin(event.notification.id) !== false;
    const post = postOf(event);
    return post === undefined || this.timelines.of(rider, post.timeline)?.begin(post.id) !== false;
  }

  /** Whether a next owner reads the event again: the rider's place is before it. */
  isReadAgain(rider: string, event: Event): boolean {
    const post = postOf(event);
    return (
      event.kind === "notification" || (post !== undefined && this.timelines.of(rider, post.timeline) !== undefined)
    );
  }

  /** What is stored with the end of an invocation. */
  progressAfter({ event, invocation, rider }: DueRecord): Progress {
    const post = postOf(event);
    const progress = { invocation, rider, post, epoch: this.#options.tenure.epoch };
    if (post !== undefined) return { ...progress, cursor: this.timelines.after(rider, post) };
    if (event.kind !== "notification") return { ...progress, cursor: undefined };
    return { ...progress, cursor: this.#cursors.get(rider)?.after(event.notification.id) };
  }

  /** The event is handled, or its retry is stored. */
  finish(rider: string, event: Event): void {
    const post = postOf(event);
    if (post !== undefined) this.timelines.of(rider, post.timeline)?.finish(post.id);
    if (event.kind === "notification") this.#cursors.get(rider)?.finish(event.notification.id);
  }

  #running(): Rider[] {
    return this.#options.riders.filter(({ standing }) => standing.state === "running");
  }
}

function postOf(event: Event): PostOfTimeline | undefined {
  return event.kind === "status" ? { timeline: event.timeline, id: event.status.id } : undefined;
}
