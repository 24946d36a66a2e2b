import type { Account } from "../accounts/account.js";
import { normalizeScopes, type Scope } from "../mastodon/scopes.js";

/** The scopes that an account is asked for, and who wants each. */
export interface NeededScopes {
  /** Normalized: exactly what an app is registered with. */
  readonly scopes: readonly Scope[];
  /** Riders by name, `accounts.yaml` for the operator, `howdah` for the core. */
  readonly wantedBy: ReadonlyMap<Scope, readonly string[]>;
}

/**
 * The union of what the riders need, what accounts.yaml asks for beyond, and the core's own few: `read:accounts` to
 * verify, and `read:statuses` to look for a post whose answer never came.
 */
export function neededScopes(account: Pick<Account, "riders" | "scopes">): NeededScopes {
  const wantedBy = new Map<Scope, string[]>();
  const want = (scope: Scope, who: string) => {
    const names = wantedBy.get(scope) ?? [];
    if (!names.includes(who)) wantedBy.set(scope, [...names, who]);
  };
  want("read:accounts", "howdah");
  for (const scope of account.scopes) want(scope, "accounts.yaml");
  for (const rider of account.riders) {
    for (const scope of rider.scopes) want(scope, rider.name);
    if (rider.scopes.some((scope) => scope === "write" || scope === "write:statuses")) want("read:statuses", "howdah");
  }
  return { scopes: normalizeScopes(wantedBy.keys()), wantedBy };
}
