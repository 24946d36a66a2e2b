import type { Status, TrendsLink } from "../entities.js";
import type { Collection, CollectionItem } from "../collection-entities.js";
import type { CollectionWithAccounts, Conversation, Search, Tag } from "../social-entities.js";
import { operation } from "../operation.js";
import type {
  ById,
  CollectionParams,
  Empty,
  OffsetParams,
  PageParams,
  SearchParams,
  TimelineParams,
} from "./params.js";

/** @see https://docs.joinmastodon.org/methods/timelines/ */
export const timelines = {
  /** What the people and hashtags post that the account follows, newest first. */
  home: operation<PageParams, Status>()("GET", "/api/v1/timelines/home", { scopes: ["read:statuses"], paged: true }),
  public: operation<TimelineParams & { local?: boolean; remote?: boolean }, Status>()(
    "GET",
    "/api/v1/timelines/public",
    { token: "public", scopes: ["read:statuses"], paged: true },
  ),
  tag: operation<
    TimelineParams & {
      /** Without `#`. */ hashtag: string;
      any?: string[];
      all?: string[];
      none?: string[];
      local?: boolean;
      remote?: boolean;
    },
    Status
  >()("GET", "/api/v1/timelines/tag/{hashtag}", { token: "public", scopes: ["read:statuses"], paged: true }),
  list: operation<PageParams & { list_id: string }, Status>()("GET", "/api/v1/timelines/list/{list_id}", {
    scopes: ["read:lists"],
    paged: true,
    since: "2.1",
  }),
  link: operation<PageParams & { url: string }, Status>()("GET", "/api/v1/timelines/link", {
    token: "public",
    scopes: ["read:statuses"],
    paged: true,
    since: "4.3",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/conversations/ */
export const conversations = {
  list: operation<PageParams, Conversation>()("GET", "/api/v1/conversations", {
    scopes: ["read:statuses"],
    paged: true,
    since: "2.6",
  }),
  markRead: operation<ById, Conversation>()("POST", "/api/v1/conversations/{id}/read", {
    scopes: ["write:conversations"],
    effect: "idempotent",
    since: "2.6",
  }),
  delete: operation<ById, Empty>()("DELETE", "/api/v1/conversations/{id}", {
    scopes: ["write:conversations"],
    effect: "idempotent",
    since: "2.6",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/tags/ */
export const tags = {
  get: operation<{ name: string }, Tag>()("GET", "/api/v1/tags/{name}", { token: "public", since: "4.0" }),
  follow: operation<{ name: string }, Tag>()("POST", "/api/v1/tags/{name}/follow", {
    scopes: ["write:follows"],
    effect: "idempotent",
    since: "4.0",
  }),
  unfollow: operation<{ name: string }, Tag>()("POST", "/api/v1/tags/{name}/unfollow", {
    scopes: ["write:follows"],
    effect: "idempotent",
    since: "4.0",
  }),
  feature: operation<ById, Tag>()("POST", "/api/v1/tags/{id}/feature", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "4.4",
  }),
  unfeature: operation<ById, Tag>()("POST", "/api/v1/tags/{id}/unfeature", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "4.4",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/trends/ */
export const trends = {
  tags: operation<OffsetParams, Tag[]>()("GET", "/api/v1/trends/tags", { token: "public", since: "3.0" }),
  statuses: operation<OffsetParams, Status[]>()("GET", "/api/v1/trends/statuses", { token: "public", since: "3.5" }),
  links: operation<OffsetParams, TrendsLink[]>()("GET", "/api/v1/trends/links", { token: "public", since: "3.5" }),
} as const;

/** @see https://docs.joinmastodon.org/methods/search/ */
export const search = {
  /** Accounts, hashtags and posts; with `resolve` also what only another server knows, by its address. */
  query: operation<SearchParams, Search>()("GET", "/api/v2/search", {
    token: "public",
    scopes: ["read:search"],
    since: "2.4.1",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/collections/ */
export const collections = {
  create: operation<CollectionParams & { name: string; account_ids?: string[] }, { collection: Collection }>()(
    "POST",
    "/api/v1/collections",
    { scopes: ["write:collections"], since: "4.6" },
  ),
  get: operation<ById, CollectionWithAccounts>()("GET", "/api/v1/collections/{id}", {
    token: "public",
    scopes: ["read:collections"],
    since: "4.6",
  }),
  ofAccount: operation<{ account_id: string; limit?: number; offset?: number }, { collections: Collection[] }>()(
    "GET",
    "/api/v1/accounts/{account_id}/collections",
    { token: "public", scopes: ["read:collections"], since: "4.6" },
  ),
  withAccount: operation<{ account_id: string; limit?: number; offset?: number }, { collections: Collection[] }>()(
    "GET",
    "/api/v1/accounts/{account_id}/in_collections",
    { scopes: ["read:collections"], since: "4.6" },
  ),
  update: operation<ById & CollectionParams & { name?: string }, { collection: Collection }>()(
    "PATCH",
    "/api/v1/collections/{id}",
    { scopes: ["write:collections"], effect: "idempotent", since: "4.6" },
  ),
  delete: operation<ById, Empty>()("DELETE", "/api/v1/collections/{id}", {
    scopes: ["write:collections"],
    effect: "idempotent",
    since: "4.6",
  }),
  addItem: operation<{ collection_id: string; account_id: string }, { collection_item: CollectionItem }>()(
    "POST",
    "/api/v1/collections/{collection_id}/items",
    { scopes: ["write:collections"], effect: "idempotent", since: "4.6" },
  ),
  removeItem: operation<ById & { collection_id: string }, Empty>()(
    "DELETE",
    "/api/v1/collections/{collection_id}/items/{id}",
    { scopes: ["write:collections"], effect: "idempotent", since: "4.6" },
  ),
  revokeItem: operation<ById & { collection_id: string }, Empty>()(
    "POST",
    "/api/v1/collections/{collection_id}/items/{id}/revoke",
    { scopes: ["write:collections"], effect: "idempotent", since: "4.6" },
  ),
} as const;
