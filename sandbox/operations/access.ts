import type { Operation } from "../../core/mastodon/operation.js";
import type { Dialect } from "../dialects/dialect.js";
import { permittedBy } from "../oauth/scope-rules.js";
import { Refusal, refusalFrom } from "../refusal.js";
import type { Person } from "../world/records.js";
import type { RouteName } from "./routes.js";

/** Operations that answer without a token. */
const publicOperations: ReadonlySet<RouteName> = new Set([
  "accounts.get",
  "accounts.lookup",
  "accounts.statuses",
  "accounts.followers",
  "accounts.following",
  "instance.get",
  "instance.getV1",
  "emojis.list",
  "polls.get",
  "search.query",
  "statuses.get",
  "statuses.context",
  "statuses.favouritedBy",
  "statuses.rebloggedBy",
  "tags.get",
  "timelines.public",
  "timelines.tag",
]);

/** Operations that an app may ask with its own token, without a person. */
const appOperations: ReadonlySet<RouteName> = new Set(["apps.verifyCredentials"]);

/** A token that was sent along, as far as permission goes. */
export interface Bearer {
  readonly scopes: readonly string[];
  readonly person: Person | undefined;
  /** Why it is no longer good, if it is not. */
  readonly refused: "revoked" | "expired" | undefined;
}

/** An operation that somebody wants to carry out. */
export interface Wanted {
  readonly name: RouteName;
  readonly operation: Operation;
}

/** Throws what the server answers where the bearer may not call this operation. An unknown token counts as none. */
export function authorize(dialect: Dialect, { name, operation }: Wanted, bearer: Bearer | undefined): void {
  const { refusals, scopes } = dialect;
  const isPublic = publicOperations.has(name);
  if (bearer === undefined) {
    if (isPublic) return;
    throw refusalFrom(refusals.invalidToken);
  }
  if (bearer.refused === "revoked") throw refusalFrom(refusals.revokedToken);
  if (bearer.refused === "expired") throw refusalFrom(refusals.expiredToken);
  const permitted = permittedBy(scopes, bearer.scopes);
  if (operation.scopes.length > 0 && !operation.scopes.some((scope) => permitted.has(scope))) {
    throw refusalFrom(refusals.missingScope, operation.scopes);
  }
  if (isPublic || appOperations.has(name)) return;
  if (bearer.person === undefined) throw new Refusal(422, "This method requires an authenticated user");
  if (bearer.person.suspended) throw new Refusal(403, "Your login is currently disabled");
}
