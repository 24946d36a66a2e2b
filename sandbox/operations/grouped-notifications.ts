import type { Account } from "../../core/mastodon/entities.js";
import type {
  GroupedNotificationsResults,
  NotificationGroup,
  PartialAccountWithAvatar,
} from "../../core/mastodon/notification-entities.js";
import { notFound } from "../refusal.js";
import { renderAccount } from "../render/account.js";
import { renderStatus } from "../render/status.js";
import { compareIds } from "../world/ids.js";
import type { Notice, Person, Post } from "../world/records.js";
import { signedIn, type Call, type Handlers } from "./call.js";
import { isUnread, isWanted } from "./notifications.js";
import { isWithin, notificationLimits, page } from "./page.js";

/** So many people of a group are named. */
const sampleSize = 8;
const usuallyGrouped = ["favourite", "reblog", "follow"];
const mostCounted = 100;

/** Notifications of one group as far as they were asked for, the newest first. */
interface Group {
  /** Of the newest. */
  readonly id: string;
  readonly key: string;
  readonly newest: Notice;
  readonly notices: Notice[];
}

/** @see https://docs.joinmastodon.org/methods/grouped_notifications/ */
export const groupedNotifications: Handlers<"groupedNotifications"> = {
  list: (call) => {
    const me = signedIn(call);
    const wanted = me.notifications.filter((notice) => isWanted(call, notice) && isWithin(notice.id, call.parameters));
    const { items } = page(groupsOf(call, wanted), call.parameters, notificationLimits, (group) => group);
    return results(call, me, items);
  },
  get: (call) => {
    const me = signedIn(call);
    return results(call, me, groupsOf(call, ownGroup(call), "all"));
  },
  unreadCount: (call) => {
    const unread = signedIn(call).notifications.filter((notice) => isWanted(call, notice) && isUnread(call, notice));
    return { count: Math.min(groupsOf(call, unread).length, call.parameters.integer("limit") ?? mostCounted) };
  },
  accounts: (call) => peopleOf(ownGroup(call)).map((person) => renderAccount(call.world, person)),
  dismiss: (call) => {
    const me = signedIn(call);
    const dismissed = new Set(ownGroup(call));
    me.notifications = me.notifications.filter((notice) => !dismissed.has(notice));
    return {};
  },
};

/** @see https://docs.joinmastodon.org/methods/grouped_notifications_alpha/ */
export const groupedNotificationsAlpha: Handlers<"groupedNotificationsAlpha"> = {
  list: groupedNotifications.list,
  get: groupedNotifications.get,
  unreadCount: groupedNotifications.unreadCount,
  dismiss: groupedNotifications.dismiss,
};

function ownGroup(call: Call): Notice[] {
  const key = call.parameters.text("group_key");
  const notices = signedIn(call).notifications.filter(
    ({ groupKey, id }) => groupKey === key || `ungrouped-${id}` === key,
  );
  if (notices.length === 0) throw notFound();
  return notices.toSorted((one, other) => compareIds(other.id, one.id));
}

/** Of the types that are not to be grouped, each is a group of its own. */
function groupsOf(call: Call, notices: readonly Notice[], types: "asked" | "all" = "asked"): Group[] {
  const grouped = call.parameters.texts("grouped_types") ?? usuallyGrouped;
  const groups = new Map<string, Group>();
  for (const notice of notices.toSorted((one, other) => compareIds(other.id, one.id))) {
    const isGrouped = types === "all" || grouped.includes(notice.type);
    const key = isGrouped ? notice.groupKey : `ungrouped-${notice.id}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { id: notice.id, key, newest: notice, notices: [notice] });
    else group.notices.push(notice);
  }
  return [...groups.values()];
}

function results(call: Call, me: Person, groups: readonly Group[]): GroupedNotificationsResults {
  const { world } = call;
  const isPartial = call.parameters.text("expand_accounts") === "partial_avatars";
  const named = new Set(groups.flatMap(({ notices }) => peopleOf(notices).slice(0, isPartial ? 1 : sampleSize)));
  const others = new Set(groups.flatMap(({ notices }) => peopleOf(notices).slice(0, sampleSize)));
  const posts = new Set(groups.flatMap(({ newest }) => newest.post ?? []));
  return {
    accounts: [...named].map((person) => renderAccount(world, person)),
    ...(isPartial && {
      partial_accounts: [...others]
        .filter((person) => !named.has(person))
        .map((one) => partOf(renderAccount(world, one))),
    }),
    statuses: [...posts].map((post: Post) => renderStatus(world, me, post)),
    notification_groups: groups.map(renderGroup),
  };
}

function renderGroup({ key, newest, notices }: Group): NotificationGroup {
  return {
    group_key: key,
    notifications_count: notices.length,
    type: newest.type,
    most_recent_notification_id: newest.id,
    page_min_id: notices.at(-1)?.id ?? newest.id,
    page_max_id: newest.id,
    latest_page_notification_at: new Date(newest.createdAt).toISOString(),
    sample_account_ids: peopleOf(notices)
      .slice(0, sampleSize)
      .map(({ id }) => id),
    ...(newest.post !== null && { status_id: newest.post.id }),
  };
}

function peopleOf(notices: readonly Notice[]): Person[] {
  return [...new Set(notices.map(({ from }) => from))];
}

function partOf({ acct, avatar, avatar_static, bot, id, locked, url }: Account): PartialAccountWithAvatar {
  return { id, acct, url: url ?? "", avatar, avatar_static, locked, bot };
}
