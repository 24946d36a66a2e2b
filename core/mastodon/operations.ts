import type {
  Account,
  Application,
  Context,
  CredentialAccount,
  Instance,
  InstanceV1,
  List,
  MediaAttachment,
  MutedAccount,
  Notification,
  NotificationType,
  Relationship,
  Report,
  Search,
  Status,
  StatusSource,
  Tag,
  Visibility,
} from "./entities.js";
import { operation, type Operation } from "./operation.js";

interface ById {
  id: string;
}
/** `min_id` walks forward from an id, `max_id` back from one; `since_id` leaves gaps. */
interface PageParams {
  limit?: number;
  max_id?: string;
  min_id?: string;
  since_id?: string;
}
interface PollParams {
  options: string[];
  /** Seconds. */
  expires_in: number;
  multiple?: boolean;
  hide_totals?: boolean;
}
interface StatusParams {
  sensitive?: boolean;
  spoiler_text?: string;
  language?: string;
}
/** A post has text, media or both; a poll needs text. */
type StatusContent =
  | { status: string; media_ids?: string[]; poll?: PollParams }
  | { status?: string; media_ids: string[]; poll?: PollParams };
type CreateStatusParams = StatusParams & StatusContent & { in_reply_to_id?: string; visibility?: Visibility };
interface TimelineParams extends PageParams {
  only_media?: boolean;
}
interface MediaParams {
  description?: string;
  /** `x,y`, each from -1 to 1. */
  focus?: string;
}

/**
 * The operation table: group, name, then the endpoint as data. The client's shape, the scope fence in
 * types and at run time, and the sandbox's routes and scope checks all come from it.
 * @see https://docs.joinmastodon.org/methods/
 */
