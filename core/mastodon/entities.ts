import type { FilterResult } from "./filter-entities.js";
import type { Collection } from "./collection-entities.js";

/**
 * The entities of the Mastodon API as they travel: snake_case, ids and times as strings. Here: people and posts.
 * A field that some servers leave out is optional; one that Mastodon itself answers as null is `| null`.
 * @see https://docs.joinmastodon.org/entities/
 */

export type Visibility = "public" | "unlisted" | "private" | "direct";

/** Who may quote a post without being asked. */
export type QuotePolicy = "public" | "followers" | "nobody";

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
  /** Since 4.6. */
  avatar_description?: string | null;
  header: string;
  header_static: string;
  /** Since 4.6. */
  header_description?: string | null;
  /** Whether it approves its followers. */
  locked: boolean;
  /** Whether the account is labelled as automated. */
  bot: boolean;
  group?: boolean;
  discoverable?: boolean | null;
  /** Since 4.1. */
  noindex?: boolean | null;
  /** Since 4.2. */
  indexable?: boolean;
  /** Since 4.1. */
  hide_collections?: boolean | null;
  fields: Field[];
  emojis: CustomEmoji[];
  /** Of an account on another server the day only; the time is midnight. */
  created_at: string;
  /** The day of its latest post. */
  last_status_at?: string | null;
  statuses_count: number;
  /** What its own server says, or what is known here. */
  followers_count: number;
  following_count: number;
  /** Where it has gone, if it has. */
  moved?: Account | null;
  suspended?: boolean | null;
  /** Whether moderators hide it from those who do not follow it. */
  limited?: boolean | null;
  memorial?: boolean | null;
  /** Those that the server shows to everybody. Since 4.1. */
  roles?: AccountRole[] | null;
  /** Since 4.6. */
  feature_approval?: FeatureApproval | null;
  /** Since 4.6. */
  show_featured?: boolean | null;
  /** Since 4.6. */
  show_media?: boolean | null;
  /** Since 4.6. */
  show_media_replies?: boolean | null;
}

