import type { Account, CustomEmoji, Status, StatusTag } from "./entities.js";
import type { Collection } from "./collection-entities.js";

/** Notifications, announcements, reports. @see https://docs.joinmastodon.org/entities/ */

/** @see https://docs.joinmastodon.org/entities/Notification/#type */
export type NotificationType =
  | "mention"
  | "status"
  | "reblog"
  | "follow"
  | "follow_request"
  | "favourite"
  | "poll"
  | "update"
  | "admin.sign_up"
  | "admin.report"
  | "severed_relationships"
  | "moderation_warning"
  | "quote"
  | "quoted_update"
  | "added_to_collection"
  | "collection_update";

/** What a notification carries beside who caused it. */
interface NotificationSubject {
  /** One of `NotificationType`, or a type that is newer than this list. */
  type: NotificationType | (string & {});
  /** With admin.report. */
  report?: Report | null;
  /** With severed_relationships. Since 4.3. */
  event?: RelationshipSeveranceEvent | null;
  /** With moderation_warning. Since 4.3. */
  moderation_warning?: AccountWarning | null;
  /** In place of a type that was not asked for as supported. Since 4.6. */
  fallback?: { title: string; summary?: string | null; details?: string | null } | null;
}

/** @see https://docs.joinmastodon.org/entities/Notification/ */
export interface Notification extends NotificationSubject {
  id: string;
  /** Since Mastodon 4.3. */
  group_key?: string;
  created_at: string;
  /** Who caused it. */
  account: Account;
  /** With mention, status, reblog, favourite, poll, update, quote and quoted_update. */
  status?: Status | null;
  /** With added_to_collection and collection_update. Since 4.6. */
  collection?: Collection | null;
}

/** Since 4.3. @see https://docs.joinmastodon.org/methods/grouped_notifications/#NotificationGroup */
export interface NotificationGroup extends NotificationSubject {
  group_key: string;
  notifications_count: number;
  most_recent_notification_id: number | string;
  page_min_id?: string | null;
  page_max_id?: string | null;
  latest_page_notification_at?: string | null;
  /** Of the accounts in the answer's `accounts`. */
  sample_account_ids: string[];
  /** Of a post in the answer's `statuses`. */
  status_id?: string | null;
}

/** Since 4.3. @see https://docs.joinmastodon.org/methods/grouped_notifications/#GroupedNotificationsResults */
export interface GroupedNotificationsResults {
  accounts: Account[];
  /** With `expand_accounts: "partial_avatars"`. */
  partial_accounts?: PartialAccountWithAvatar[] | null;
  statuses: Status[];
  notification_groups: NotificationGroup[];
}

/** @see https://docs.joinmastodon.org/methods/grouped_notifications/#PartialAccountWithAvatar */
export interface PartialAccountWithAvatar {
  id: string;
  acct: string;
  url: string;
  avatar: string;
  avatar_static: string;
  /** Since 4.6. */
  avatar_description?: string | null;
  locked: boolean;
  bot: boolean;
}

export type NotificationFilter = "accept" | "filter" | "drop";

/** Since 4.3. @see https://docs.joinmastodon.org/entities/NotificationPolicy/ */
export interface NotificationPolicy {
  for_not_following: NotificationFilter;
  for_not_followers: NotificationFilter;
  for_new_accounts: NotificationFilter;
  for_private_mentions: NotificationFilter;
  for_limited_accounts: NotificationFilter;
  summary: { pending_requests_count: number; pending_notifications_count: number };
}

/** Filtered notifications from one account. Since 4.3. @see https://docs.joinmastodon.org/entities/NotificationRequest/ */
export interface NotificationRequest {
  id: string;
  created_at: string;
  updated_at: string;
  account: Account;
  /** A number, as a string. */
  notifications_count: string;
  last_status?: Status | null;
}

/** Follows that a block ended. Since 4.3. @see https://docs.joinmastodon.org/entities/RelationshipSeveranceEvent/ */
export interface RelationshipSeveranceEvent {
  id: string;
  type: "domain_block" | "user_domain_block" | "account_suspension";
  /** Whether the list of what was lost is gone already. */
  purged: boolean;
  target_name: string;
  followers_count: number;
  following_count: number;
  created_at: string;
}

/** Since 4.3. @see https://docs.joinmastodon.org/entities/AccountWarning/ */
export interface AccountWarning {
  id: string;
  action: "none" | "disable" | "mark_statuses_as_sensitive" | "delete_statuses" | "sensitive" | "silence" | "suspend";
  text: string;
  status_ids?: string[] | null;
  target_account: Account;
  appeal?: { text: string; state: "approved" | "rejected" | "pending" } | null;
  created_at: string;
}

export type ReportCategory = "spam" | "legal" | "violation" | "other";

/** @see https://docs.joinmastodon.org/entities/Report/ */
export interface Report {
  id: string;
  action_taken: boolean;
  action_taken_at: string | null;
  category: ReportCategory;
  comment: string;
  forwarded: boolean;
  created_at: string;
  status_ids: string[] | null;
  rule_ids: string[] | null;
  /** Since 4.6. */
  collection_ids?: string[] | null;
  target_account: Account;
}

/** @see https://docs.joinmastodon.org/entities/Announcement/ */
export interface Announcement {
  id: string;
  /** HTML. */
  content: string;
  starts_at: string | null;
  ends_at: string | null;
  all_day: boolean;
  published_at: string;
  updated_at: string;
  read?: boolean;
  mentions: { id: string; username: string; url: string; acct: string }[];
  statuses: { id: string; url: string }[];
  tags: StatusTag[];
  emojis: CustomEmoji[];
  reactions: Reaction[];
}

/** @see https://docs.joinmastodon.org/entities/Reaction/ */
export interface Reaction {
  name: string;
  count: number;
  me?: boolean;
  /** Of a custom emoji only, as `static_url` is. */
  url?: string | null;
  static_url?: string | null;
}

export type PushPolicy = "all" | "followed" | "follower" | "none";

/** Of what push messages tell. */
export interface PushAlerts {
  mention: boolean;
  status: boolean;
  reblog: boolean;
  follow: boolean;
  follow_request: boolean;
  favourite: boolean;
  poll: boolean;
  update: boolean;
  "admin.sign_up": boolean;
  "admin.report": boolean;
  quote?: boolean;
  quoted_update?: boolean;
}

/** @see https://docs.joinmastodon.org/entities/WebPushSubscription/ */
export interface WebPushSubscription {
  id: string | number;
  endpoint: string;
  /** Since 4.4. */
  standard?: boolean;
  alerts: PushAlerts;
  /** The server's key, which signs what it pushes. */
  server_key: string;
  policy?: PushPolicy;
}
