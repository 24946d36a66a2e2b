import { permits, type Operation } from "../../core/mastodon/operation.js";
import type { Dialect } from "../dialects/dialect.js";
import { permittedBy } from "../oauth/scope-rules.js";
import { Refusal, refusalFrom } from "../refusal.js";
import type { Person } from "../world/records.js";

/** A token that was sent along, as far as permission goes. */
export interface Bearer {
  readonly scopes: readonly string[];
  readonly person: Person | undefined;
  /** Why it is no longer good, if it is not. */
  readonly refused: "revoked" | "expired" | undefined;
}

/** Throws what the server answers where the bearer may not call this operation. An unknown token counts as none. */
export function authorize(dialect: Dialect, operation: Operation, bearer: Bearer | undefined): void {
  const { refusals, scopes } = dialect;
  const isPublic = operation.token === "public";
  if (bearer === undefined) {
    if (isPublic) return;
    throw refusalFrom(refusals.invalidToken);
  }
  if (bearer.refused === "revoked") throw refusalFrom(refusals.revokedToken);
  if (bearer.refused === "expired") throw refusalFrom(refusals.expiredToken);
  const permitted = permittedBy(scopes, bearer.scopes);
  if (!permits(operation, permitted)) {
    throw refusalFrom(refusals.missingScope, operation.scopes);
  }
  if (isPublic || operation.token === "app") return;
  if (bearer.person === undefined) throw new Refusal(422, "This method requires an authenticated user");
  if (bearer.person.suspended) throw new Refusal(403, "Your login is currently disabled");
}
