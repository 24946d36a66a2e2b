import { ScopeError, WriteOutsideHandler } from "../errors.js";
import type { Link } from "./call.js";

/** Refuses what is outside the rider's scopes, and writes outside a handler, before anything else happens. */
export const fence: Link = async (call, next) => {
  const { operation, caller, name } = call;
  const [scope] = operation.scopes;
  if (scope !== undefined && !operation.scopes.some((any) => caller.permitted.has(any))) {
    throw new ScopeError(name, scope);
  }
  if (operation.effect !== "read" && caller.record === undefined) throw new WriteOutsideHandler(name);
  return next(call);
};