export const operations = {
  accounts: {
    verifyCredentials: operation<Record<never, never>, CredentialAccount>()(
      "GET",
      "/api/v1/accounts/verify_credentials",
      { scopes: ["read:accounts", "profile"] },
    ),
    updateCredentials: operation<
      { display_name?: string; note?: string; locked?: boolean; bot?: boolean; discoverable?: boolean },
      CredentialAccount
    >()("PATCH", "/api/v1/accounts/update_credentials", { scopes: ["write:accounts"], effect: "idempotent" }),
    get: operation<ById, Account>()("GET", "/api/v1/accounts/{id}", { token: "public" }),
    lookup: operation<{ acct: string }, Account>()("GET", "/api/v1/accounts/lookup", {
      token: "public",
      scopes: ["read:accounts"],
    }),
    search: operation<
      { q: string; limit?: number; offset?: number; resolve?: boolean; following?: boolean },
      Account[]
    >()("GET", "/api/v1/accounts/search", { scopes: ["read:accounts"] }),
    relationships: operation<{ id: string[]; with_suspended?: boolean }, Relationship[]>()(
      "GET",
      "/api/v1/accounts/relationships",
      { scopes: ["read:follows"] },
    ),
    statuses: operation<
      ById &
        TimelineParams & { exclude_replies?: boolean; exclude_reblogs?: boolean; pinned?: boolean; tagged?: string },
      Status
    >()("GET", "/api/v1/accounts/{id}/statuses", { token: "public", scopes: ["read:statuses"], paged: true }),
    followers: operation<ById & PageParams, Account>()("GET", "/api/v1/accounts/{id}/followers", {
      token: "public",
      paged: true,
    }),
    following: operation<ById & PageParams, Account>()("GET", "/api/v1/accounts/{id}/following", {
      token: "public",
      paged: true,
    }),
    follow: operation<ById & { reblogs?: boolean; notify?: boolean; languages?: string[] }, Relationship>()(
      "POST",
      "/api/v1/accounts/{id}/follow",
      { scopes: ["write:follows"], effect: "idempotent", buckets: ["follows"] },
    ),
    unfollow: operation<ById, Relationship>()("POST", "/api/v1/accounts/{id}/unfollow", {
      scopes: ["write:follows"],
      effect: "idempotent",
    }),
    block: operation<ById, Relationship>()("POST", "/api/v1/accounts/{id}/block", {
      scopes: ["write:blocks"],
      effect: "idempotent",
    }),
    unblock: operation<ById, Relationship>()("POST", "/api/v1/accounts/{id}/unblock", {
      scopes: ["write:blocks"],
      effect: "idempotent",
    }),
    mute: operation<
      ById & {
        notifications?: boolean;
        /** Seconds; 0 is for good. */
        duration?: number;
      },
      Relationship
    >()("POST", "/api/v1/accounts/{id}/mute", { scopes: ["write:mutes"], effect: "idempotent" }),
    unmute: operation<ById, Relationship>()("POST", "/api/v1/accounts/{id}/unmute", {
      scopes: ["write:mutes"],
      effect: "idempotent",
    }),
  },
  apps: {
    verifyCredentials: operation<Record<never, never>, Application>()("GET", "/api/v1/apps/verify_credentials", {
      token: "app",
    }),
  },
  blocks: {
    list: operation<PageParams, Account>()("GET", "/api/v1/blocks", { scopes: ["read:blocks"], paged: true }),
  },
  bookmarks: {
    list: operation<PageParams, Status>()("GET", "/api/v1/bookmarks", { scopes: ["read:bookmarks"], paged: true }),
  },
  favourites: {
    list: operation<PageParams, Status>()("GET", "/api/v1/favourites", { scopes: ["read:favourites"], paged: true }),
  },
  followRequests: {
    list: operation<PageParams, Account>()("GET", "/api/v1/follow_requests", {
      scopes: ["read:follows", "follow"],
      paged: true,
    }),
    authorize: operation<{ account_id: string }, Relationship>()(
      "POST",
      "/api/v1/follow_requests/{account_id}/authorize",
      { scopes: ["write:follows", "follow"], effect: "idempotent" },
    ),
    reject: operation<{ account_id: string }, Relationship>()("POST", "/api/v1/follow_requests/{account_id}/reject", {
      scopes: ["write:follows", "follow"],
      effect: "idempotent",
    }),
  },
  instance: {
    get: operation<Record<never, never>, Instance>()("GET", "/api/v2/instance", { token: "public" }),
    getV1: operation<Record<never, never>, InstanceV1>()("GET", "/api/v1/instance", { token: "public" }),
  },
  lists: {
    list: operation<Record<never, never>, List[]>()("GET", "/api/v1/lists", { scopes: ["read:lists"] }),
  },
  media: {
    create: operation<MediaParams & { file: Blob }, MediaAttachment>()("POST", "/api/v2/media", {
      scopes: ["write:media"],
      // Sent twice it leaves a file that nothing shows, and that servers sweep.
      effect: "idempotent",
      buckets: ["media"],
      body: "multipart",
    }),
    get: operation<ById, MediaAttachment>()("GET", "/api/v1/media/{id}", { scopes: ["write:media"] }),
    update: operation<ById & MediaParams, MediaAttachment>()("PUT", "/api/v1/media/{id}", {
      scopes: ["write:media"],
      effect: "idempotent",
    }),
  },
  mutes: {
    list: operation<PageParams, MutedAccount>()("GET", "/api/v1/mutes", {
      scopes: ["read:mutes", "follow"],
      paged: true,
    }),
  },
  notifications: {
    list: operation<
      PageParams & { types?: NotificationType[]; exclude_types?: NotificationType[]; account_id?: string },
      Notification
    >()("GET", "/api/v1/notifications", { scopes: ["read:notifications"], paged: true }),
    get: operation<ById, Notification>()("GET", "/api/v1/notifications/{id}", { scopes: ["read:notifications"] }),
    dismiss: operation<ById, Record<never, never>>()("POST", "/api/v1/notifications/{id}/dismiss", {
      scopes: ["write:notifications"],
      effect: "idempotent",
    }),
    clear: operation<Record<never, never>, Record<never, never>>()("POST", "/api/v1/notifications/clear", {
      scopes: ["write:notifications"],
      effect: "idempotent",
    }),
  },
  reports: {
    create: operation<
      {
        account_id: string;
        status_ids?: string[];
        comment?: string;
        forward?: boolean;
        category?: "spam" | "legal" | "violation" | "other";
        rule_ids?: string[];
      },
      Report
    >()("POST", "/api/v1/reports", { scopes: ["write:reports"], buckets: ["reports"] }),
  },
  search: {
    query: operation<
      { q: string; type?: "accounts" | "hashtags" | "statuses"; resolve?: boolean; limit?: number; offset?: number },
      Search
    >()("GET", "/api/v2/search", { token: "public", scopes: ["read:search"] }),
  },
  statuses: {
    create: operation<CreateStatusParams, Status>()("POST", "/api/v1/statuses", {
      scopes: ["write:statuses"],
      lookUp: "own-statuses",
      buckets: ["statuses"],
      idempotencyKey: true,
    }),
    get: operation<ById, Status>()("GET", "/api/v1/statuses/{id}", { token: "public", scopes: ["read:statuses"] }),
    update: operation<ById & StatusParams & StatusContent, Status>()("PUT", "/api/v1/statuses/{id}", {
      scopes: ["write:statuses"],
      effect: "idempotent",
    }),
    delete: operation<ById, Status>()("DELETE", "/api/v1/statuses/{id}", {
      scopes: ["write:statuses"],
      effect: "idempotent",
      buckets: ["deletes"],
    }),
    context: operation<ById, Context>()("GET", "/api/v1/statuses/{id}/context", {
      token: "public",
      scopes: ["read:statuses"],
    }),
    source: operation<ById, StatusSource>()("GET", "/api/v1/statuses/{id}/source", {
      token: "app",
      scopes: ["read:statuses"],
    }),
    favourite: operation<ById, Status>()("POST", "/api/v1/statuses/{id}/favourite", {
      scopes: ["write:favourites"],
      effect: "idempotent",
    }),
    unfavourite: operation<ById, Status>()("POST", "/api/v1/statuses/{id}/unfavourite", {
      scopes: ["write:favourites"],
      effect: "idempotent",
    }),
    reblog: operation<ById & { visibility?: Visibility }, Status>()("POST", "/api/v1/statuses/{id}/reblog", {
      scopes: ["write:statuses"],
      effect: "idempotent",
      buckets: ["statuses"],
    }),
    unreblog: operation<ById, Status>()("POST", "/api/v1/statuses/{id}/unreblog", {
      scopes: ["write:statuses"],
      effect: "idempotent",
      buckets: ["deletes"],
    }),
    bookmark: operation<ById, Status>()("POST", "/api/v1/statuses/{id}/bookmark", {
      scopes: ["write:bookmarks"],
      effect: "idempotent",
    }),
    unbookmark: operation<ById, Status>()("POST", "/api/v1/statuses/{id}/unbookmark", {
      scopes: ["write:bookmarks"],
      effect: "idempotent",
    }),
    favouritedBy: operation<ById & PageParams, Account>()("GET", "/api/v1/statuses/{id}/favourited_by", {
      token: "public",
      scopes: ["read:statuses"],
      paged: true,
    }),
    rebloggedBy: operation<ById & PageParams, Account>()("GET", "/api/v1/statuses/{id}/reblogged_by", {
      token: "public",
      scopes: ["read:statuses"],
      paged: true,
    }),
  },
  tags: {
    get: operation<{ name: string }, Tag>()("GET", "/api/v1/tags/{name}", { token: "public" }),
  },
  timelines: {
    home: operation<PageParams, Status>()("GET", "/api/v1/timelines/home", { scopes: ["read:statuses"], paged: true }),
    public: operation<TimelineParams & { local?: boolean; remote?: boolean }, Status>()(
      "GET",
      "/api/v1/timelines/public",
      { token: "public", scopes: ["read:statuses"], paged: true },
    ),
    tag: operation<
      TimelineParams & { hashtag: string; any?: string[]; all?: string[]; none?: string[]; local?: boolean },
      Status
    >()("GET", "/api/v1/timelines/tag/{hashtag}", { token: "public", scopes: ["read:statuses"], paged: true }),
  },
} as const satisfies Record<string, Record<string, Operation>>;

/** The table's type: the client is mapped from it. */
export type Operations = typeof operations;

/** The name of an operation as plugins and logs write it, for example `statuses.create`. */
export type OperationName = {
  [G in keyof Operations]: `${G}.${keyof Operations[G] & string}`;
}[keyof Operations];

/** The table as a flat list, each row with its name. */
export const operationList: readonly { readonly name: OperationName; readonly operation: Operation }[] = Object.entries(
  operations,
).flatMap(([group, rows]) =>
  Object.entries<Operation>(rows).map(([name, row]) => ({ name: `${group}.${name}` as OperationName, operation: row })),
);
