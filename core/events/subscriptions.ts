import type { Subscription } from "../mastodon/stream.js";
import type { StreamFrame } from "../mastodon/stream-frame.js";
import type { Status } from "../mastodon/entities.js";
import type { Notification } from "../mastodon/notification-entities.js";
import type { EventName, ServerEvent, TimelineName } from "./event.js";

/** Software whose streams know no `user:notification`: it is passed over in silence there. */
const withoutNotificationStream: ReadonlySet<string> = new Set(["gotosocial"]);

/** The streams to subscribe for the events that riders asked for, as the server's software knows them. */
export function subscriptionsFor(wanted: ReadonlySet<EventName>, software?: string): Subscription[] {
  const names = [...wanted];
  const subscriptions: Subscription[] = [];
  // The user stream carries notifications too; alone they come without the whole home timeline.
  if (names.some((name) => name === "timeline.home" || name.startsWith("status."))) {
    subscriptions.push({ stream: "user" });
  } else if (wantsNotifications(wanted)) {
    subscriptions.push({ stream: withoutNotificationStream.has(software ?? "") ? "user" : "user:notification" });
  }
  if (wanted.has("timeline.local")) subscriptions.push({ stream: "public:local" });
  if (wanted.has("timeline.public")) subscriptions.push({ stream: "public" });
  for (const name of names) {
    if (name.startsWith("timeline.tag:")) subscriptions.push({ stream: "hashtag", tag: after(name) });
    if (name.startsWith("timeline.list:")) subscriptions.push({ stream: "list", list: after(name) });
  }
  return subscriptions;
}

/** Streams that show every account of a server the same. */
const sharedStreams: ReadonlySet<string> = new Set(["public", "public:local", "hashtag"]);

/** Whether one socket can carry it for all accounts of a server. */
export function isShared({ stream }: Subscription): boolean {
  return sharedStreams.has(stream);
}

/** Whether two subscriptions are to the same stream. */
export function isSameStream(a: Subscription, b: Subscription): boolean {
  return a.stream === b.stream && a.tag === b.tag && a.list === b.list;
}

/** Whether a frame of these `streams` comes by the subscription. */
export function isStreamOf({ list, stream, tag }: Subscription, [name, parameter]: readonly string[]): boolean {
  return stream === name && (tag ?? list) === parameter;
}

/** Whether any of the events is a notification. */
export function wantsNotifications(wanted: ReadonlySet<EventName>): boolean {
  return [...wanted].some((name) => name === "notification" || name.startsWith("notification."));
}

/** What a frame of the stream says happened; undefined for events that are not ours. */
export function eventIn({ streams, event, payload }: StreamFrame): ServerEvent | undefined {
  if (event === "delete") return typeof payload === "string" ? { kind: "deleted", statusId: payload } : undefined;
  if (typeof payload !== "object" || payload === null || !("id" in payload) || !("account" in payload))
    return undefined;
  if (event === "notification") return { kind: "notification", notification: payload as Notification };
  if (event === "status.update") return { kind: "edited", status: payload as Status };
  const timeline = timelineOf(streams);
  if (event !== "update" || timeline === undefined) return undefined;
  return { kind: "status", timeline, status: payload as Status };
}

function timelineOf([stream, parameter]: readonly string[]): TimelineName | undefined {
  switch (stream) {
    case "user":
      return "timeline.home";
    case "public:local":
      return "timeline.local";
    case "public":
      return "timeline.public";
    case "hashtag":
      return parameter === undefined ? undefined : `timeline.tag:${parameter}`;
    case "list":
      return parameter === undefined ? undefined : `timeline.list:${parameter}`;
    default:
      return undefined;
  }
}

function after(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
