import type {
  AdminCanonicalEmailBlock,
  AdminDomainAllow,
  AdminDomainBlock,
  AdminEmailDomainBlock,
  AdminIpBlock,
  IpBlockSeverity,
} from "../admin-entities.js";
import { operation } from "../operation.js";
import type { AdminPageParams, ById, DomainBlockParams, IpBlockParams } from "./params.js";

/** @see https://docs.joinmastodon.org/methods/admin_domain_allows/ */
export const adminDomainAllows = {
  list: operation<AdminPageParams, AdminDomainAllow>()("GET", "/api/v1/admin/domain_allows", {
    scopes: ["admin:read:domain_allows"],
    paged: true,
    since: "4.0",
  }),
  get: operation<ById, AdminDomainAllow>()("GET", "/api/v1/admin/domain_allows/{id}", {
    scopes: ["admin:read:domain_allows"],
    since: "4.0",
  }),
  create: operation<{ domain: string }, AdminDomainAllow>()("POST", "/api/v1/admin/domain_allows", {
    scopes: ["admin:write:domain_allows"],
    effect: "idempotent",
    since: "4.0",
  }),
  delete: operation<ById, AdminDomainAllow>()("DELETE", "/api/v1/admin/domain_allows/{id}", {
    scopes: ["admin:write:domain_allows"],
    effect: "idempotent",
    since: "4.0",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/admin_domain_blocks/ */
export const adminDomainBlocks = {
  list: operation<AdminPageParams, AdminDomainBlock>()("GET", "/api/v1/admin/domain_blocks", {
    scopes: ["admin:read:domain_blocks"],
    paged: true,
    since: "4.0",
  }),
  get: operation<ById, AdminDomainBlock>()("GET", "/api/v1/admin/domain_blocks/{id}", {
    scopes: ["admin:read:domain_blocks"],
    since: "4.0",
  }),
  create: operation<DomainBlockParams & { domain: string }, AdminDomainBlock>()("POST", "/api/v1/admin/domain_blocks", {
    scopes: ["admin:write:domain_blocks"],
    lookUp: { in: "adminDomainBlocks.list", by: ["domain"] },
    since: "4.0",
  }),
  update: operation<ById & DomainBlockParams, AdminDomainBlock>()("PUT", "/api/v1/admin/domain_blocks/{id}", {
    scopes: ["admin:write:domain_blocks"],
    effect: "idempotent",
    since: "4.0",
  }),
  delete: operation<ById, AdminDomainBlock>()("DELETE", "/api/v1/admin/domain_blocks/{id}", {
    scopes: ["admin:write:domain_blocks"],
    effect: "idempotent",
    since: "4.0",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/admin_email_domain_blocks/ */
export const adminEmailDomainBlocks = {
  list: operation<AdminPageParams, AdminEmailDomainBlock>()("GET", "/api/v1/admin/email_domain_blocks", {
    scopes: ["admin:read:email_domain_blocks"],
    paged: true,
    since: "4.0",
  }),
  get: operation<ById, AdminEmailDomainBlock>()("GET", "/api/v1/admin/email_domain_blocks/{id}", {
    scopes: ["admin:read:email_domain_blocks"],
    since: "4.1",
  }),
  create: operation<{ domain: string }, AdminEmailDomainBlock>()("POST", "/api/v1/admin/email_domain_blocks", {
    scopes: ["admin:write:email_domain_blocks"],
    lookUp: { in: "adminEmailDomainBlocks.list", by: ["domain"] },
    since: "4.0",
  }),
  delete: operation<ById, AdminEmailDomainBlock>()("DELETE", "/api/v1/admin/email_domain_blocks/{id}", {
    scopes: ["admin:write:email_domain_blocks"],
    effect: "idempotent",
    since: "4.0",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/admin_ip_blocks/ */
export const adminIpBlocks = {
  list: operation<AdminPageParams, AdminIpBlock>()("GET", "/api/v1/admin/ip_blocks", {
    scopes: ["admin:read:ip_blocks"],
    paged: true,
    since: "4.0",
  }),
  get: operation<ById, AdminIpBlock>()("GET", "/api/v1/admin/ip_blocks/{id}", {
    scopes: ["admin:read:ip_blocks"],
    since: "4.0",
  }),
  create: operation<IpBlockParams & { ip: string; severity: IpBlockSeverity }, AdminIpBlock>()(
    "POST",
    "/api/v1/admin/ip_blocks",
    { scopes: ["admin:write:ip_blocks"], lookUp: { in: "adminIpBlocks.list", by: ["ip"] }, since: "4.0" },
  ),
  update: operation<ById & IpBlockParams & { ip?: string; severity?: IpBlockSeverity }, AdminIpBlock>()(
    "PUT",
    "/api/v1/admin/ip_blocks/{id}",
    { scopes: ["admin:write:ip_blocks"], effect: "idempotent", since: "4.0" },
  ),
  delete: operation<ById, AdminIpBlock>()("DELETE", "/api/v1/admin/ip_blocks/{id}", {
    scopes: ["admin:write:domain_blocks"],
    effect: "idempotent",
    since: "4.0",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/admin_canonical_email_blocks/ */
export const adminCanonicalEmailBlocks = {
  list: operation<AdminPageParams, AdminCanonicalEmailBlock>()("GET", "/api/v1/admin/canonical_email_blocks", {
    scopes: ["admin:read:canonical_email_blocks"],
    paged: true,
    since: "4.0",
  }),
  get: operation<ById, AdminCanonicalEmailBlock>()("GET", "/api/v1/admin/canonical_email_blocks/{id}", {
    scopes: ["admin:read:canonical_email_blocks"],
    since: "4.0",
  }),
  create: operation<{ email: string } | { canonical_email_hash: string }, AdminCanonicalEmailBlock>()(
    "POST",
    "/api/v1/admin/canonical_email_blocks",
    { scopes: ["admin:write:canonical_email_blocks"], effect: "idempotent", since: "4.0" },
  ),
  test: operation<{ email: string }, AdminCanonicalEmailBlock[]>()(
    "POST",
    "/api/v1/admin/canonical_email_blocks/test",
    { scopes: ["admin:read:canonical_email_blocks"], effect: "read", since: "4.0" },
  ),
  delete: operation<ById, AdminCanonicalEmailBlock>()("DELETE", "/api/v1/admin/canonical_email_blocks/{id}", {
    scopes: ["admin:write:canonical_email_blocks"],
    effect: "idempotent",
    since: "4.0",
  }),
} as const;
