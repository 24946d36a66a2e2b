import type { Account, CredentialAccount, Status } from "../entities.js";
import type { Token } from "../instance-entities.js";
import type { FamiliarFollowers, FeaturedTag, IdentityProof, List, Relationship } from "../social-entities.js";
import { operation } from "../operation.js";
import type { ById, None, PageParams, PostingDefaults, ProfileParams, TimelineParams } from "./params.js";

/** @see https://docs.joinmastodon.org/methods/accounts/ */
export const accounts = {
  /** Registers a person, with an app's own token. */
  create: operation<
    {
      username: string;
      email: string;
      password: string;
      agreement: boolean;
      locale: string;
      reason?: string;
      /** `YYYY-MM-DD`; needed where the server asks for an age. */ date_of_birth?: string;
    },
    Token
  >()("POST", "/api/v1/accounts", { token: "app", scopes: ["write:accounts"], since: "2.7" }),
  getMany: operation<{ id: string[] }, Account[]>()("GET", "/api/v1/accounts", { token: "public", since: "4.3" }),
  /** The account itself, with what it set up. */
  verifyCredentials: operation<None, CredentialAccount>()("GET", "/api/v1/accounts/verify_credentials", {
    scopes: ["profile", "read:accounts"],
  }),
  updateCredentials: operation<ProfileParams & { source?: PostingDefaults }, CredentialAccount>()(
    "PATCH",
    "/api/v1/accounts/update_credentials",
    { scopes: ["write:accounts"], effect: "idempotent", since: "1.1.1" },
  ),
  /** One account. For your own see `verifyCredentials`. */
  get: operation<ById, Account>()("GET", "/api/v1/accounts/{id}", { token: "public" }),
  /** An account by its name, `name` or `name@host`, without asking its server. */
  lookup: operation<{ acct: string }, Account>()("GET", "/api/v1/accounts/lookup", {
    token: "public",
    scopes: ["read:accounts"],
    since: "3.4",
  }),
  search: operation<
    {
      q: string;
      limit?: number;
      offset?: number;
      /** Asks the other server where the name is not known here. */ resolve?: boolean;
      following?: boolean;
    },
    Account[]
  >()("GET", "/api/v1/accounts/search", { scopes: ["read:accounts"] }),
  /** How the account stands to others. The order is not that of the ids, and suspended accounts are left out. */
  relationships: operation<{ id: string[]; with_suspended?: boolean }, Relationship[]>()(
    "GET",
    "/api/v1/accounts/relationships",
    { scopes: ["read:follows"] },
  ),
  familiarFollowers: operation<{ id: string[] }, FamiliarFollowers[]>()("GET", "/api/v1/accounts/familiar_followers", {
    scopes: ["read:follows"],
    since: "3.5",
  }),
  /** What an account posted, newest first. */
  statuses: operation<
    ById & TimelineParams & { exclude_replies?: boolean; exclude_reblogs?: boolean; pinned?: boolean; tagged?: string },
    Status
  >()("GET", "/api/v1/accounts/{id}/statuses", { token: "public", scopes: ["read:statuses"], paged: true }),
  /** Who follows an account, as far as this server knows and the account shows. */
  followers: operation<ById & PageParams, Account>()("GET", "/api/v1/accounts/{id}/followers", {
    token: "public",
    paged: true,
  }),
  following: operation<ById & PageParams, Account>()("GET", "/api/v1/accounts/{id}/following", {
    token: "public",
    paged: true,
  }),
  featuredTags: operation<ById, FeaturedTag[]>()("GET", "/api/v1/accounts/{id}/featured_tags", {
    token: "public",
    since: "3.3",
  }),
  lists: operation<ById, List[]>()("GET", "/api/v1/accounts/{id}/lists", { scopes: ["read:lists"], since: "2.1" }),
  endorsements: operation<ById & PageParams, Account>()("GET", "/api/v1/accounts/{id}/endorsements", {
    token: "public",
    paged: true,
    since: "4.4",
  }),
  /** @deprecated Always empty since Mastodon 3.5. */
  identityProofs: operation<ById, IdentityProof[]>()("GET", "/api/v1/accounts/{id}/identity_proofs", { since: "2.8" }),
  /** Follows an account; where it is locked, asks to. Repeated it changes the settings. */
  follow: operation<ById & { reblogs?: boolean; notify?: boolean; languages?: string[] }, Relationship>()(
    "POST",
    "/api/v1/accounts/{id}/follow",
    { scopes: ["write:follows"], effect: "idempotent", buckets: ["follows"] },
  ),
  unfollow: operation<ById, Relationship>()("POST", "/api/v1/accounts/{id}/unfollow", {
    scopes: ["write:follows"],
    effect: "idempotent",
  }),
  removeFromFollowers: operation<ById, Relationship>()("POST", "/api/v1/accounts/{id}/remove_from_followers", {
    scopes: ["write:follows"],
    effect: "idempotent",
    since: "3.5",
  }),
  block: operation<ById, Relationship>()("POST", "/api/v1/accounts/{id}/block", {
    scopes: ["write:blocks"],
    effect: "idempotent",
  }),
  unblock: operation<ById, Relationship>()("POST", "/api/v1/accounts/{id}/unblock", {
    scopes: ["write:blocks"],
    effect: "idempotent",
  }),
  mute: operation<ById & { notifications?: boolean; /** Seconds; 0 is for good. */ duration?: number }, Relationship>()(
    "POST",
    "/api/v1/accounts/{id}/mute",
    { scopes: ["write:mutes"], effect: "idempotent" },
  ),
  unmute: operation<ById, Relationship>()("POST", "/api/v1/accounts/{id}/unmute", {
    scopes: ["write:mutes"],
    effect: "idempotent",
  }),
  endorse: operation<ById, Relationship>()("POST", "/api/v1/accounts/{id}/endorse", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "4.4",
  }),
  unendorse: operation<ById, Relationship>()("POST", "/api/v1/accounts/{id}/unendorse", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "4.4",
  }),
  /** @deprecated Since Mastodon 4.4: use `endorse`. */
  pin: operation<ById, Relationship>()("POST", "/api/v1/accounts/{id}/pin", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "2.5",
  }),
  /** @deprecated Since Mastodon 4.4: use `unendorse`. */
  unpin: operation<ById, Relationship>()("POST", "/api/v1/accounts/{id}/unpin", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "2.5",
  }),
  /** Keeps a note about an account that nobody else sees. */
  setNote: operation<ById & { /** Empty takes the note away. */ comment?: string }, Relationship>()(
    "POST",
    "/api/v1/accounts/{id}/note",
    { scopes: ["write:accounts"], effect: "idempotent", since: "3.2" },
  ),
} as const;
