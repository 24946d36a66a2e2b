import type { FilterAction, FilterContext } from "../filter-entities.js";
import type { NotificationFilter, PushAlerts, PushPolicy } from "../notification-entities.js";
import type { NotificationType } from "../notification-entities.js";
import type { QuotePolicy, Visibility } from "../entities.js";
import type { ListRepliesPolicy } from "../social-entities.js";

/** Nothing. */
export type None = Record<never, never>;

/** What is answered where there is nothing to tell: `{}`. */
export type Empty = Record<never, never>;

export interface ById {
  id: string;
}

/** `min_id` walks forward from an id, `max_id` back from one; `since_id` leaves gaps. */
export interface PageParams {
  limit?: number;
  max_id?: string;
  min_id?: string;
  since_id?: string;
}

/** Lists in an order of their own, without `Link`. */
export interface OffsetParams {
  limit?: number;
  offset?: number;
}

export interface TimelineParams extends PageParams {
  only_media?: boolean;
}

export interface PollParams {
  options: string[];
  /** Seconds. */
  expires_in: number;
  multiple?: boolean;
  hide_totals?: boolean;
}

export interface StatusParams {
  sensitive?: boolean;
  /** The content warning, shown in place of the text. */
  spoiler_text?: string;
  /** ISO 639-1. */
  language?: string;
  /** Who may quote it. Since Mastodon 4.5. */
  quote_approval_policy?: QuotePolicy;
}

/** A post has text, media or both; a poll needs text. */
export type StatusContent =
  | { status: string; media_ids?: string[]; poll?: PollParams }
  | { status?: string; media_ids: string[]; poll?: PollParams };

export type CreateStatusParams = StatusParams &
  StatusContent & {
    in_reply_to_id?: string;
    /** The account's own setting if it is left out. */
    visibility?: Visibility;
    /** Since Mastodon 4.5. */
    quoted_status_id?: string;
  };

export interface MediaParams {
  /** For those who do not see it; 1,500 characters at most. */
  description?: string;
  /** `x,y`, each from -1 to 1. */
  focus?: string;
}

export interface MediaAttributes extends MediaParams {
  id: string;
  thumbnail?: string;
}

export interface ProfileParams {
  display_name?: string;
  note?: string;
  avatar?: Blob;
  /** Since Mastodon 4.6. */
  avatar_description?: string;
  header?: Blob;
  /** Since Mastodon 4.6. */
  header_description?: string;
  locked?: boolean;
  /** Whether the account is labelled as automated. */
  bot?: boolean;
  discoverable?: boolean;
  indexable?: boolean;
  hide_collections?: boolean;
  /** Replaces all fields; four at most unless the server says otherwise. */
  fields_attributes?: { name: string; value: string }[];
  attribution_domains?: string[];
}

/** What a new post starts from. */
export interface PostingDefaults {
  privacy?: Visibility;
  sensitive?: boolean;
  language?: string;
  quote_policy?: QuotePolicy;
}

export type MarkerTimeline = "home" | "notifications";

export type MarkersParams = { [T in MarkerTimeline]?: { last_read_id: string } };

/** Where push messages go, as a browser's `PushSubscription` has it. */
export interface PushTarget {
  endpoint: string;
  keys: { p256dh: string; auth: string };
  /** Whether the final Web Push standards are followed, not their drafts. Since Mastodon 4.4. */
  standard?: boolean;
}

export interface PushData {
  alerts?: Partial<PushAlerts>;
  policy?: PushPolicy;
}

export interface ListParams {
  replies_policy?: ListRepliesPolicy;
  /** Whether its members' posts are left out of the home timeline. */
  exclusive?: boolean;
}

export interface SearchParams {
  q: string;
  type?: "accounts" | "hashtags" | "statuses";
  resolve?: boolean;
  following?: boolean;
  account_id?: string;
  exclude_unreviewed?: boolean;
  max_id?: string;
  min_id?: string;
  limit?: number;
  offset?: number;
}

export interface CollectionParams {
  description?: string;
  language?: string;
  tag_name?: string;
  sensitive?: boolean;
  discoverable?: boolean;
}

export interface NotificationParams {
  types?: NotificationType[];
  exclude_types?: NotificationType[];
  /** Only what this account caused. */
  account_id?: string;
}

export interface GroupedNotificationParams extends NotificationParams {
  /** Those that may be put into one group; the server's choice if it is left out. */
  grouped_types?: NotificationType[];
}

export interface NotificationPolicyParams {
  for_not_following?: NotificationFilter;
  for_not_followers?: NotificationFilter;
  for_new_accounts?: NotificationFilter;
  for_private_mentions?: NotificationFilter;
  for_limited_accounts?: NotificationFilter;
}

export interface FilterParams {
  filter_action?: FilterAction;
  /** Seconds; for good if it is left out. */
  expires_in?: number;
  /** With `id` changes a keyword, with `_destroy` removes it. */
  keywords_attributes?: { id?: string; keyword?: string; whole_word?: boolean; _destroy?: boolean }[];
}

export interface KeywordParams {
  keyword: string;
  whole_word?: boolean;
}

export interface V1FilterParams {
  phrase: string;
  context: FilterContext[];
  irreversible?: boolean;
  whole_word?: boolean;
  /** Seconds. */
  expires_in?: number;
}

/** Admin lists give 100 entries by default, 200 at most. */
export type AdminPageParams = PageParams;

interface AdminAccountSearch {
  username?: string;
  display_name?: string;
  by_domain?: string;
  email?: string;
  ip?: string;
}

export interface AdminAccountFilter extends AdminAccountSearch {
  origin?: "local" | "remote";
  status?: "active" | "pending" | "disabled" | "silenced" | "suspended";
  permissions?: "staff";
  role_ids?: string[];
  invited_by?: string;
}

export interface AdminAccountFilterV1 extends AdminAccountSearch {
  local?: boolean;
  remote?: boolean;
  active?: boolean;
  pending?: boolean;
  disabled?: boolean;
  silenced?: boolean;
  suspended?: boolean;
  sensitized?: boolean;
  staff?: boolean;
}

export interface AccountActionParams {
  type: "none" | "sensitive" | "disable" | "silence" | "suspend";
  /** Resolved by the action. */
  report_id?: string;
  warning_preset_id?: string;
  text?: string;
  send_email_notification?: boolean;
}

export interface AdminMetricParams {
  keys: string[];
  /** A date; a time of day is ignored. */
  start_at?: string;
  end_at?: string;
  tag_accounts?: { id: string };
  tag_uses?: { id: string };
  tag_servers?: { id: string };
  tag_languages?: { id: string };
  instance_accounts?: { domain: string };
  instance_languages?: { domain: string };
  instance_media_attachments?: { domain: string };
  instance_reports?: { domain: string };
  instance_statuses?: { domain: string };
  instance_follows?: { domain: string };
  instance_followers?: { domain: string };
}

export interface DomainBlockParams {
  /** `silence` if it is left out. */
  severity?: "silence" | "suspend" | "noop";
  reject_media?: boolean;
  reject_reports?: boolean;
  private_comment?: string;
  public_comment?: string;
  /** Whether the domain is partly hidden where blocks are public. */
  obfuscate?: boolean;
}

export interface IpBlockParams {
  comment?: string;
  /** Seconds; for good if it is left out. */
  expires_in?: number;
}
