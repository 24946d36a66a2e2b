import { TimelinePlace } from "../events/timeline-place.js";
import type { TimelineName } from "../events/event.js";
import type { PostOfTimeline, StoredPlace } from "./delivery-store.js";

/** Where these places are kept. */
interface PlaceStore {
  cursor(rider: string, timeline: TimelineName): Promise<string | undefined>;
  setCursor(place: StoredPlace): Promise<boolean>;
  knownPosts(rider: string, timeline: TimelineName, ids: readonly string[]): Promise<ReadonlySet<string>>;
}

/** How far the riders of an account have come in the timelines. */
export class TimelinePlaces {
  readonly #store: PlaceStore;
  readonly #epoch: number;
  readonly #places = new Map<string, TimelinePlace>();

  constructor(store: PlaceStore, epoch: number) {
    this.#store = store;
    this.#epoch = epoch;
  }

  /** Takes up a rider's place; without one, it begins behind the post that `begin` names. */
  async open(rider: string, timeline: TimelineName, begin: () => Promise<string>): Promise<TimelinePlace> {
    const known = this.of(rider, timeline);
    if (known !== undefined) return known;
    const stored = await this.#store.cursor(rider, timeline);
    const place = stored === undefined ? await this.#begun(rider, timeline, await begin()) : parsed(stored);
    this.#places.set(keyOf(rider, timeline), place);
    return place;
  }

  /** Undefined where it is not open. */
  of(rider: string, timeline: TimelineName): TimelinePlace | undefined {
    return this.#places.get(keyOf(rider, timeline));
  }

  /** Those of the posts that the rider has not had yet. */
  async unknown<P extends { readonly id: string }>(
    rider: string,
    timeline: TimelineName,
    posts: readonly P[],
  ): Promise<P[]> {
    const place = this.of(rider, timeline);
    const inReach = posts.filter(({ id }) => place?.isPastFloor(id));
    const ids = inReach.map(({ id }) => id);
    const known = await this.#store.knownPosts(rider, timeline, ids);
    return inReach.filter(({ id }) => !known.has(id));
  }

  /** A catch-up from the rider's mark has offered everything up to `newest`. */
  async caughtUp(rider: string, timeline: TimelineName, newest: string): Promise<void> {
    const place = this.of(rider, timeline);
    if (place === undefined) return;
    const before = place.mark;
    place.caughtUp(newest);
    if (place.mark !== before) await this.#keep(rider, timeline, textOf(place));
  }

  /** How a place is written once the post is handled; undefined where it stays as it is. */
  after(rider: string, { timeline, id }: PostOfTimeline): string | undefined {
    const place = this.of(rider, timeline);
    const mark = place?.after(id);
    return place === undefined || mark === undefined || mark === place.mark
      ? undefined
      : textOf({ mark, floor: place.floor });
  }

  async #begun(rider: string, timeline: TimelineName, floor: string): Promise<TimelinePlace> {
    await this.#keep(rider, timeline, textOf({ mark: floor, floor }));
    return new TimelinePlace({ mark: floor, floor });
  }

  async #keep(rider: string, timeline: TimelineName, cursor: string): Promise<void> {
    await this.#store.setCursor({ rider, timeline, cursor, epoch: this.#epoch });
  }
}

function keyOf(rider: string, timeline: TimelineName): string {
  return `${rider} ${timeline}`;
}

function textOf({ mark, floor }: { readonly mark: string; readonly floor: string }): string {
  return JSON.stringify([mark, floor]);
}

function parsed(text: string): TimelinePlace {
  const [mark, floor] = JSON.parse(text) as [string, string];
  return new TimelinePlace({ mark, floor });
}
