import type { Account } from "../entities.js";
import type {
  Announcement,
  GroupedNotificationsResults,
  Notification,
  NotificationPolicy,
  NotificationRequest,
  Report,
  ReportCategory,
} from "../notification-entities.js";
import { operation } from "../operation.js";
import type {
  ById,
  Empty,
  GroupedNotificationParams,
  None,
  NotificationParams,
  NotificationPolicyParams,
  PageParams,
} from "./params.js";

/** @see https://docs.joinmastodon.org/methods/notifications/ */
export const notifications = {
  list: operation<
    PageParams & NotificationParams & { include_filtered?: boolean; supported_types?: string[] },
    Notification
  >()("GET", "/api/v1/notifications", { scopes: ["read:notifications"], paged: true }),
  get: operation<ById & { supported_types?: string[] }, Notification>()("GET", "/api/v1/notifications/{id}", {
    scopes: ["read:notifications"],
  }),
  unreadCount: operation<NotificationParams & { limit?: number }, { count: number }>()(
    "GET",
    "/api/v1/notifications/unread_count",
    { scopes: ["read:notifications"] },
  ),
  clear: operation<None, Empty>()("POST", "/api/v1/notifications/clear", {
    scopes: ["write:notifications"],
    effect: "idempotent",
  }),
  dismiss: operation<ById, Empty>()("POST", "/api/v1/notifications/{id}/dismiss", {
    scopes: ["write:notifications"],
    effect: "idempotent",
    since: "1.3",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/notification_requests/ */
export const notificationRequests = {
  list: operation<PageParams, NotificationRequest>()("GET", "/api/v1/notifications/requests", {
    scopes: ["read:notifications"],
    paged: true,
    since: "4.3",
  }),
  get: operation<ById, NotificationRequest>()("GET", "/api/v1/notifications/requests/{id}", {
    scopes: ["read:notifications"],
    since: "4.3",
  }),
  accept: operation<ById, Empty>()("POST", "/api/v1/notifications/requests/{id}/accept", {
    scopes: ["write:notifications"],
    effect: "idempotent",
    since: "4.3",
  }),
  dismiss: operation<ById, Empty>()("POST", "/api/v1/notifications/requests/{id}/dismiss", {
    scopes: ["write:notifications"],
    effect: "idempotent",
    since: "4.3",
  }),
  acceptMany: operation<{ id: string[] }, Empty>()("POST", "/api/v1/notifications/requests/accept", {
    scopes: ["write:notifications"],
    effect: "idempotent",
    since: "4.3",
  }),
  dismissMany: operation<{ id: string[] }, Empty>()("POST", "/api/v1/notifications/requests/dismiss", {
    scopes: ["write:notifications"],
    effect: "idempotent",
    since: "4.3",
  }),
  merged: operation<None, { merged: boolean }>()("GET", "/api/v1/notifications/requests/merged", {
    scopes: ["read:notifications"],
    since: "4.3",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/notification_policy/ */
export const notificationPolicy = {
  get: operation<None, NotificationPolicy>()("GET", "/api/v2/notifications/policy", {
    scopes: ["read:notifications"],
    since: "4.3",
  }),
  update: operation<NotificationPolicyParams, NotificationPolicy>()("PATCH", "/api/v2/notifications/policy", {
    scopes: ["write:notifications"],
    effect: "idempotent",
    since: "4.3",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/grouped_notifications/ */
export const groupedNotifications = {
  list: operation<
    PageParams &
      GroupedNotificationParams & {
        expand_accounts?: "full" | "partial_avatars";
        include_filtered?: boolean;
        supported_types?: string[];
      },
    GroupedNotificationsResults
  >()("GET", "/api/v2/notifications", { scopes: ["read:notifications"], since: "4.3" }),
  get: operation<{ group_key: string; supported_types?: string[] }, GroupedNotificationsResults>()(
    "GET",
    "/api/v2/notifications/{group_key}",
    { scopes: ["read:notifications"], since: "4.3" },
  ),
  unreadCount: operation<GroupedNotificationParams & { limit?: number }, { count: number }>()(
    "GET",
    "/api/v2/notifications/unread_count",
    { scopes: ["read:notifications"] },
  ),
  accounts: operation<{ group_key: string }, Account[]>()("GET", "/api/v2/notifications/{group_key}/accounts", {
    scopes: ["write:notifications"],
    since: "4.3",
  }),
  dismiss: operation<{ group_key: string }, Empty>()("POST", "/api/v2/notifications/{group_key}/dismiss", {
    scopes: ["write:notifications"],
    effect: "idempotent",
    since: "4.3",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/grouped_notifications_alpha/ */
export const groupedNotificationsAlpha = {
  /** @deprecated Since Mastodon 4.3: use `groupedNotifications.list`. */
  list: operation<PageParams & GroupedNotificationParams, GroupedNotificationsResults>()(
    "GET",
    "/api/v2_alpha/notifications",
    { scopes: ["read:notifications"], since: "4.3" },
  ),
  /** @deprecated Since Mastodon 4.3: use `groupedNotifications.get`. */
  get: operation<{ group_key: string }, GroupedNotificationsResults>()(
    "GET",
    "/api/v2_alpha/notifications/{group_key}",
    { scopes: ["read:notifications"], since: "4.3" },
  ),
  /** @deprecated Since Mastodon 4.3: use `groupedNotifications.unreadCount`. */
  unreadCount: operation<GroupedNotificationParams & { limit?: number }, { count: number }>()(
    "GET",
    "/api/v2_alpha/notifications/unread_count",
    { scopes: ["read:notifications"] },
  ),
  /** @deprecated Since Mastodon 4.3: use `groupedNotifications.dismiss`. */
  dismiss: operation<{ group_key: string }, Empty>()("POST", "/api/v2_alpha/notifications/{group_key}/dismiss", {
    scopes: ["write:notifications"],
    effect: "idempotent",
    since: "4.3",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/announcements/ */
export const announcements = {
  list: operation<None, Announcement[]>()("GET", "/api/v1/announcements", { since: "3.1" }),
  dismiss: operation<ById, Empty>()("POST", "/api/v1/announcements/{id}/dismiss", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "3.1",
  }),
  addReaction: operation<ById & { /** An emoji, or the shortcode of a custom one. */ name: string }, Empty>()(
    "PUT",
    "/api/v1/announcements/{id}/reactions/{name}",
    { scopes: ["write:favourites"], effect: "idempotent", since: "3.1" },
  ),
  removeReaction: operation<ById & { name: string }, Empty>()("DELETE", "/api/v1/announcements/{id}/reactions/{name}", {
    scopes: ["write:favourites"],
    effect: "idempotent",
    since: "3.1",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/reports/ */
export const reports = {
  /** Tells the server's moderators about an account. */
  create: operation<
    {
      account_id: string;
      status_ids?: string[];
      collection_ids?: string[];
      comment?: string;
      /** Also tells the account's own server. */ forward?: boolean;
      category?: ReportCategory;
      rule_ids?: string[];
    },
    Report
  >()("POST", "/api/v1/reports", { scopes: ["write:reports"], buckets: ["reports"], since: "2.3" }),
} as const;
