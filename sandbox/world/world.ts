import type { Settings } from "../settings.js";
import { Broadcast } from "./broadcast.js";
import { IdSource } from "./ids.js";
import type { FiledReport, Media, Person, Post } from "./records.js";

/** Everything the server knows: records, the ids they get, and the channel to the streams. */
export interface World {
  readonly settings: Settings;
  /** The address in entities' URLs; set once the port is known. */
  base: string;
  readonly ids: IdSource;
  readonly notificationIds: IdSource;
  readonly broadcast: Broadcast;
  /** By id. */
  readonly people: Map<string, Person>;
  /** By lower-case username. */
  readonly peopleByName: Map<string, Person>;
  /** By id, oldest first. */
  readonly posts: Map<string, Post>;
  readonly media: Map<string, Media>;
  readonly reports: FiledReport[];
  /** Posts by what the dialect keeps an `Idempotency-Key` under. */
  readonly idempotency: Map<string, { readonly postId: string; readonly author: Person; readonly until: number }>;
}

/** An empty server. */
export function createWorld(settings: Settings): World {
  return {
    settings,
    base: settings.publicUrl ?? "",
    ids: new IdSource(settings.dialect.ids.records),
    notificationIds: new IdSource(settings.dialect.ids.notifications),
    broadcast: new Broadcast(),
    people: new Map(),
    peopleByName: new Map(),
    posts: new Map(),
    media: new Map(),
    reports: [],
    idempotency: new Map(),
  };
}

/** Ends the timers that would keep the process alive. */
export function closeWorld(world: World): void {
  for (const { kept } of world.people.values()) for (const { timer } of kept.scheduled.values()) clearTimeout(timer);
  for (const post of world.posts.values()) if (post.poll !== null) clearTimeout(post.poll.timer);
}
