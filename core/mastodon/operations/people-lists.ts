import type { Account, MutedAccount } from "../entities.js";
import type { List, Relationship, Suggestion, Tag } from "../social-entities.js";
import { operation } from "../operation.js";
import type { ById, Empty, ListParams, None, PageParams } from "./params.js";

/** @see https://docs.joinmastodon.org/methods/blocks/ */
export const blocks = {
  list: operation<PageParams, Account>()("GET", "/api/v1/blocks", { scopes: ["read:blocks"], paged: true }),
} as const;

/** @see https://docs.joinmastodon.org/methods/mutes/ */
export const mutes = {
  list: operation<PageParams, MutedAccount>()("GET", "/api/v1/mutes", {
    scopes: ["read:mutes", "follow"],
    paged: true,
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/domain_blocks/ */
export const domainBlocks = {
  list: operation<PageParams, string>()("GET", "/api/v1/domain_blocks", {
    scopes: ["read:blocks", "follow"],
    paged: true,
  }),
  /** Hides a whole server from the account, and ends its follows to and from there. */
  create: operation<{ domain: string }, Empty>()("POST", "/api/v1/domain_blocks", {
    scopes: ["write:blocks", "follow"],
    effect: "idempotent",
  }),
  delete: operation<{ domain: string }, Empty>()("DELETE", "/api/v1/domain_blocks", {
    scopes: ["write:blocks", "follow"],
    effect: "idempotent",
    since: "1.4",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/follow_requests/ */
export const followRequests = {
  list: operation<PageParams, Account>()("GET", "/api/v1/follow_requests", {
    scopes: ["read:follows", "follow"],
    paged: true,
  }),
  /** Lets somebody follow; `account_id` is who asked, not an id of the request. */
  authorize: operation<{ account_id: string }, Relationship>()(
    "POST",
    "/api/v1/follow_requests/{account_id}/authorize",
    { scopes: ["write:follows", "follow"], effect: "idempotent" },
  ),
  reject: operation<{ account_id: string }, Relationship>()("POST", "/api/v1/follow_requests/{account_id}/reject", {
    scopes: ["write:follows", "follow"],
    effect: "idempotent",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/followed_tags/ */
export const followedTags = {
  list: operation<PageParams, Tag>()("GET", "/api/v1/followed_tags", {
    scopes: ["read:follows"],
    paged: true,
    since: "4.0",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/lists/ */
export const lists = {
  list: operation<None, List[]>()("GET", "/api/v1/lists", { scopes: ["read:lists"], since: "2.1" }),
  get: operation<ById, List>()("GET", "/api/v1/lists/{id}", { scopes: ["read:lists"], since: "2.1" }),
  create: operation<ListParams & { title: string }, List>()("POST", "/api/v1/lists", {
    scopes: ["write:lists"],
    lookUp: { in: "lists.list", by: ["title"] },
    since: "2.1",
  }),
  update: operation<ById & ListParams & { title: string }, List>()("PUT", "/api/v1/lists/{id}", {
    scopes: ["write:lists"],
    effect: "idempotent",
    since: "2.1",
  }),
  delete: operation<ById, Empty>()("DELETE", "/api/v1/lists/{id}", {
    scopes: ["write:lists"],
    effect: "idempotent",
    since: "2.1",
  }),
  accounts: operation<ById & PageParams, Account>()("GET", "/api/v1/lists/{id}/accounts", {
    scopes: ["read:lists"],
    paged: true,
    since: "2.1",
  }),
  /** Puts accounts on a list; the list's owner must follow them. */
  addAccounts: operation<ById & { account_ids: string[] }, Empty>()("POST", "/api/v1/lists/{id}/accounts", {
    scopes: ["write:lists"],
    effect: "idempotent",
    since: "2.1",
  }),
  removeAccounts: operation<ById & { account_ids: string[] }, Empty>()("DELETE", "/api/v1/lists/{id}/accounts", {
    scopes: ["write:lists"],
    effect: "idempotent",
    since: "2.1",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/suggestions/ */
export const suggestions = {
  list: operation<{ limit?: number }, Suggestion[]>()("GET", "/api/v2/suggestions", { scopes: ["read"], since: "3.4" }),
  /** @deprecated Since Mastodon 3.4: use `list`. */
  listV1: operation<{ limit?: number }, Account[]>()("GET", "/api/v1/suggestions", {
    scopes: ["read"],
    since: "2.4.3",
  }),
  delete: operation<{ account_id: string }, Empty>()("DELETE", "/api/v1/suggestions/{account_id}", {
    scopes: ["read"],
    effect: "idempotent",
    since: "2.4.3",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/directory/ */
export const directory = {
  list: operation<{ limit?: number; offset?: number; order?: "active" | "new"; local?: boolean }, Account[]>()(
    "GET",
    "/api/v1/directory",
    { token: "public", since: "3.0" },
  ),
} as const;
