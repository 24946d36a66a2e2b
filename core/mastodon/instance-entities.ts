import type { Account } from "./entities.js";

/** The server itself, and the apps that it knows. @see https://docs.joinmastodon.org/entities/ */

/** @see https://docs.joinmastodon.org/entities/Rule/ */
export interface Rule {
  id: string;
  text: string;
  hint?: string;
  /** By language. Since 4.4. */
  translations?: Record<string, { text: string; hint: string }> | null;
}

/** @see https://docs.joinmastodon.org/entities/Instance/ */
export interface Instance {
  domain: string;
  title: string;
  version: string;
  source_url: string;
  description: string;
  usage: { users: { active_month: number } };
  thumbnail: {
    url: string;
    blurhash?: string | null;
    versions?: { "@1x"?: string | null; "@2x"?: string | null } | null;
    /** Since 4.5. */
    description?: string | null;
  };
  icon?: { src: string; size: string }[];
  languages: string[];
  configuration: InstanceConfiguration & {
    urls: {
      streaming?: string | null;
      status?: string | null;
      about?: string | null;
      privacy_policy?: string | null;
      terms_of_service?: string | null;
    };
    vapid?: { public_key: string };
    translation: { enabled: boolean };
    limited_federation?: boolean | null;
    /** Who may read which timelines. Since 4.5. */
    timelines_access?: Record<string, Record<string, "public" | "authenticated" | "disabled"> | null> | null;
  };
  registrations: {
    enabled: boolean;
    approval_required: boolean;
    reason_required?: boolean | null;
    message: string | null;
    min_age?: number | null;
    url?: string | null;
  };
  /** The year in review that is under way. Since 4.6. */
  wrapstodon?: string | null;
  /** Rises with each change of the API. Since 4.3. */
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
  accounts: {
    max_featured_tags: number;
    max_pinned_statuses?: number;
    max_profile_fields?: number | null;
    profile_field_name_limit?: number | null;
    profile_field_value_limit?: number | null;
    max_display_name_length?: number | null;
    max_note_length?: number | null;
    max_avatar_description_length?: number | null;
    max_header_description_length?: number | null;
  };
  statuses: { max_characters: number; max_media_attachments: number; characters_reserved_per_url: number };
  media_attachments: {
    supported_mime_types: string[];
    description_limit?: number | null;
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

/** Who may act for a person, in exchange for a code. @see https://docs.joinmastodon.org/entities/Token/ */
export interface Token {
  access_token: string;
  token_type: string;
  scope: string;
  /** In seconds; some servers say milliseconds. */
  created_at: number;
}

/** A week; all numbers are strings. @see https://docs.joinmastodon.org/methods/instance/#activity */
export interface InstanceActivity {
  /** Its first second, in seconds since the epoch. */
  week: string;
  statuses: string;
  logins: string;
  registrations: string;
}

/** A server that this one limits. @see https://docs.joinmastodon.org/entities/DomainBlock/ */
export interface DomainBlock {
  /** Partly hidden where the server wants it so. */
  domain: string;
  /** SHA256 of the domain. */
  digest: string;
  severity: "silence" | "suspend";
  comment?: string | null;
}

/** @see https://docs.joinmastodon.org/entities/ExtendedDescription/ */
export interface ExtendedDescription {
  updated_at: string | null;
  /** HTML. */
  content: string;
}

/** @see https://docs.joinmastodon.org/entities/PrivacyPolicy/ */
export interface PrivacyPolicy {
  updated_at: string;
  /** HTML. */
  content: string;
}

/** Since 4.4. @see https://docs.joinmastodon.org/entities/TermsOfService/ */
export interface TermsOfService {
  /** A date. */
  effective_date: string;
  effective: boolean;
  /** HTML. */
  content: string;
  succeeded_by: string | null;
}

/** What the server works at in the background. Since 4.4. @see https://docs.joinmastodon.org/entities/AsyncRefresh/ */
export interface AsyncRefresh {
  id: string;
  status: "running" | "finished";
  result_count: number | null;
}

/** How a post is shown on other pages. @see https://docs.joinmastodon.org/methods/oembed/ */
export interface OEmbed {
  type: string;
  version: string;
  title: string;
  author_name: string;
  author_url: string;
  provider_name: string;
  provider_url: string;
  cache_age: number;
  html: string;
  width: number;
  height: number | null;
}
