import type { RequestParams } from "../mastodon/request.js";

/**
 * What of a write's parameters the audit keeps: whom and what it is about and who may see it, and nothing that anybody
 * wrote. Posts, notes and comments may be private.
 */
const named: ReadonlySet<string> = new Set([
  "id",
  "account_id",
  "account_ids",
  "status_ids",
  "in_reply_to_id",
  "quoted_status_id",
  "media_ids",
  "visibility",
  "language",
  "scheduled_at",
  "sensitive",
  "duration",
  "notify",
  "reblogs",
  "notifications",
  "category",
  "choices",
  "domain",
  "severity",
]);
const longestText = 100;
const mostItems = 20;

/** The parameters worth keeping, as JSON; empty where there are none. */
export function notable(params: RequestParams): string {
  const kept = Object.entries(params).filter(([name, value]) => named.has(name) && isShort(value));
  return kept.length === 0 ? "" : JSON.stringify(Object.fromEntries(kept));
}

function isShort(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.length <= mostItems && value.every(isPlain);
  return isPlain(value);
}

function isPlain(value: unknown): boolean {
  if (typeof value === "string") return value.length <= longestText;
  return typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
}