/** @see https://docs.joinmastodon.org/entities/Account/#CredentialAccount */
export interface CredentialAccount extends Account {
  source: {
    privacy: Visibility;
    sensitive: boolean;
    language: string | null;
    /** As it was written. */
    note: string;
    fields: Field[];
    follow_requests_count: number;
    hide_collections?: boolean | null;
    discoverable?: boolean | null;
    indexable?: boolean;
    attribution_domains?: string[] | null;
    /** Since 4.5. */
    quote_policy?: QuotePolicy;
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
  /** When the link was found to point back. */
  verified_at: string | null;
}

/** @see https://docs.joinmastodon.org/entities/Account/#AccountRole */
export interface AccountRole {
  id: string;
  name: string;
  color: string;
}

/** @see https://docs.joinmastodon.org/entities/Role/ */
export interface Role extends AccountRole {
  /** A number of bits, as a string. */
  permissions: string;
  highlighted: boolean;
  /** Since 4.6. */
  collection_limit?: number | null;
}

/** Who may put an account into a collection. Since 4.6. @see https://docs.joinmastodon.org/entities/FeatureApproval/ */
export interface FeatureApproval {
  automatic: ("public" | "followers" | "following" | "unsupported_policy" | "disabled")[];
  manual: ("public" | "followers" | "following" | "unsupported_policy")[];
  current_user: "automatic" | "manual" | "denied" | "unknown" | "missing";
}

/** @see https://docs.joinmastodon.org/entities/CustomEmoji/ */
export interface CustomEmoji {
  /** Without colons. */
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
  /** Null where it has no page for people. */
  url: string | null;
  created_at: string;
  edited_at: string | null;
  account: Account;
  /** HTML; empty for a boost, whose post is in `reblog`. `plainText` makes text of it. */
  content: string;
  visibility: Visibility;
  sensitive: boolean;
  /** The content warning, empty if there is none. */
  spoiler_text: string;
  media_attachments: MediaAttachment[];
  application?: { name: string; website?: string | null } | null;
  mentions: StatusMention[];
  tags: StatusTag[];
  emojis: CustomEmoji[];
  reblogs_count: number;
  favourites_count: number;
  replies_count: number;
  /** Since 4.5. */
  quotes_count?: number | null;
  in_reply_to_id: string | null;
  in_reply_to_account_id: string | null;
  /** What is boosted, if this is a boost. */
  reblog: Status | null;
  poll: Poll | null;
  card: PreviewCard | null;
  /** Since 4.5. */
  quote?: Quote | ShallowQuote | null;
  /** Since 4.5. */
  quote_approval?: QuoteApproval | null;
  language: string | null;
  /** Plain source text; only in the answer to a deletion. */
  text?: string | null;
  /** Of the account that asks, as the following ones are. */
  favourited?: boolean;
  reblogged?: boolean;
  /** Whether its conversation is silenced. */
  muted?: boolean;
  bookmarked?: boolean;
  /** Only of own posts. */
  pinned?: boolean;
  filtered?: FilterResult[];
  /** Since 4.6. */
  tagged_collections?: Collection[] | null;
}

export interface StatusMention {
  id: string;
  username: string;
  url: string;
  acct: string;
}

export interface StatusTag {
  /** Without `#`. */
  name: string;
  url: string;
}

/** @see https://docs.joinmastodon.org/entities/StatusSource/ */
export interface StatusSource {
  id: string;
  text: string;
  spoiler_text: string;
}

/** A post as it once was. @see https://docs.joinmastodon.org/entities/StatusEdit/ */
export interface StatusEdit {
  /** HTML. */
  content: string;
  spoiler_text: string;
  sensitive: boolean;
  created_at: string;
  account: Account;
  media_attachments: MediaAttachment[];
  emojis: CustomEmoji[];
  poll?: { options: { title: string }[] } | null;
  /** Since 4.5. */
  quote?: Quote | ShallowQuote | null;
}

/** A post that is still to come. @see https://docs.joinmastodon.org/entities/ScheduledStatus/ */
export interface ScheduledStatus {
  id: string;
  scheduled_at: string;
  params: {
    text: string;
    visibility: Visibility | null;
    in_reply_to_id?: number | string | null;
    media_ids?: string[] | null;
    poll?: { options: string[]; expires_in: number | string; multiple?: boolean; hide_totals?: boolean } | null;
    sensitive?: boolean | null;
    spoiler_text?: string | null;
    language?: string | null;
    idempotency?: string | null;
    application_id?: number | null;
    with_rate_limit?: boolean;
    /** Always null. */
    scheduled_at?: string | null;
    /** Since 4.5. */
    quoted_status_id?: string | null;
    /** Since 4.5. */
    quote_approval_policy?: QuotePolicy;
  };
  media_attachments: MediaAttachment[];
}

/** @see https://docs.joinmastodon.org/entities/Context/ */
export interface Context {
  ancestors: Status[];
  descendants: Status[];
}

type QuoteState =
  | "pending"
  | "accepted"
  | "rejected"
  | "revoked"
  | "deleted"
  | "unauthorized"
  | "blocked_account"
  | "blocked_domain"
  | "muted_account";

/** Since 4.5. @see https://docs.joinmastodon.org/entities/Quote/ */
export interface Quote {
  state: QuoteState;
  /** Null unless accepted. */
  quoted_status: Status | null;
}

/** A quote inside a quote. Since 4.5. @see https://docs.joinmastodon.org/entities/ShallowQuote/ */
export interface ShallowQuote {
  state: QuoteState;
  quoted_status_id: string | null;
}

/** Since 4.5. @see https://docs.joinmastodon.org/entities/QuoteApproval/ */
export interface QuoteApproval {
  automatic: ("public" | "followers" | "following" | "unsupported_policy")[];
  manual: ("public" | "followers" | "following" | "unsupported_policy")[];
  current_user: "automatic" | "manual" | "denied" | "unknown";
}

/** @see https://docs.joinmastodon.org/entities/Poll/ */
export interface Poll {
  id: string;
  expires_at: string | null;
  expired: boolean;
  multiple: boolean;
  votes_count: number;
  /** Null where only one choice is allowed. */
  voters_count: number | null;
  /** Counts are null while they are hidden. */
  options: { title: string; votes_count: number | null }[];
  emojis: CustomEmoji[];
  voted?: boolean;
  /** Positions in `options`. */
  own_votes?: number[];
}

/** @see https://docs.joinmastodon.org/entities/PreviewCard/ */
export interface PreviewCard {
  url: string;
  title: string;
  description: string;
  type: "link" | "photo" | "video" | "rich";
  /** Since 4.3 `authors` says more. */
  author_name: string;
  author_url: string;
  /** Since 4.3. */
  authors?: { name: string; url: string; account: Account | null }[];
  provider_name: string;
  provider_url: string;
  html: string;
  width: number;
  height: number;
  image: string | null;
  embed_url: string;
  blurhash: string | null;
  published_at?: string | null;
  missing_attribution?: boolean | null;
}

/** @see https://docs.joinmastodon.org/entities/PreviewCard/#trends-link */
export interface TrendsLink extends PreviewCard {
  history: { day: string; uses: string; accounts: string }[];
}

/** @see https://docs.joinmastodon.org/entities/MediaAttachment/ */
export interface MediaAttachment {
  id: string;
  type: "unknown" | "image" | "gifv" | "video" | "audio";
  /** Null while the server still processes the file. */
  url: string | null;
  preview_url: string | null;
  /** Where it comes from, if from another server. */
  remote_url: string | null;
  meta?: Record<string, unknown> | null;
  description: string | null;
  blurhash: string | null;
}

/** @see https://docs.joinmastodon.org/entities/Translation/ */
export interface Translation {
  /** HTML. */
  content: string;
  spoiler_text: string;
  /** ISO 639-1. */
  language: string;
  detected_source_language: string;
  provider: string;
  media_attachments: { id: string; description: string }[];
  poll?: { id: string; options: { title: string }[] } | null;
}
