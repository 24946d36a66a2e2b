import { UncertainOutcomeError } from "../errors.js";
import type { Link, Next, OutgoingCall, Reply } from "./call.js";
import type { InvocationRecord, WritePlace } from "./invocation-record.js";
import { lookUp } from "./look-up.js";
import { notable } from "./notable.js";
import { textAt } from "./seen-post.js";

/** Answers a write that an earlier attempt made with its recorded result; finds out about one whose answer never came. */
export const replay: Link = async (call, next) => {
  // The record is made for the first write of an invocation.
  const record = call.operation.effect === "read" ? undefined : call.caller.record;
  if (record === undefined) return next(call);
  const place = record.place(call.name, call.params, call.key);
  return record.share(place, () => outcome(call, next, record, place));
};

async function outcome(call: OutgoingCall, next: Next, record: InvocationRecord, place: WritePlace): Promise<Reply> {
  const recorded = await record.recorded(call.name, place.key);
  if (recorded?.state === "done") {
    const { caller, name, outlet, params } = call;
    const line = { rider: caller.rider, invocation: record.invocation, operation: name, params: notable(params) };
    const created = textAt(recorded.result, "id");
    await outlet.ledger.note({ ...line, outcome: "replayed", reason: "", created });
    return { body: recorded.result };
  }
  if (recorded?.state === "uncertain") throw new UncertainOutcomeError(call.name);
  const { account, server } = call.outlet;
  // An account may have been called otherwise when it was sent first.
  const idempotencyKey = recorded?.idempotencyKey ?? record.idempotencyKey(account, server, place);
  const entered = { ...call, entry: { ...place, idempotencyKey, recorded } };
  // What may be repeated needs no looking for.
  const isOpen = recorded?.state === "sent" && call.operation.effect === "write";
  return (isOpen ? await lookUp(entered, recorded) : undefined) ?? next(entered);
}
