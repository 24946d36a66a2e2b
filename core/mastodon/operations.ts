import type { Operation } from "./operation.js";
import { accounts } from "./operations/accounts.js";
import { adminAccounts, adminMetrics, adminReports, adminTrends } from "./operations/admin.js";
import {
  adminCanonicalEmailBlocks,
  adminDomainAllows,
  adminDomainBlocks,
  adminEmailDomainBlocks,
  adminIpBlocks,
} from "./operations/admin-blocks.js";
import { filters, filtersV1 } from "./operations/filters.js";
import { asyncRefreshes, customEmojis, instance, oembed } from "./operations/instance.js";
import {
  announcements,
  groupedNotifications,
  groupedNotificationsAlpha,
  notificationPolicy,
  notificationRequests,
  notifications,
  reports,
} from "./operations/notifications.js";
import {
  annualReports,
  apps,
  emails,
  endorsements,
  featuredTags,
  markers,
  preferences,
  profile,
  push,
} from "./operations/own-account.js";
import {
  blocks,
  directory,
  domainBlocks,
  followRequests,
  followedTags,
  lists,
  mutes,
  suggestions,
} from "./operations/people-lists.js";
import { bookmarks, favourites, media, polls, scheduledStatuses, statuses } from "./operations/statuses.js";
import { collections, conversations, search, tags, timelines, trends } from "./operations/timelines.js";

/**
 * The operation table: group, name, then the endpoint as data. The client's shape, the scope fence in
 * types and at run time, the sandbox's routes and scope checks, and docs/operations.md all come from it.
 * @see https://docs.joinmastodon.org/methods/
 */
export const operations = {
  accounts,
  adminAccounts,
  adminCanonicalEmailBlocks,
  adminDomainAllows,
  adminDomainBlocks,
  adminEmailDomainBlocks,
  adminIpBlocks,
  adminMetrics,
  adminReports,
  adminTrends,
  announcements,
  annualReports,
  apps,
  asyncRefreshes,
  blocks,
  bookmarks,
  collections,
  conversations,
  customEmojis,
  directory,
  domainBlocks,
  emails,
  endorsements,
  favourites,
  featuredTags,
  filters,
  filtersV1,
  followRequests,
  followedTags,
  groupedNotifications,
  groupedNotificationsAlpha,
  instance,
  lists,
  markers,
  media,
  mutes,
  notificationPolicy,
  notificationRequests,
  notifications,
  oembed,
  polls,
  preferences,
  profile,
  push,
  reports,
  scheduledStatuses,
  search,
  statuses,
  suggestions,
  tags,
  timelines,
  trends,
} as const satisfies Record<string, Record<string, Operation>>;

/** The table's type: the client is mapped from it. */
export type Operations = typeof operations;

/** The name of an operation as plugins and logs write it, for example `statuses.create`. */
export type OperationName = {
  [G in keyof Operations]: `${G}.${keyof Operations[G] & string}`;
}[keyof Operations];

/** What goes out: an operation of the table, or a request to a server's own endpoint: `request POST /api/v1/pleroma/x`. */
export type CallName = OperationName | `request ${string}`;

/** The table as a flat list, each row with its name. */
export const operationList: readonly { readonly name: OperationName; readonly operation: Operation }[] = Object.entries(
  operations,
).flatMap(([group, rows]) =>
  Object.entries<Operation>(rows).map(([name, row]) => ({ name: `${group}.${name}` as OperationName, operation: row })),
);
