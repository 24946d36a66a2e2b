import { UncertainOutcomeError } from "../errors.js";
import type { Link, OutgoingCall, Reply } from "./call.js";
import type { LedgerEntry } from "./ledger.js";
import { lookUp } from "./look-up.js";

/** Answers a write that an earlier attempt made with its recorded result; finds out about one whose answer never came. */
export const replay: Link = async (call, next) => {
  const { record } = call.caller;
  if (call.operation.effect === "read" || record === undefined) return next(call);
  const key = record.nextKey(call.name, call.params, call.key);
  const recorded = record.recorded(call.name, key);
  if (recorded?.state === "done") return { body: recorded.result };
  if (recorded?.state === "uncertain") throw new UncertainOutcomeError(call.name);
  const idempotencyKey = record.idempotencyKey(call.outlet.account, call.outlet.server, key);
  const entered: OutgoingCall = { ...call, entry: { key, idempotencyKey, isRepeated: recorded !== undefined } };
  const found = recorded === undefined ? undefined : await whatBecameOf(entered, recorded);
  return found ?? next(entered);
};

/** Undefined: it may be sent (again). */
async function whatBecameOf(call: OutgoingCall, recorded: LedgerEntry): Promise<Reply | undefined> {
  if (call.operation.effect === "idempotent") return undefined;
  return lookUp(call, recorded);
}
