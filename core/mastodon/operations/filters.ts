import type { Filter, FilterContext, FilterKeyword, FilterStatus, V1Filter } from "../filter-entities.js";
import { operation } from "../operation.js";
import type { ById, Empty, FilterParams, KeywordParams, None, V1FilterParams } from "./params.js";

/** @see https://docs.joinmastodon.org/methods/filters/ */
export const filters = {
  list: operation<None, Filter[]>()("GET", "/api/v2/filters", { scopes: ["read:filters"], since: "4.0" }),
  get: operation<ById, Filter>()("GET", "/api/v2/filters/{id}", { scopes: ["read:filters"], since: "4.0" }),
  create: operation<FilterParams & { title: string; context: FilterContext[] }, Filter>()("POST", "/api/v2/filters", {
    scopes: ["write:filters"],
    lookUp: { in: "filters.list", by: ["title"] },
    since: "4.0",
  }),
  update: operation<ById & FilterParams & { title?: string; context?: FilterContext[] }, Filter>()(
    "PUT",
    "/api/v2/filters/{id}",
    { scopes: ["write:filters"], effect: "idempotent", since: "4.0" },
  ),
  delete: operation<ById, Empty>()("DELETE", "/api/v2/filters/{id}", {
    scopes: ["write:filters"],
    effect: "idempotent",
    since: "4.0",
  }),
  keywords: operation<{ filter_id: string }, FilterKeyword[]>()("GET", "/api/v2/filters/{filter_id}/keywords", {
    scopes: ["read:filters"],
    since: "4.0",
  }),
  addKeyword: operation<KeywordParams & { filter_id: string }, FilterKeyword>()(
    "POST",
    "/api/v2/filters/{filter_id}/keywords",
    { scopes: ["write:filters"], lookUp: { in: "filters.keywords", by: ["keyword"] }, since: "4.0" },
  ),
  getKeyword: operation<ById, FilterKeyword>()("GET", "/api/v2/filters/keywords/{id}", {
    scopes: ["read:filters"],
    since: "4.0",
  }),
  updateKeyword: operation<ById & KeywordParams, FilterKeyword>()("PUT", "/api/v2/filters/keywords/{id}", {
    scopes: ["write:filters"],
    effect: "idempotent",
    since: "4.0",
  }),
  removeKeyword: operation<ById, Empty>()("DELETE", "/api/v2/filters/keywords/{id}", {
    scopes: ["write:filters"],
    effect: "idempotent",
    since: "4.0",
  }),
  statuses: operation<{ filter_id: string }, FilterStatus[]>()("GET", "/api/v2/filters/{filter_id}/statuses", {
    scopes: ["read:filters"],
    since: "4.0",
  }),
  addStatus: operation<{ filter_id: string; status_id: string }, FilterStatus>()(
    "POST",
    "/api/v2/filters/{filter_id}/statuses",
    { scopes: ["write:filters"], lookUp: { in: "filters.statuses", by: ["status_id"] }, since: "4.0" },
  ),
  getStatus: operation<ById, FilterStatus>()("GET", "/api/v2/filters/statuses/{id}", {
    scopes: ["read:filters"],
    since: "4.0",
  }),
  removeStatus: operation<ById, FilterStatus>()("DELETE", "/api/v2/filters/statuses/{id}", {
    scopes: ["write:filters"],
    effect: "idempotent",
    since: "4.0",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/filters_v1/ */
export const filtersV1 = {
  /** @deprecated Since Mastodon 4.0: use `filters.list`. */
  list: operation<None, V1Filter[]>()("GET", "/api/v1/filters", { scopes: ["read:filters"], since: "2.4.3" }),
  /** @deprecated Since Mastodon 4.0: use `filters.get`. */
  get: operation<ById, V1Filter>()("GET", "/api/v1/filters/{id}", { scopes: ["read:filters"], since: "2.4.3" }),
  /** @deprecated Since Mastodon 4.0: use `filters.create`. */
  create: operation<V1FilterParams, V1Filter>()("POST", "/api/v1/filters", {
    scopes: ["write:filters"],
    lookUp: { in: "filtersV1.list", by: ["phrase"] },
    since: "2.4.3",
  }),
  /** @deprecated Since Mastodon 4.0: use `filters.update`. */
  update: operation<ById & V1FilterParams, V1Filter>()("PUT", "/api/v1/filters/{id}", {
    scopes: ["write:filters"],
    effect: "idempotent",
    since: "2.4.3",
  }),
  /** @deprecated Since Mastodon 4.0: use `filters.delete`. */
  delete: operation<ById, Empty>()("DELETE", "/api/v1/filters/{id}", {
    scopes: ["write:filters"],
    effect: "idempotent",
    since: "2.4.3",
  }),
} as const;
