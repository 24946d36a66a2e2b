import type { Link } from "./call.js";
import { textAt } from "./seen-post.js";

/**
 * Of several equal writes whose answers never came, any may be found for any. Where the server then answers one of
 * them by its Idempotency-Key with what was found for another, it is sent once more under a key of its own.
 */
export const tellApart: Link = async (call, next) => {
  const { caller, entry, name, operation } = call;
  const reply = await next(call);
  if (!operation.idempotencyKey || entry?.recorded?.state !== "sent") return reply;
  if (caller.record?.isTaken(name, textAt(reply.body, "id")) !== true) return reply;
  return next({ ...call, entry: { ...entry, idempotencyKey: `${entry.idempotencyKey}-again` } });
};
