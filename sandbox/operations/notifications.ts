import { notFound } from "../refusal.js";
import { renderNotification } from "../render/notification.js";
import type { Notice, Person } from "../world/records.js";
import { compareIds } from "../world/ids.js";
import { canSee } from "../world/visibility.js";
import { signedIn, type Call, type Handlers } from "./call.js";
import { notificationLimits, page } from "./page.js";

/** @see https://docs.joinmastodon.org/methods/notifications/ */
export const notifications: Handlers<"notifications"> = {
  list: (call) => {
    const me = signedIn(call);
    const shown = me.notifications.filter((notice) => isWanted(call, notice));
    return page(shown, call.parameters, notificationLimits, (notice) => renderNotification(call.world, me, notice));
  },
  get: (call) => {
    const me = signedIn(call);
    return renderNotification(call.world, me, ownNotice(me, call.parameters.text("id")));
  },
  dismiss: (call) => {
    const me = signedIn(call);
    const dismissed = ownNotice(me, call.parameters.text("id"));
    me.notifications = me.notifications.filter((notice) => notice !== dismissed);
    return {};
  },
  clear: (call) => {
    signedIn(call).notifications = [];
    return {};
  },
  unreadCount: (call) => {
    const me = signedIn(call);
    const unread = me.notifications.filter((notice) => isWanted(call, notice) && isUnread(call, notice));
    return { count: Math.min(unread.length, call.parameters.integer("limit") ?? 100) };
  },
};

/** Whether a notification came after those that the person has marked as read. */
export function isUnread(call: Call, { id }: Notice): boolean {
  const read = signedIn(call).kept.markers.notifications?.last_read_id;
  return read === undefined || compareIds(id, read) > 0;
}

/** Whether a notification is of those that were asked for. */
export function isWanted({ parameters, person }: Call, notice: Notice): boolean {
  const types = parameters.texts("types");
  const excluded = parameters.texts("exclude_types") ?? [];
  const from = parameters.filledText("account_id");
  if (types !== undefined && types.length > 0 && !types.includes(notice.type)) return false;
  if (excluded.includes(notice.type) || notice.from.suspended) return false;
  if (notice.post !== null && !canSee(person, notice.post)) return false;
  return from === undefined || notice.from.id === from;
}

function ownNotice(me: Person, id: string | undefined): Notice {
  const notice = me.notifications.find((other) => other.id === id);
  if (notice === undefined) throw notFound();
  return notice;
}
