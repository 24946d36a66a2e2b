/**
 * OAuth scopes of the Mastodon API and their hierarchy.
 * @see https://docs.joinmastodon.org/api/oauth-scopes/
 */

const readParts = [
  "accounts",
  "blocks",
  "bookmarks",
  "collections",
  "favourites",
  "filters",
  "follows",
  "lists",
  "mutes",
  "notifications",
  "search",
  "statuses",
] as const;
const writeParts = [
  "accounts",
  "blocks",
  "bookmarks",
  "collections",
  "conversations",
  "favourites",
  "filters",
  "follows",
  "lists",
  "media",
  "mutes",
  "notifications",
  "reports",
  "statuses",
] as const;
const adminParts = [
  "accounts",
  "reports",
  "domain_allows",
  "domain_blocks",
  "ip_blocks",
  "email_domain_blocks",
  "canonical_email_blocks",
] as const;

type ReadScope = `read:${(typeof readParts)[number]}`;
type WriteScope = `write:${(typeof writeParts)[number]}`;
type AdminReadScope = `admin:read:${(typeof adminParts)[number]}`;
type AdminWriteScope = `admin:write:${(typeof adminParts)[number]}`;
/** Not `read:follows`: `follow` permits the list of follow requests, which names it, but no relationships. */
type FollowScope = "write:follows" | `${"read" | "write"}:${"blocks" | "mutes"}`;

/** One OAuth scope that Mastodon knows. */
export type Scope =
  | "profile"
  | "push"
  | "read"
  | "write"
  | "follow"
  | "admin:read"
  | "admin:write"
  | ReadScope
  | WriteScope
  | AdminReadScope
  | AdminWriteScope;

/** The scopes that `S` permits: itself and, for a parent, every child. */
export type Permits<S extends Scope> =
  | S
  | ("read" extends S ? ReadScope : never)
  | ("write" extends S ? WriteScope : never)
  | ("follow" extends S ? FollowScope : never)
  | ("admin:read" extends S ? AdminReadScope : never)
  | ("admin:write" extends S ? AdminWriteScope : never);

const prefixed = (prefix: string, parts: readonly string[]): Scope[] =>
  parts.map((part) => `${prefix}:${part}` as Scope);

const childrenOf: ReadonlyMap<Scope, readonly Scope[]> = new Map([
  ["read", prefixed("read", readParts)],
  ["write", prefixed("write", writeParts)],
  ["follow", [...prefixed("read", ["blocks", "mutes"]), ...prefixed("write", ["follows", "blocks", "mutes"])]],
  ["admin:read", prefixed("admin:read", adminParts)],
  ["admin:write", prefixed("admin:write", adminParts)],
]);

/** Every scope that Mastodon knows, parents first. */
export const allScopes: readonly Scope[] = [
  ...new Set<Scope>(["profile", "push", ...childrenOf.keys(), ...[...childrenOf.values()].flat()]),
];

/** Whether `text` names a scope that Mastodon knows. */
export function isScope(text: string): text is Scope {
  return (allScopes as readonly string[]).includes(text);
}

/** The scopes that `granted` permits: each with its children. */
export function expandScopes(granted: Iterable<string>): ReadonlySet<string> {
  const scopes = [...granted];
  const key = scopes.join(" ");
  const known = expanded.get(key) ?? expand(scopes);
  expanded.set(key, known);
  return known;
}

/** By the scopes as they were given: the accounts of a fleet have few different ones, and each keeps several. */
const expanded = new Map<string, ReadonlySet<string>>();

function expand(granted: readonly string[]): ReadonlySet<string> {
  const permitted = new Set<string>();
  for (const scope of granted) {
    permitted.add(scope);
    for (const child of childrenOf.get(scope as Scope) ?? []) permitted.add(child);
  }
  return permitted;
}

/** Those of `needed` that `granted` does not permit, by hierarchy. */
export function missingScopes(granted: Iterable<string>, needed: Iterable<Scope>): Scope[] {
  const permitted = expandScopes(granted);
  return [...new Set(needed)].filter((scope) => !permitted.has(scope) && !coveredByChildren(scope, permitted));
}

/** `follow` and `read` are permitted where all that they stand for is. */
function coveredByChildren(scope: Scope, permitted: ReadonlySet<string>): boolean {
  const children = childrenOf.get(scope);
  if (scope === "follow" && !permitted.has("read:follows")) return false;
  return children !== undefined && children.every((child) => permitted.has(child));
}

/** The smallest list that permits all of `scopes`: children of a listed parent dropped, in the table's order. */
export function normalizeScopes(scopes: Iterable<Scope>): Scope[] {
  const wanted = new Set(scopes);
  const implied = new Set([...wanted].flatMap((scope) => childrenOf.get(scope) ?? []));
  return allScopes.filter((scope) => wanted.has(scope) && !implied.has(scope));
}

/** The whole scopes that permit all of `scopes`, for servers that know no parts of them: `read` for `read:statuses`. */
export function wholeScopes(scopes: Iterable<string>): Scope[] {
  const wholes: readonly Scope[] = ["read", "write", "admin:read", "admin:write"];
  const wanted = [...scopes].map((scope) => {
    if (scope === "profile") return "read";
    return wholes.find((whole) => scope.startsWith(`${whole}:`)) ?? scope;
  });
  return normalizeScopes(wanted.filter(isScope));
}

/** A scope string as OAuth writes it (space separated), taken apart. */
export function parseScopes(text: string | null | undefined): string[] {
  return (text ?? "").split(/\s+/).filter((part) => part !== "");
}
