import type { Status } from "../mastodon/entities.js";
import type { Notification, NotificationType } from "../mastodon/notification-entities.js";
import type { Scope } from "../mastodon/scopes.js";

type NotificationName = `notification.${NotificationType}`;
/** A timeline, as `on` names it. */
export type TimelineName =
  | "timeline.home"
  | "timeline.local"
  | "timeline.public"
  | `timeline.tag:${string}`
  | `timeline.list:${string}`;
type StatusChangeName = "status.edited" | "status.deleted";

/**
 * What `on` takes; `notification` is any notification, of types that nobody knows yet too.
 *
 * What is promised: each notification at least once, as long as the server has it; each post of a timeline once,
 * also those that came while nobody listened, unless the gap was longer than 800 posts. A post that comes more than an
 * hour (or 200 posts, if that is longer) late reaches a rider by a stream only. Edits and deletions come while a stream is
 * open: those of a gap, and those of servers without streaming, are not made up for.
 */
export type EventName = "notification" | NotificationName | TimelineName | StatusChangeName;

/** The scope that an event needs. */
export type EventScope<N extends EventName> = N extends "notification" | NotificationName
  ? "read:notifications"
  : N extends `timeline.list:${string}`
    ? "read:lists"
    : "read:statuses";

/** The scope that an event needs, at run time. */
export function scopeOfEvent(name: EventName): Scope {
  if (name === "notification" || name.startsWith("notification.")) return "read:notifications";
  return name.startsWith("timeline.list:") ? "read:lists" : "read:statuses";
}

type TypesWithStatus = "mention" | "status" | "reblog" | "favourite" | "poll" | "update" | "quote" | "quoted_update";

/** What a handler of the event `N` receives beside what every handler does. */
export type EventPayload<N extends EventName> = N extends "notification"
  ? { readonly notification: Notification }
  : N extends `notification.${infer T}`
    ? { readonly notification: T extends TypesWithStatus ? Notification & { status: Status } : Notification }
    : N extends "status.deleted"
      ? { readonly statusId: string }
      : { readonly status: Status };

/**
 * Something that happened on the server, as it goes through the core. Timelines: what came during a gap is read
 * again within an overlap; edits and deletions during a gap are not promised.
 */
export type ServerEvent =
  | { readonly kind: "notification"; readonly notification: Notification }
  | { readonly kind: "status"; readonly timeline: TimelineName; readonly status: Status }
  | { readonly kind: "edited"; readonly status: Status }
  | { readonly kind: "deleted"; readonly statusId: string };

/** A tick of a `cron` or `every` of one rider. */
export interface Tick {
  readonly kind: "tick";
  readonly rider: string;
  /** The name given to `cron` or `every`. */
  readonly name: string;
  /** When it was due, in milliseconds since the epoch. */
  readonly dueAt: number;
}

/** Whatever starts an invocation. */
export type Event = ServerEvent | Tick;

/** Whether a handler that asked for `name` gets `event`. */
export function matches(name: EventName, event: ServerEvent): boolean {
  switch (event.kind) {
    case "notification":
      return name === "notification" || name === `notification.${event.notification.type}`;
    case "status":
      return name === event.timeline;
    case "edited":
      return name === "status.edited";
    case "deleted":
      return name === "status.deleted";
  }
}

/** Identifies an event within an account, also over restarts: the same event has the same id. */
export function eventId(event: Event): string {
  switch (event.kind) {
    case "notification":
      return `notification/${event.notification.id}`;
    case "status":
      return `${event.timeline}/${event.status.id}`;
    case "edited":
      return `edited/${event.status.id}/${event.status.edited_at ?? ""}`;
    case "deleted":
      return `deleted/${event.statusId}`;
    case "tick":
      return `tick/${event.name}/${event.dueAt}`;
  }
}

/** What was asked of last: each event is asked for its time several times in a row, and reading one takes long. */
let latest: { readonly event: Event; readonly at: number | undefined } | undefined;

/** When the event happened, in milliseconds since the epoch; undefined where the server does not say. */
export function happenedAt(event: Event): number | undefined {
  if (latest?.event !== event) latest = { event, at: timeOf(event) };
  return latest.at;
}

function timeOf(event: Event): number | undefined {
  switch (event.kind) {
    case "notification":
      return parseTime(event.notification.created_at);
    case "status":
      return parseTime(event.status.created_at);
    case "edited":
      return parseTime(event.status.edited_at ?? event.status.created_at);
    case "deleted":
      return undefined;
    case "tick":
      return event.dueAt;
  }
}

function parseTime(text: string): number | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** What an event is, such as `notification.mention`. */
export function kindOf(event: Event): string {
  switch (event.kind) {
    case "notification":
      return `notification.${event.notification.type}`;
    case "status":
      return event.timeline;
    case "edited":
      return "status.edited";
    case "deleted":
      return "status.deleted";
    case "tick":
      return `clock ${event.name}`;
  }
}
