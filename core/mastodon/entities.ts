/**
 * The entities of the Mastodon API as they travel: snake_case, ids and times as strings.
 * A field that some servers leave out is optional; one that Mastodon itself answers as null is `| null`.
 * @see https://docs.joinmastodon.org/entities/
 */

export type Visibility = "public" | "unlisted" | "private" | "direct";

/** @see https://docs.joinmastodon.org/entities/Account/ */
export interface Account {
  id: string;
  username: string;
  /** `name` for the server's own people, `name@host` for others. */
  acct: string;
  url: string | null;
  uri?: string;
  display_name: string;
  /** HTML. */
  note: string;
  avatar: string;
  avatar_static: string;
  header: string;
  header_static: string;
  locked: boolean;
  /** Whether the account is labelled as automated. */
  bot: boolean;
  group?: boolean;
  discoverable?: boolean | null;
  indexable?: boolean;
  fields: Field[];
  emojis: CustomEmoji[];
  created_at: string;
  last_status_at?: string | null;
  statuses_count: number;
  followers_count: number;
  following_count: number;
  moved?: Account | null;
  suspended?: boolean;
  limited?: boolean;
}

/** @see https://docs.joinmastodon.org/entities/Account/#CredentialAccount */
export interface CredentialAccount extends Account {
  source: {
    privacy: Visibility;
    sensitive: boolean;
    language: string | null;
    note: string;
    fields: Field[];
    follow_requests_count: number;
  };
  role?: Role;
}

/** @see https://docs.joinmastodon.org/entities/Account/#MutedAccount */
export interface MutedAccount extends Account {
  mute_expires_at: string | null;
}

export interface Field {
  name: string;
  /** HTML. */
  value: string;
  verified_at: string | null;
}

export interface Role {
  id: string;
  name: string;
  permissions: string;
  color: string;
  highlighted: boolean;
}

/** @see https://docs.joinmastodon.org/entities/CustomEmoji/ */
export interface CustomEmoji {
  shortcode: string;
  url: string;
  static_url: string;
  visible_in_picker: boolean;
  category?: string | null;
}

/** @see https://docs.joinmastodon.org/entities/Status/ */
export interface Status {
  id: string;
  uri: string;
  url: string | null;
  created_at: string;
  edited_at: string | null;
  account: Account;
  /** HTML. */
  content: string;
  visibility: Visibility;
  sensitive: boolean;
  spoiler_text: string;
  media_attachments: MediaAttachment[];
  application?: { name: string; website: string | null } | null;
  mentions: StatusMention[];
  tags: StatusTag[];
  emojis: CustomEmoji[];
  reblogs_count: number;
  favourites_count: number;
  replies_count: number;
  in_reply_to_id: string | null;
  in_reply_to_account_id: string | null;
  reblog: Status | null;
  poll: Poll | null;
  card: PreviewCard | null;
  language: string | null;
  /** Plain source text; only in the answer to a deletion. */
  text?: string | null;
  favourited?: boolean;
  reblogged?: boolean;
  muted?: boolean;
  bookmarked?: boolean;
  pinned?: boolean;
}

export interface StatusMention {
  id: string;
  username: string;
  url: string;
  acct: string;
}

export interface StatusTag {
  name: string;
  url: string;
}

/** @see https://docs.joinmastodon.org/entities/StatusSource/ */
export interface StatusSource {
  id: string;
  text: string;
  spoiler_text: string;
}

/** @see https://docs.joinmastodon.org/entities/Context/ */
export interface Context {
  ancestors: Status[];
  descendants: Status[];
}

/** @see https://docs.joinmastodon.org/entities/Poll/ */
export interface Poll {
  id: string;
  expires_at: string | null;
  expired: boolean;
  multiple: boolean;
  votes_count: number;
  voters_count: number | null;
  options: { title: string; votes_count: number | null }[];
  emojis: CustomEmoji[];
  voted?: boolean;
  own_votes?: number[];
}

/** @see https://docs.joinmastodon.org/entities/PreviewCard/ */
export interface PreviewCard {
  url: string;
  title: string;
  description: string;
  type: "link" | "photo" | "video" | "rich";
  author_name: string;
  author_url: string;
  provider_name: string;
  provider_url: string;
  html: string;
  width: number;
  height: number;
  image: string | null;
  embed_url: string;
  blurhash: string | null;
}

/** @see https://docs.joinmastodon.org/entities/MediaAttachment/ */
export interface MediaAttachment {
  id: string;
  type: "unknown" | "image" | "gifv" | "video" | "audio";
  /** Null while the server still processes the file. */
  url: string | null;
  preview_url: string | null;
  remote_url: string | null;
  meta?: Record<string, unknown> | null;
  description: string | null;
  blurhash: string | null;
}

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
  | "quoted_update";

