import { NetworkError, NotReadyError, ServerRefusedError } from "../errors.js";
import type { Link, OutgoingCall, Reply } from "./call.js";
import type { Claim, LedgerEntry, Settlement } from "./ledger.js";

/** Records a write before it is sent, and how it ended; refuses it where the account may not act. */
export const admit: Link = async (call, next) => {
  if (call.entry === undefined) return next(call);
  const claim = claimOf(call);
  const admission = await call.outlet.ledger.admit(claim);
  if (admission !== "admitted") throw new NotReadyError(refusals[admission]);
  return settled(claim, call, () => next(call));
};

const refusals = {
  paused: "the account is paused",
  outdated: "another process owns the account now",
  known: "the same write is under way already",
} as const;

/** The ledger's claim for a call that has an entry, as it was recorded or as it is new. */
export function claimOf(call: OutgoingCall, recorded?: LedgerEntry): Claim {
  const { caller, entry, name, outlet } = call;
  if (entry === undefined || caller.record === undefined) throw new TypeError(`${name} has no place in the ledger`);
  return {
    invocation: caller.record.invocation,
    key: entry.key,
    rider: caller.rider,
    entry: recorded ?? {
      operation: name,
      state: "sent",
      idempotencyKey: entry.idempotencyKey,
      admittedAt: Date.now(),
    },
    epoch: outlet.epoch,
    again: entry.isRepeated,
  };
}

async function settled(claim: Claim, call: OutgoingCall, sending: () => Promise<Reply>): Promise<Reply> {
  let reply: Reply;
  try {
    reply = await sending();
  } catch (error) {
    const settlement = settlementOf(error);
    if (settlement !== undefined) await call.outlet.ledger.settle(claim, settlement);
    throw error;
  }
  await call.outlet.ledger.settle(claim, { state: "done", result: reply.body });
  return reply;
}

/** Undefined: the outcome is unknown, so the entry stays as sent until it has been looked for. */
function settlementOf(error: unknown): Settlement | undefined {
  if (error instanceof NetworkError) return error.sent ? undefined : { state: "void", reason: error.failure };
  if (error instanceof ServerRefusedError) {
    return error.status >= 500 ? undefined : { state: "void", reason: `status ${error.status}` };
  }
  return { state: "void", reason: error instanceof Error ? error.name : "failed" };
}
