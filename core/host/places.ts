import { Cursor } from "../events/cursor.js";
import type { Event } from "../events/event.js";
import { wantsNotifications } from "../events/subscriptions.js";
import type { Tenure } from "../jobs/ownership.js";
import type { DeliveryStore, DueRecord, Progress } from "./delivery-store.js";
import type { Rider } from "./rider.js";

/** What places need of the account. */
interface PlaceOptions {
  readonly store: DeliveryStore;
  readonly riders: readonly Rider[];
  readonly tenure: Tenure;
}

/** How far each rider of an account has come in what the account hears. */
export class Places {
  readonly #options: PlaceOptions;
  readonly #cursors = new Map<string, Cursor>();

  constructor(options: PlaceOptions) {
    this.#options = options;
  }

  /** Takes up the riders' places in the notifications; one without a place begins at `newest`. */
  async open(newest: () => Promise<string>): Promise<void> {
    const { store, tenure } = this.#options;
    for (const rider of this.#running().filter(({ wanted }) => wantsNotifications(wanted))) {
      if (this.#cursors.has(rider.name)) continue;
      let position = await store.cursor(rider.name);
      if (position === undefined) {
        position = await newest();
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

  /** Whether the event is to be handled by the rider: not handled before and not under way. */
  begin(rider: string, event: Event): boolean {
    return event.kind !== "notification" || this.#cursors.get(rider)?.begin(event.notification.id) !== false;
  }

  /** What is stored with the end of an invocation. */
  progressAfter({ event, invocation, rider }: DueRecord): Progress {
    const cursor = event.kind === "notification" ? this.#cursors.get(rider)?.after(event.notification.id) : undefined;
    return { invocation, rider, cursor, epoch: this.#options.tenure.epoch };
  }

  /** The event is handled, or its retry is stored. */
  finish(rider: string, event: Event): void {
    if (event.kind === "notification") this.#cursors.get(rider)?.finish(event.notification.id);
  }

  #running(): Rider[] {
    return this.#options.riders.filter(({ standing }) => standing.state === "running");
  }
}