/** @see https://docs.joinmastodon.org/entities/Notification/ */
export interface Notification {
  id: string;
  /** One of `NotificationType`, or a type that is newer than this list. */
  type: NotificationType | (string & {});
  /** Since Mastodon 4.3. */
  group_key?: string;
  created_at: string;
  account: Account;
  /** With mention, status, reblog, favourite, poll, update, quote and quoted_update. */
  status?: Status | null;
  /** With admin.report. */
  report?: Report | null;
}

/** @see https://docs.joinmastodon.org/entities/Relationship/ */
export interface Relationship {
  /** The other account's id. */
  id: string;
  following: boolean;
  showing_reblogs: boolean;
  notifying: boolean;
  languages?: string[] | null;
  followed_by: boolean;
  blocking: boolean;
  blocked_by: boolean;
  muting: boolean;
  muting_notifications: boolean;
  requested: boolean;
  requested_by: boolean;
  domain_blocking: boolean;
  endorsed: boolean;
  note: string;
}

/** @see https://docs.joinmastodon.org/entities/Report/ */
export interface Report {
  id: string;
  action_taken: boolean;
  action_taken_at: string | null;
  category: "spam" | "legal" | "violation" | "other";
  comment: string;
  forwarded: boolean;
  created_at: string;
  status_ids: string[] | null;
  rule_ids: string[] | null;
  target_account: Account;
}

/** @see https://docs.joinmastodon.org/entities/Tag/ */
export interface Tag {
  id?: string;
  name: string;
  url: string;
  history: { day: string; uses: string; accounts: string }[];
  following?: boolean;
}

/** @see https://docs.joinmastodon.org/entities/Search/ */
export interface Search {
  accounts: Account[];
  statuses: Status[];
  hashtags: Tag[];
}

/** @see https://docs.joinmastodon.org/entities/Rule/ */
export interface Rule {
  id: string;
  text: string;
  hint?: string;
}

/** @see https://docs.joinmastodon.org/entities/Instance/ */
export interface Instance {
  domain: string;
  title: string;
  version: string;
  source_url: string;
  description: string;
  usage: { users: { active_month: number } };
  thumbnail: { url: string };
  icon?: { src: string; size: string }[];
  languages: string[];
  configuration: InstanceConfiguration & {
    urls: { streaming?: string | null; status?: string | null };
    vapid?: { public_key: string };
    translation: { enabled: boolean };
  };
  registrations: { enabled: boolean; approval_required: boolean; message: string | null };
  api_versions?: { mastodon?: number };
  contact: { email: string; account: Account | null };
  rules: Rule[];
}

/** @see https://docs.joinmastodon.org/entities/V1_Instance/ */
export interface InstanceV1 {
  uri: string;
  title: string;
  short_description: string;
  description: string;
  email: string;
  version: string;
  urls: { streaming_api?: string | null };
  stats: { user_count: number; status_count: number; domain_count: number };
  thumbnail: string | null;
  languages: string[];
  registrations: boolean;
  approval_required: boolean;
  invites_enabled: boolean;
  configuration?: InstanceConfiguration;
  contact_account: Account | null;
  rules: Rule[];
}

interface InstanceConfiguration {
  accounts: { max_featured_tags: number };
  statuses: { max_characters: number; max_media_attachments: number; characters_reserved_per_url: number };
  media_attachments: {
    supported_mime_types: string[];
    image_size_limit: number;
    image_matrix_limit: number;
    video_size_limit: number;
    video_frame_rate_limit: number;
    video_matrix_limit: number;
  };
  polls: { max_options: number; max_characters_per_option: number; min_expiration: number; max_expiration: number };
}

/** @see https://docs.joinmastodon.org/entities/Application/ */
export interface Application {
  id?: string;
  name: string;
  website?: string | null;
  scopes?: string[];
  redirect_uri?: string;
  redirect_uris?: string[];
  vapid_key?: string;
}

/** What `POST /api/v1/apps` answers. @see https://docs.joinmastodon.org/entities/Application/#CredentialApplication */
export interface CredentialApplication extends Application {
  client_id: string;
  client_secret: string;
  client_secret_expires_at?: number | null;
}

/** @see https://docs.joinmastodon.org/entities/List/ */
export interface List {
  id: string;
  title: string;
  replies_policy: "followed" | "list" | "none";
  exclusive?: boolean;
}
