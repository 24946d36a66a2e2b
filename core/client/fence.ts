import { ScopeError, WriteOutsideHandler } from "../errors.js";
import { permits } from "../mastodon/operation.js";
import type { Link } from "./call.js";

/** Refuses what is outside the rider's scopes, and writes outside a handler, before anything else happens. */
export const fence: Link = async (call, next) => {
  const { operation, caller, name } = call;
  if (!permits(operation, caller.permitted)) {
    throw new ScopeError(name, operation.scopes.find((scope) => !caller.permitted.has(scope)) ?? "");
  }
  if (operation.effect !== "read" && caller.record === undefined) throw new WriteOutsideHandler(name);
  return next(call);
};
