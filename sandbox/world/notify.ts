import type { NotificationType } from "../../core/mastodon/notification-entities.js";
import { renderNotification } from "../render/notification.js";
import { groupKeyFor } from "./group-key.js";
import type { Notice, Person, Post } from "./records.js";
import { threadOf } from "./thread.js";
import { mutes } from "./visibility.js";
import type { World } from "./world.js";

/** Tells `receiver` what `from` did, unless they have blocked or muted that person. */
export function notify(
  world: World,
  receiver: Person,
  what: { readonly type: NotificationType; readonly from: Person; readonly post?: Post },
): void {
  if (!wants(receiver, what.from, what.type)) return;
  if (what.post !== undefined && receiver.kept.mutedThreads.has(threadOf(world, what.post))) return;
  const id = world.notificationIds.next(what.type);
  const notice: Notice = {
    id,
    type: what.type,
    createdAt: Date.now(),
    from: what.from,
    post: what.post ?? null,
    groupKey: groupKeyFor(receiver, { id, type: what.type, post: what.post }),
  };
  receiver.notifications.push(notice);
  const channel = `timeline:${receiver.id}:notifications`;
  if (!world.broadcast.hasListeners(channel)) return;
  const payload = JSON.stringify(renderNotification(world, receiver, notice));
  world.broadcast.publish(channel, { event: "notification", payload });
}

function wants(receiver: Person, from: Person, type: NotificationType): boolean {
  if (receiver.suspended) return false;
  if (receiver === from) return type === "poll";
  if (receiver.blocks.has(from.id)) return false;
  return !(mutes(receiver, from) && receiver.mutes.get(from.id)?.notifications === true);
}

/** Takes back what came from one person, as blocking and muting do. */
export function forgetNotificationsFrom(receiver: Person, from: Person): void {
  receiver.notifications = receiver.notifications.filter((notice) => notice.from !== from);
}

/** Takes back what was about one post. */
export function forgetNotificationsAbout(world: World, post: Post): void {
  for (const person of world.people.values()) {
    if (person.notifications.some((notice) => notice.post === post)) {
      person.notifications = person.notifications.filter((notice) => notice.post !== post);
    }
  }
}
