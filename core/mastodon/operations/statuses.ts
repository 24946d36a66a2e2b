import type {
  Account,
  Context,
  MediaAttachment,
  Poll,
  QuotePolicy,
  ScheduledStatus,
  Status,
  StatusEdit,
  StatusSource,
  Translation,
  Visibility,
} from "../entities.js";
import { operation } from "../operation.js";
import type {
  ById,
  CreateStatusParams,
  Empty,
  MediaAttributes,
  MediaParams,
  PageParams,
  StatusContent,
  StatusParams,
} from "./params.js";

/** @see https://docs.joinmastodon.org/methods/statuses/ */
export const statuses = {
  /** Posts. With `scheduled_at` use `schedule`, which answers what was scheduled. */
  create: operation<CreateStatusParams, Status>()("POST", "/api/v1/statuses", {
    scopes: ["write:statuses"],
    lookUp: "own-statuses",
    buckets: ["statuses"],
    idempotencyKey: true,
  }),
  /** Has the server post later. Some servers post at once: a `cron` of your own is surer. */
  schedule: operation<
    CreateStatusParams & { /** At least five minutes ahead; an earlier time posts at once. */ scheduled_at: string },
    ScheduledStatus
  >()("POST", "/api/v1/statuses", {
    scopes: ["write:statuses"],
    lookUp: "own-statuses",
    buckets: ["statuses"],
    idempotencyKey: true,
  }),
  getMany: operation<{ id: string[] }, Status[]>()("GET", "/api/v1/statuses", {
    token: "public",
    scopes: ["read:statuses"],
    since: "4.3",
  }),
  get: operation<ById, Status>()("GET", "/api/v1/statuses/{id}", { token: "public", scopes: ["read:statuses"] }),
  /** Edits a post. What is left out of text and warning is taken away, not kept. */
  update: operation<ById & StatusParams & StatusContent & { media_attributes?: MediaAttributes[] }, Status>()(
    "PUT",
    "/api/v1/statuses/{id}",
    { scopes: ["write:statuses"], effect: "idempotent", since: "3.5" },
  ),
  /** Deletes a post; the answer has its source in `text`. */
  delete: operation<ById & { delete_media?: boolean }, Status>()("DELETE", "/api/v1/statuses/{id}", {
    scopes: ["write:statuses"],
    effect: "idempotent",
    buckets: ["deletes"],
  }),
  /** What a post answers, and what answers it. */
  context: operation<ById, Context>()("GET", "/api/v1/statuses/{id}/context", {
    token: "public",
    scopes: ["read:statuses"],
  }),
  source: operation<ById, StatusSource>()("GET", "/api/v1/statuses/{id}/source", {
    token: "app",
    scopes: ["read:statuses"],
    since: "3.5",
  }),
  history: operation<ById, StatusEdit[]>()("GET", "/api/v1/statuses/{id}/history", {
    token: "public",
    scopes: ["read:statuses"],
    since: "3.5",
  }),
  translate: operation<ById & { /** ISO 639-1. */ lang?: string }, Translation>()(
    "POST",
    "/api/v1/statuses/{id}/translate",
    { token: "app", scopes: ["read:statuses"], effect: "read", since: "4.0" },
  ),
  favourite: operation<ById, Status>()("POST", "/api/v1/statuses/{id}/favourite", {
    scopes: ["write:favourites"],
    effect: "idempotent",
  }),
  unfavourite: operation<ById, Status>()("POST", "/api/v1/statuses/{id}/unfavourite", {
    scopes: ["write:favourites"],
    effect: "idempotent",
  }),
  /** Boosts a post. The answer is the boost, with the post in `reblog`. */
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
    since: "3.1",
  }),
  unbookmark: operation<ById, Status>()("POST", "/api/v1/statuses/{id}/unbookmark", {
    scopes: ["write:bookmarks"],
    effect: "idempotent",
    since: "3.1",
  }),
  /** Pins an own post to the profile. */
  pin: operation<ById, Status>()("POST", "/api/v1/statuses/{id}/pin", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "1.6",
  }),
  unpin: operation<ById, Status>()("POST", "/api/v1/statuses/{id}/unpin", {
    scopes: ["write:accounts"],
    effect: "idempotent",
    since: "1.6",
  }),
  /** Silences notifications of the conversation that a post belongs to. */
  mute: operation<ById, Status>()("POST", "/api/v1/statuses/{id}/mute", {
    scopes: ["write:mutes"],
    effect: "idempotent",
    since: "1.4.2",
  }),
  unmute: operation<ById, Status>()("POST", "/api/v1/statuses/{id}/unmute", {
    scopes: ["write:mutes"],
    effect: "idempotent",
    since: "1.4.2",
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
  quotes: operation<ById & PageParams, Status>()("GET", "/api/v1/statuses/{id}/quotes", {
    scopes: ["read:statuses"],
    paged: true,
    since: "4.5",
  }),
  revokeQuote: operation<ById & { quoting_status_id: string }, Status>()(
    "POST",
    "/api/v1/statuses/{id}/quotes/{quoting_status_id}/revoke",
    { scopes: ["write:statuses"], effect: "idempotent", since: "4.5" },
  ),
  setInteractionPolicy: operation<ById & { quote_approval_policy?: QuotePolicy }, Status>()(
    "PUT",
    "/api/v1/statuses/{id}/interaction_policy",
    { scopes: ["write:statuses"], effect: "idempotent", since: "4.5" },
  ),
} as const;

/** @see https://docs.joinmastodon.org/methods/scheduled_statuses/ */
export const scheduledStatuses = {
  list: operation<PageParams, ScheduledStatus>()("GET", "/api/v1/scheduled_statuses", {
    scopes: ["read:statuses"],
    paged: true,
    since: "2.7",
  }),
  get: operation<ById, ScheduledStatus>()("GET", "/api/v1/scheduled_statuses/{id}", {
    scopes: ["read:statuses"],
    since: "2.7",
  }),
  update: operation<ById & { scheduled_at: string }, ScheduledStatus>()("PUT", "/api/v1/scheduled_statuses/{id}", {
    scopes: ["write:statuses"],
    effect: "idempotent",
    since: "2.7",
  }),
  delete: operation<ById, Empty>()("DELETE", "/api/v1/scheduled_statuses/{id}", {
    scopes: ["write:statuses"],
    effect: "idempotent",
    since: "2.7",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/polls/ */
export const polls = {
  get: operation<ById, Poll>()("GET", "/api/v1/polls/{id}", {
    token: "public",
    scopes: ["read:statuses"],
    since: "2.8",
  }),
  vote: operation<ById & { /** Positions in `options`, from 0. */ choices: number[] }, Poll>()(
    "POST",
    "/api/v1/polls/{id}/votes",
    { scopes: ["write:statuses"], lookUp: "poll", since: "2.8" },
  ),
} as const;

/** @see https://docs.joinmastodon.org/methods/media/ */
export const media = {
  /** Sends a file. Its `url` is null until the server has processed it: `upload` waits for that. */
  create: operation<MediaParams & { file: Blob; thumbnail?: Blob }, MediaAttachment>()("POST", "/api/v2/media", {
    scopes: ["write:media"],
    effect: "idempotent",
    buckets: ["media"],
    body: "multipart",
    since: "3.1.3",
  }),
  /** @deprecated Since Mastodon 3.1.3: use `create`. */
  createV1: operation<MediaParams & { file: Blob; thumbnail?: Blob }, MediaAttachment>()("POST", "/api/v1/media", {
    scopes: ["write:media"],
    effect: "idempotent",
    buckets: ["media"],
    body: "multipart",
  }),
  get: operation<ById, MediaAttachment>()("GET", "/api/v1/media/{id}", { scopes: ["write:media"], since: "3.1.3" }),
  update: operation<ById & MediaParams & { thumbnail?: Blob }, MediaAttachment>()("PUT", "/api/v1/media/{id}", {
    scopes: ["write:media"],
    effect: "idempotent",
  }),
  delete: operation<ById, Empty>()("DELETE", "/api/v1/media/{id}", {
    scopes: ["write:media"],
    effect: "idempotent",
    since: "4.4",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/bookmarks/ */
export const bookmarks = {
  list: operation<PageParams, Status>()("GET", "/api/v1/bookmarks", {
    scopes: ["read:bookmarks"],
    paged: true,
    since: "3.1",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/favourites/ */
export const favourites = {
  list: operation<PageParams, Status>()("GET", "/api/v1/favourites", { scopes: ["read:favourites"], paged: true }),
} as const;
