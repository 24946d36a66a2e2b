import type { Collection } from "./collection-entities.js";
import type { Account, Field, Status, Visibility } from "./entities.js";

/** What accounts have to do with each other, and keep for themselves. @see https://docs.joinmastodon.org/entities/ */

/** @see https://docs.joinmastodon.org/entities/Relationship/ */
export interface Relationship {
  /** The other account's id. */
  id: string;
  following: boolean;
  /** Whether its boosts are shown. */
  showing_reblogs: boolean;
  /** Whether its posts cause notifications. */
  notifying: boolean;
  languages?: string[] | null;
  followed_by: boolean;
  blocking: boolean;
  blocked_by: boolean;
  muting: boolean;
  muting_notifications: boolean;
  /** Since 4.5. */
  muting_expires_at?: string | null;
  /** Whether the account asks to follow it. */
  requested: boolean;
  requested_by: boolean;
  domain_blocking: boolean;
  endorsed: boolean;
  note: string;
}

/** @see https://docs.joinmastodon.org/entities/FamiliarFollowers/ */
export interface FamiliarFollowers {
  id: string;
  accounts: Account[];
}

export type ListRepliesPolicy = "followed" | "list" | "none";

/** @see https://docs.joinmastodon.org/entities/List/ */
export interface List {
  id: string;
  title: string;
  replies_policy: ListRepliesPolicy;
  exclusive?: boolean;
}

/** @see https://docs.joinmastodon.org/entities/Tag/ */
export interface Tag {
  id?: string;
  /** Without `#`. */
  name: string;
  url: string;
  /** By day; times are seconds, and all are strings. */
  history: { day: string; uses: string; accounts: string }[];
  following?: boolean;
  /** Since 4.4. */
  featuring?: boolean;
}

/** @see https://docs.joinmastodon.org/entities/FeaturedTag/ */
export interface FeaturedTag {
  id: string;
  name: string;
  url: string;
  /** A number, as a string. */
  statuses_count: string | number;
  last_status_at: string | null;
}

/** @see https://docs.joinmastodon.org/entities/Search/ */
export interface Search {
  accounts: Account[];
  statuses: Status[];
  hashtags: Tag[];
  /** Since 4.6. */
  collections?: Collection[] | null;
}

/** @see https://docs.joinmastodon.org/entities/Suggestion/ */
export interface Suggestion {
  /** @deprecated Since 4.3: see `sources`. */
  source?: string;
  sources?: (
    | "featured"
    | "most_followed"
    | "most_interactions"
    | "similar_to_recently_followed"
    | "friends_of_friends"
  )[];
  account: Account;
}

/** Private posts with the same people. @see https://docs.joinmastodon.org/entities/Conversation/ */
export interface Conversation {
  id: string;
  unread: boolean;
  accounts: Account[];
  last_status: Status | null;
}

/** How far a timeline was read. @see https://docs.joinmastodon.org/entities/Marker/ */
export interface Marker {
  last_read_id: string;
  /** Rises with each change. */
  version: number;
  updated_at: string;
}

export type Markers = { home?: Marker; notifications?: Marker };

/** @see https://docs.joinmastodon.org/entities/Preferences/ */
export interface Preferences {
  "posting:default:visibility": Visibility;
  "posting:default:sensitive": boolean;
  "posting:default:language": string | null;
  /** Since 4.5. */
  "posting:default:quote_policy"?: string;
  "reading:expand:media": "default" | "show_all" | "hide_all";
  "reading:expand:spoilers": boolean;
}

/** An account's own profile, as it was written. Since 4.6. @see https://docs.joinmastodon.org/entities/Profile/ */
export interface Profile {
  id: string;
  display_name: string;
  note: string;
  fields: Field[];
  avatar: string | null;
  avatar_static: string | null;
  avatar_description: string;
  header: string | null;
  header_static: string | null;
  header_description: string;
  locked: boolean;
  bot: boolean;
  hide_collections: boolean | null;
  discoverable: boolean | null;
  indexable: boolean;
  show_media: boolean;
  show_media_replies: boolean;
  show_featured: boolean;
  attribution_domains: string[];
}

/** @see https://docs.joinmastodon.org/entities/IdentityProof/ */
export interface IdentityProof {
  provider: string;
  provider_username: string;
  updated_at: string;
  proof_url: string;
  profile_url: string;
}

/** Since 4.6. @see https://docs.joinmastodon.org/entities/CollectionWithAccounts/ */
export interface CollectionWithAccounts {
  collection: Collection;
  accounts: Account[];
}

/** A year in review. Since 4.3. @see https://docs.joinmastodon.org/entities/AnnualReport/ */
export interface AnnualReport {
  year: number;
  /** What it holds depends on `schema_version`. */
  data?: Record<string, unknown> | null;
  schema_version?: number | null;
  /** Since 4.6. */
  share_url?: string | null;
  account_id?: string | null;
}

/** @see https://docs.joinmastodon.org/entities/AnnualReport/#WrappedAnnualReports */
export interface AnnualReports {
  annual_reports: AnnualReport[];
  accounts: Account[];
  statuses: Status[];
}
