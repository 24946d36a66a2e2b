import { RE2JS } from "re2js";
import { plainText, type Account, type Relationship } from "../../core/plugin.js";
import type { Config } from "./config.js";

const dayMs = 24 * 60 * 60 * 1000;

/** Why an account is not followed back as far as its profile goes; undefined: nothing speaks against it. */
export function reasonInProfile(
  candidate: Account,
  config: Config,
  at: { readonly host: string; readonly now: number },
): string | undefined {
  if (candidate.bot && !config.bots) return "labelled as a bot";
  if (candidate.suspended === true) return "suspended";
  if (candidate.moved) return "moved to another account";
  if (/#nobot\b/i.test(plainText(candidate.note))) return "asks bots to keep away (#nobot)";
  if (candidate.statuses_count < config.min_statuses) return `fewer than ${config.min_statuses} posts`;
  if (at.now - Date.parse(candidate.created_at) < config.min_age_days * dayMs) {
    return `younger than ${config.min_age_days} days`;
  }
  const pattern = config.ignore.find((ignored) => matchesHandle(ignored, candidate, at.host));
  return pattern === undefined ? undefined : `ignored by "${pattern}"`;
}

/** Why what is between the two speaks against it. */
export function reasonBetween(relationship: Relationship | undefined): string | undefined {
  // Servers leave out the relationship with those who are suspended or gone.
  if (relationship === undefined) return "suspended or gone";
  if (relationship.blocked_by) return "blocks this account";
  if (relationship.blocking || relationship.domain_blocking) return "blocked by this account";
  if (relationship.muting) return "muted by this account";
  return undefined;
}

/** A pattern without a host goes for the name on any server; `acct` has no host where the server is `host` itself. */
function matchesHandle(pattern: string, { acct, username }: Account, host: string): boolean {
  const wanted = pattern.replace(/^@/, "");
  const handle = acct.includes("@") ? acct : `${acct}@${host}`;
  const source = wanted
    .split("*")
    .map((part) => RE2JS.quote(part))
    .join(".*");
  return RE2JS.compile(source, RE2JS.CASE_INSENSITIVE).matches(wanted.includes("@") ? handle : username);
}
