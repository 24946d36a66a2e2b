import { expandScopes } from "../../core/mastodon/scopes.js";
import type { Operation } from "../../core/mastodon/operation.js";
import { Refusal } from "../refusal.js";
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

/** Mastodon's 401 for a token that is unknown or missing. */
export const invalidToken = (): Refusal => unauthorized("The access token is invalid");

function unauthorized(description: string): Refusal {
  return new Refusal(401, description, {
    "WWW-Authenticate": `Bearer realm="Doorkeeper", error="invalid_token", error_description="${description}"`,
  });
}

/** Throws what Mastodon answers where the bearer may not call this operation. An unknown token counts as none. */
export function authorize(name: RouteName, operation: Operation, bearer: Bearer | undefined): void {
  const isPublic = publicOperations.has(name);
  if (bearer === undefined) {
    if (isPublic) return;
    throw invalidToken();
  }
  if (bearer.refused === "revoked") throw unauthorized("The access token was revoked");
  if (bearer.refused === "expired") throw unauthorized("The access token expired");
  if (!permits(bearer.scopes, operation)) throw new Refusal(403, "This action is outside the authorized scopes");
  if (isPublic || appOperations.has(name)) return;
  if (bearer.person === undefined) throw new Refusal(422, "This method requires an authenticated user");
  if (bearer.person.suspended) throw new Refusal(403, "Your login is currently disabled");
}

function permits(granted: readonly string[], operation: Operation): boolean {
  const permitted = expandScopes(granted);
  return operation.scopes.length === 0 || operation.scopes.some((scope) => permitted.has(scope));
}
