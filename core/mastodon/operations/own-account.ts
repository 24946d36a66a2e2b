import type { Account, CredentialAccount } from "../entities.js";
import type { Application } from "../instance-entities.js";
import type { PushPolicy, WebPushSubscription } from "../notification-entities.js";
import type { AnnualReports, FeaturedTag, Markers, Preferences, Profile, Tag } from "../social-entities.js";
import { operation } from "../operation.js";
import type {
  ById,
  Empty,
  MarkerTimeline,
  MarkersParams,
  None,
  PageParams,
  ProfileParams,
  PushData,
  PushTarget,
} from "./params.js";

/** @see https://docs.joinmastodon.org/methods/profile/ */
export const profile = {
  get: operation<None, Profile>()("GET", "/api/v1/profile", { scopes: ["profile", "read:accounts"], since: "4.6" }),
  update: operation<
    ProfileParams & { show_featured?: boolean; show_media?: boolean; show_media_replies?: boolean },
    Profile
  >()("PATCH", "/api/v1/profile", { scopes: ["write:accounts"], effect: "idempotent", since: "4.6" }),
  deleteAvatar: operation<None, CredentialAccount>()("DELETE", "/api/v1/profile/avatar", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "4.2",
  }),
  deleteHeader: operation<None, CredentialAccount>()("DELETE", "/api/v1/profile/header", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "4.2",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/preferences/ */
export const preferences = {
  get: operation<None, Preferences>()("GET", "/api/v1/preferences", { scopes: ["read:accounts"], since: "2.8" }),
} as const;

/** @see https://docs.joinmastodon.org/methods/apps/ */
export const apps = {
  verifyCredentials: operation<None, Application>()("GET", "/api/v1/apps/verify_credentials", {
    token: "app",
    since: "2.0",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/emails/ */
export const emails = {
  resendConfirmation: operation<{ email?: string }, Empty>()("POST", "/api/v1/emails/confirmations", { since: "3.4" }),
} as const;

/** @see https://docs.joinmastodon.org/methods/endorsements/ */
export const endorsements = {
  list: operation<PageParams, Account>()("GET", "/api/v1/endorsements", {
    scopes: ["read:accounts"],
    paged: true,
    since: "2.5",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/featured_tags/ */
export const featuredTags = {
  list: operation<None, FeaturedTag[]>()("GET", "/api/v1/featured_tags", { scopes: ["read:accounts"], since: "3.0" }),
  create: operation<{ /** Without `#`. */ name: string }, FeaturedTag>()("POST", "/api/v1/featured_tags", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "3.0",
  }),
  delete: operation<ById, Empty>()("DELETE", "/api/v1/featured_tags/{id}", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "3.0",
  }),
  suggestions: operation<None, Tag[]>()("GET", "/api/v1/featured_tags/suggestions", {
    scopes: ["read:accounts"],
    since: "3.0",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/markers/ */
export const markers = {
  get: operation<{ timeline: MarkerTimeline[] }, Markers>()("GET", "/api/v1/markers", {
    scopes: ["read:statuses"],
    since: "3.0",
  }),
  save: operation<MarkersParams, Markers>()("POST", "/api/v1/markers", {
    scopes: ["write:statuses"],
    effect: "idempotent",
    since: "3.0",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/push/ */
export const push = {
  /** Subscribes to push messages; each token has one subscription, which this replaces. */
  create: operation<{ subscription: PushTarget; data?: PushData }, WebPushSubscription>()(
    "POST",
    "/api/v1/push/subscription",
    { scopes: ["push"], effect: "idempotent", since: "2.4" },
  ),
  get: operation<None, WebPushSubscription>()("GET", "/api/v1/push/subscription", { scopes: ["push"], since: "2.4" }),
  update: operation<{ data?: PushData; policy?: PushPolicy }, WebPushSubscription>()(
    "PUT",
    "/api/v1/push/subscription",
    { scopes: ["push"], effect: "idempotent", since: "2.4" },
  ),
  delete: operation<None, Empty>()("DELETE", "/api/v1/push/subscription", {
    scopes: ["push"],
    effect: "idempotent",
    since: "2.4",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/annual_reports/ */
export const annualReports = {
  list: operation<None, AnnualReports>()("GET", "/api/v1/annual_reports", { scopes: ["read:accounts"], since: "4.3" }),
  get: operation<{ year: string }, AnnualReports>()("GET", "/api/v1/annual_reports/{year}", {
    scopes: ["read:accounts"],
    since: "4.4",
  }),
  state: operation<{ year: string }, { state: "available" | "generating" | "eligible" | "ineligible" }>()(
    "GET",
    "/api/v1/annual_reports/{year}/state",
    { scopes: ["read:accounts"], since: "4.6" },
  ),
  generate: operation<{ year: string }, Empty>()("POST", "/api/v1/annual_reports/{year}/generate", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "4.6",
  }),
  markRead: operation<{ year: string }, Empty>()("POST", "/api/v1/annual_reports/{year}/read", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "4.3",
  }),
} as const;
