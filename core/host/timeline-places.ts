import { TimelinePlace } from "../events/timeline-place.js";
import type { TimelineName } from "../events/event.js";
import type { DeliveryStore } from "./delivery-store.js";

/** Where these places are read. */
type PlaceStore = Pick<DeliveryStore, "timelinePlace" | "knownPosts">;
/** Stores a rider's place as it is now, after all that ended before. */
type Save = (rider: string, timeline: TimelineName) => Promise<unknown>;

/** How far the riders of an account have come in the timelines. */
export class TimelinePlaces {
  readonly #store: PlaceStore;
  readonly #save: Save;
  /** By rider and timeline: asked for at each event. */
  readonly #places = new Map<string, Map<TimelineName, TimelinePlace>>();
  /** As they are stored. */
  readonly #stored = new Map<string, string>();

  constructor(store: PlaceStore, save: Save) {
    this.#store = store;
    this.#save = save;
  }

  /** Takes up a rider's place; without one, it begins behind the post that `begin` names. */
  async open(rider: string, timeline: TimelineName, begin: () => Promise<string>): Promise<TimelinePlace> {
    const known = this.of(rider, timeline);
    if (known !== undefined) return known;
    const stored = await this.#store.timelinePlace(rider, timeline);
    if (stored !== undefined) this.#stored.set(keyOf(rider, timeline), stored);
    const place = parsed(stored ?? begun(await begin()));
    const places = this.#places.get(rider) ?? new Map<TimelineName, TimelinePlace>();
    this.#places.set(rider, places.set(timeline, place));
    if (stored === undefined) await this.#save(rider, timeline);
    return place;
  }

  /** Undefined where it is not open. */
  of(rider: string, timeline: TimelineName): TimelinePlace | undefined {
    return this.#places.get(rider)?.get(timeline);
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
    if (place.mark !== before) await this.#save(rider, timeline);
  }

  /** How a place is to be written now; undefined where it is stored as it is. */
  takeChanged(rider: string, timeline: TimelineName): string | undefined {
    const place = this.of(rider, timeline);
    if (place === undefined) return undefined;
    const key = keyOf(rider, timeline);
    const text = textOf(place);
    if (this.#stored.get(key) === text) return undefined;
    this.#stored.set(key, text);
    return text;
  }
}

function keyOf(rider: string, timeline: TimelineName): string {
  return `${rider} ${timeline}`;
}

function textOf({ mark, floor }: { readonly mark: string; readonly floor: string }): string {
  return JSON.stringify([mark, floor]);
}

/** Of a rider that begins behind a post. */
function begun(floor: string): string {
  return textOf({ mark: floor, floor });
}

function parsed(text: string): TimelinePlace {
  const [mark, floor] = JSON.parse(text) as [string, string];
  return new TimelinePlace({ mark, floor });
}
