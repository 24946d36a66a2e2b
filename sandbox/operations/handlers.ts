import type { OperationName, Operations } from "../../core/mastodon/operations.js";
import { accounts } from "./accounts.js";
import { apps } from "./apps.js";
import type { Call, Handlers } from "./call.js";
import { instance } from "./instance.js";
import { media } from "./media.js";
import { conversations } from "./conversations.js";
import { featuredTags } from "./featured-tags.js";
import { filters } from "./filters.js";
import { groupedNotifications, groupedNotificationsAlpha } from "./grouped-notifications.js";
import { lists } from "./lists.js";
import {
  announcements,
  customEmojis,
  directory,
  domainBlocks,
  endorsements,
  followedTags,
  markers,
  notificationPolicy,
  notificationRequests,
  preferences,
  suggestions,
  trends,
} from "./own-things.js";
import { scheduledFor, scheduledStatuses } from "./scheduled-statuses.js";
import { groupNotSimulated, notSimulated } from "./not-simulated.js";
import { notifications } from "./notifications.js";
import { blocks, bookmarks, favourites, followRequests, mutesList } from "./personal-lists.js";
import { push } from "./push.js";
import { reports } from "./reports.js";
import { polls } from "./polls.js";
import { statuses } from "./statuses.js";
import { search, tags, timelines } from "./timelines.js";

const handlers: { readonly [G in keyof Operations]: Handlers<G> } = {
  accounts,
  adminAccounts: groupNotSimulated("adminAccounts"),
  adminCanonicalEmailBlocks: groupNotSimulated("adminCanonicalEmailBlocks"),
  adminDomainAllows: groupNotSimulated("adminDomainAllows"),
  adminDomainBlocks: groupNotSimulated("adminDomainBlocks"),
  adminEmailDomainBlocks: groupNotSimulated("adminEmailDomainBlocks"),
  adminIpBlocks: groupNotSimulated("adminIpBlocks"),
  adminMetrics: groupNotSimulated("adminMetrics"),
  adminReports: groupNotSimulated("adminReports"),
  adminTrends: groupNotSimulated("adminTrends"),
  announcements,
  annualReports: groupNotSimulated("annualReports"),
  apps,
  asyncRefreshes: groupNotSimulated("asyncRefreshes"),
  blocks,
  bookmarks,
  collections: groupNotSimulated("collections"),
  conversations,
  customEmojis,
  directory,
  domainBlocks,
  emails: groupNotSimulated("emails"),
  endorsements,
  favourites,
  featuredTags,
  filters,
  filtersV1: groupNotSimulated("filtersV1"),
  followRequests,
  followedTags,
  groupedNotifications,
  groupedNotificationsAlpha,
  instance,
  lists,
  markers,
  media,
  mutes: mutesList,
  notificationPolicy,
  notificationRequests,
  notifications,
  oembed: groupNotSimulated("oembed"),
  polls,
  preferences,
  profile: groupNotSimulated("profile"),
  push,
  reports,
  scheduledStatuses,
  search,
  statuses,
  suggestions,
  tags,
  timelines,
  trends,
};

/** Carries an operation out and gives what it answers: an entity, a `Reply` or a `Page`. */
export type AnyHandler = (call: Call) => unknown;

const byName = new Map<string, AnyHandler>([
  ...Object.entries(handlers).flatMap(([group, rows]) =>
    Object.entries(rows).map(([name, handler]): [string, AnyHandler] => [`${group}.${name}`, handler as AnyHandler]),
  ),
]);

/** The handler of an operation, for a call: posting now and later have one address. */
export function handlerFor(name: OperationName, call: Call): AnyHandler {
  return handlerOf(name === "statuses.create" && scheduledFor(call) !== undefined ? "statuses.schedule" : name);
}

function handlerOf(name: OperationName): AnyHandler {
  const handler = byName.get(name);
  if (handler === undefined) throw new Error(`no handler for ${name}`);
  return handler;
}

/** Whether the sandbox carries an operation out; what it does not is answered 501. */
export function isSimulated(name: OperationName): boolean {
  return handlerOf(name) !== notSimulated;
}
