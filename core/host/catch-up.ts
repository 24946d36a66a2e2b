import type { Logger } from "pino";
import type { Can } from "../client/client.js";
import { notificationsAfter, newestPosition, positionBefore } from "../events/catch-up.js";
import type { TimelineName } from "../events/event.js";
import {
  lastBefore,
  mostPosts,
  newestPost,
  overlap,
  readBack,
  timelineList,
  timelinesIn,
  type ReadsTimelines,
} from "../events/timelines.js";
import { ServerRefusedError } from "../errors.js";
import { compareIds } from "../mastodon/ids.js";
import type { Deliveries } from "./deliveries.js";
import type { Rider } from "./rider.js";

/** What a catch-up reads with, and whom it tells. */
export interface CatchUpOptions {
  /** Which timelines are its affair; others are read by another one. */
  readonly reads: (timeline: TimelineName) => boolean;
  /** Whether the notifications are. */
  readonly readsNotifications: boolean;
  readonly client: Can<"notifications.list"> & ReadsTimelines;
  readonly deliveries: Deliveries;
  readonly log: Pick<Logger, "warn">;
  readonly signal: AbortSignal;
}

/** Reads what an account's riders missed, and hands it to their deliveries. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  /** When each timeline was last read with its overlap. */
  readonly #deepAt = new Map<TimelineName, number>();
  /** Timelines that the server refused, and what it said: each is named once. */
  #refused: Map<TimelineName, string> | undefined;
  #newest = "";

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Takes up the riders' places; who has none begins now, or where `since` says. */
  async open(): Promise<void> {
    const { client, deliveries, readsNotifications } = this.#options;
    if (readsNotifications) {
      await deliveries.places.open(async (rider) => {
        const since = sinceOf(rider);
        return since === undefined ? newestPosition(client) : positionBefore(client, since);
      });
    }
    await this.#eachTimeline((timeline) => this.#open(timeline));
  }

  /** Reads everything since the riders' places, after a gap with overlap. Answers whether anything new was there. */
  async run(isAfterGap: boolean): Promise<boolean> {
    let isActive = this.#options.readsNotifications && (await this.#notifications());
    await this.#eachTimeline(async (timeline) => {
      if (await this.#timeline(timeline, isAfterGap)) isActive = true;
    });
    return isActive;
  }

  async #notifications(): Promise<boolean> {
    const { client, deliveries, signal } = this.#options;
    const [position] = deliveries.places.positions().toSorted(compareIds);
    if (position === undefined) return false;
    let newest = position;
    for await (const notification of notificationsAfter(client, position)) {
      signal.throwIfAborted();
      deliveries.offer({ kind: "notification", notification });
      newest = notification.id;
    }
    signal.throwIfAborted();
    await deliveries.places.caughtUp(newest);
    const isActive = this.#newest !== "" && newest !== this.#newest;
    this.#newest = newest;
    return isActive;
  }

  /** One that the server refuses holds up no other. */
  async #eachTimeline(work: (timeline: TimelineName) => Promise<void>): Promise<void> {
    const { deliveries, log, reads, signal } = this.#options;
    const wanted = new Set(deliveries.running().flatMap((rider) => timelinesIn(rider.wanted).filter(reads)));
    for (const timeline of wanted) {
      signal.throwIfAborted();
      try {
        await work(timeline);
        this.#refused?.delete(timeline);
      } catch (error) {
        if (!(error instanceof ServerRefusedError) || error.status >= 500) throw error;
        if (this.#refused?.get(timeline) !== error.message) log.warn({ err: error }, `${timeline} cannot be read`);
        (this.#refused ??= new Map<TimelineName, string>()).set(timeline, error.message);
      }
    }
  }

  #ridersOf(timeline: TimelineName): Rider[] {
    return this.#options.deliveries.running().filter(({ wanted }) => wanted.has(timeline));
  }

  async #open(timeline: TimelineName): Promise<void> {
    const { client, deliveries } = this.#options;
    for (const rider of this.#ridersOf(timeline)) {
      await deliveries.places.timelines.open(rider.name, timeline, () => {
        const list = timelineList(client, timeline);
        const since = sinceOf(rider);
        return since === undefined ? newestPost(list) : lastBefore(list, since);
      });
    }
  }

  async #timeline(timeline: TimelineName, isAfterGap: boolean): Promise<boolean> {
    await this.#open(timeline);
    const { client, deliveries, signal } = this.#options;
    const { timelines } = deliveries.places;
    const riders = this.#ridersOf(timeline).map(({ name }) => name);
    const marks = riders.flatMap((rider) => timelines.of(rider, timeline)?.mark ?? []);
    const [mark] = marks.toSorted(compareIds);
    if (mark === undefined) return false;
    const now = Date.now();
    const isDeep = isAfterGap || now - (this.#deepAt.get(timeline) ?? 0) > overlap.ms / 2;
    const { isWhole, posts } = await readBack(timelineList(client, timeline), mark, isDeep);
    let isActive = false;
    for (const rider of riders) {
      const unknown = await timelines.unknown(rider, timeline, posts);
      signal.throwIfAborted();
      if (!isWhole) this.#sayGap(rider, timeline, posts[0]?.id ?? "");
      for (const status of unknown) deliveries.offer({ kind: "status", timeline, status }, rider);
      if (unknown.length > 0) isActive = true;
      await timelines.caughtUp(rider, timeline, posts.at(-1)?.id ?? "");
    }
    if (isDeep) this.#deepAt.set(timeline, now);
    return isActive;
  }

  /** What lies between the rider's mark and the oldest post that was read is lost to it. */
  #sayGap(rider: string, timeline: TimelineName, oldest: string): void {
    const { deliveries, log } = this.#options;
    const mark = deliveries.places.timelines.of(rider, timeline)?.mark ?? "";
    if (mark !== "" && compareIds(oldest, mark) <= 0) return;
    const reason = `posts before ${oldest} were missed: the server keeps no more, or they are more than ${mostPosts}`;
    log.warn({ rider, after: mark }, `${timeline}: ${reason}`);
    deliveries.audit({ rider, invocation: `${rider}/${timeline}`, outcome: "gap", reason });
  }
}

function sinceOf({ entry: { since } }: Rider): number | undefined {
  if (since === undefined) return undefined;
  return "at" in since ? since.at : Date.now() - since.agoMs;
}
