import { expandScopes, isScope } from "../../core/mastodon/scopes.js";
import type { ScopeRows } from "../dialects/dialect.js";

const isAdmin = (scope: string): boolean => scope.startsWith("admin:");

/** What an app is registered with of what it asked for; nothing where the server refuses one of them. */
export function registrable(rules: ScopeRows, asked: readonly string[]): string[] | undefined {
  if (rules.unknown === "refused" && !asked.every((scope) => isKnown(rules, scope))) return undefined;
  if (rules.admin === "refused" && asked.some(isAdmin)) return undefined;
  return [...new Set(asked)];
}

/** What a token is granted of what was asked for; nothing where the app was not registered for it. */
export function grantable(
  rules: ScopeRows,
  registered: readonly string[],
  asked: readonly string[],
): string[] | undefined {
  const covered: ReadonlySet<string> = rules.asked === "exact" ? new Set(registered) : expandScopes(registered);
  const granted = rules.asked === "ignored" ? registered : asked;
  if (!granted.every((scope) => covered.has(scope))) return undefined;
  return [...new Set(granted)].filter((scope) => !isDropped(rules, scope));
}

function isKnown({ known }: ScopeRows, scope: string): boolean {
  return known === undefined ? isScope(scope) : known.includes(scope);
}

function isDropped(rules: ScopeRows, scope: string): boolean {
  return (rules.unknown === "dropped" && !isKnown(rules, scope)) || (rules.admin === "dropped" && isAdmin(scope));
}

/** What a token permits: the scopes that operations and streams may find among it. */
export function permittedBy(rules: ScopeRows, granted: readonly string[]): { has(scope: string): boolean } {
  switch (rules.permitted) {
    case "hierarchical":
      return expandScopes(granted);
    case "substring": {
      // Any name with `read` in it reads everything.
      const text = granted.join(" ");
      return { has: (scope) => text.includes(scope.split(":", 1)[0] ?? scope) };
    }
    case "ignored":
      return { has: () => true };
  }
}
