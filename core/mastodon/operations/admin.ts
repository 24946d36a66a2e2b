import type {
  AdminAccount,
  AdminCohort,
  AdminDimension,
  AdminMeasure,
  AdminReport,
  AdminTag,
} from "../admin-entities.js";
import type { Status, TrendsLink } from "../entities.js";
import type { ReportCategory } from "../notification-entities.js";
import { operation } from "../operation.js";
import type {
  AccountActionParams,
  AdminAccountFilter,
  AdminAccountFilterV1,
  AdminMetricParams,
  AdminPageParams,
  ById,
  Empty,
  OffsetParams,
} from "./params.js";

/** @see https://docs.joinmastodon.org/methods/admin_accounts/ */
export const adminAccounts = {
  list: operation<AdminPageParams & AdminAccountFilter, AdminAccount>()("GET", "/api/v2/admin/accounts", {
    scopes: ["admin:read:accounts"],
    paged: true,
    since: "3.5",
  }),
  /** @deprecated Since Mastodon 3.5: use `list`. */
  listV1: operation<AdminPageParams & AdminAccountFilterV1, AdminAccount>()("GET", "/api/v1/admin/accounts", {
    scopes: ["admin:read:accounts"],
    paged: true,
    since: "2.9.1",
  }),
  get: operation<ById, AdminAccount>()("GET", "/api/v1/admin/accounts/{id}", {
    scopes: ["admin:read:accounts"],
    since: "2.9.1",
  }),
  /** Acts against an account and records it as a strike: each time that it is sent. */
  action: operation<ById & AccountActionParams, Empty>()("POST", "/api/v1/admin/accounts/{id}/action", {
    scopes: ["admin:write:accounts"],
    since: "2.9.1",
  }),
  approve: operation<ById, AdminAccount>()("POST", "/api/v1/admin/accounts/{id}/approve", {
    scopes: ["admin:write:accounts"],
    effect: "idempotent",
    since: "2.9.1",
  }),
  reject: operation<ById, AdminAccount>()("POST", "/api/v1/admin/accounts/{id}/reject", {
    scopes: ["admin:write:accounts"],
    effect: "idempotent",
    since: "2.9.1",
  }),
  /** Deletes the data of a suspended account, for good. */
  delete: operation<ById, AdminAccount>()("DELETE", "/api/v1/admin/accounts/{id}", {
    scopes: ["admin:write:accounts"],
    effect: "idempotent",
    since: "3.3",
  }),
  enable: operation<ById, AdminAccount>()("POST", "/api/v1/admin/accounts/{id}/enable", {
    scopes: ["admin:write:accounts"],
    effect: "idempotent",
    since: "2.9.1",
  }),
  unsensitive: operation<ById, AdminAccount>()("POST", "/api/v1/admin/accounts/{id}/unsensitive", {
    scopes: ["admin:write:accounts"],
    effect: "idempotent",
    since: "3.3",
  }),
  unsilence: operation<ById, AdminAccount>()("POST", "/api/v1/admin/accounts/{id}/unsilence", {
    scopes: ["admin:write:accounts"],
    effect: "idempotent",
    since: "2.9.1",
  }),
  unsuspend: operation<ById, AdminAccount>()("POST", "/api/v1/admin/accounts/{id}/unsuspend", {
    scopes: ["admin:write:accounts"],
    effect: "idempotent",
    since: "2.9.1",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/admin_reports/ */
export const adminReports = {
  list: operation<
    AdminPageParams & { resolved?: boolean; account_id?: string; target_account_id?: string },
    AdminReport
  >()("GET", "/api/v1/admin/reports", { scopes: ["admin:read:reports"], paged: true, since: "2.9.1" }),
  get: operation<ById, AdminReport>()("GET", "/api/v1/admin/reports/{id}", {
    scopes: ["admin:read:reports"],
    since: "2.9.1",
  }),
  update: operation<ById & { category?: ReportCategory; rule_ids?: string[] }, AdminReport>()(
    "PUT",
    "/api/v1/admin/reports/{id}",
    { scopes: ["admin:write:reports"], effect: "idempotent", since: "3.5" },
  ),
  assignToSelf: operation<ById, AdminReport>()("POST", "/api/v1/admin/reports/{id}/assign_to_self", {
    scopes: ["admin:write:reports"],
    effect: "idempotent",
    since: "2.9.1",
  }),
  unassign: operation<ById, AdminReport>()("POST", "/api/v1/admin/reports/{id}/unassign", {
    scopes: ["admin:write:reports"],
    effect: "idempotent",
    since: "2.9.1",
  }),
  resolve: operation<ById, AdminReport>()("POST", "/api/v1/admin/reports/{id}/resolve", {
    scopes: ["admin:write:reports"],
    effect: "idempotent",
    since: "2.9.1",
  }),
  reopen: operation<ById, AdminReport>()("POST", "/api/v1/admin/reports/{id}/reopen", {
    scopes: ["admin:write:reports"],
    effect: "idempotent",
    since: "2.9.1",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/admin_trends/ */
export const adminTrends = {
  links: operation<OffsetParams, TrendsLink[]>()("GET", "/api/v1/admin/trends/links", {
    scopes: ["admin:read"],
    since: "3.5",
  }),
  statuses: operation<OffsetParams, Status[]>()("GET", "/api/v1/admin/trends/statuses", {
    scopes: ["admin:read"],
    since: "3.5",
  }),
  tags: operation<OffsetParams, AdminTag[]>()("GET", "/api/v1/admin/trends/tags", {
    scopes: ["admin:read"],
    since: "3.5",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/admin_metrics/ */
export const adminMetrics = {
  dimensions: operation<AdminMetricParams & { limit?: number }, AdminDimension[]>()(
    "POST",
    "/api/v1/admin/dimensions",
    { scopes: ["admin:read"], effect: "read", since: "3.5" },
  ),
  measures: operation<AdminMetricParams, AdminMeasure[]>()("POST", "/api/v1/admin/measures", {
    scopes: ["admin:read"],
    effect: "read",
    since: "3.5",
  }),
  retention: operation<{ start_at: string; end_at: string; frequency: "day" | "month" }, AdminCohort[]>()(
    "POST",
    "/api/v1/admin/retention",
    { scopes: ["admin:read"], effect: "read", since: "3.5" },
  ),
} as const;
