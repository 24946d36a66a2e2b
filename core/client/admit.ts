import { NetworkError, NotReadyError, PausedError, ServerRefusedError } from "../errors.js";
import type { Link, OutgoingCall, Reply } from "./call.js";
import type { Claim, LedgerEntry, Settlement } from "./ledger.js";
import { notable } from "./notable.js";
import { mayActForMs } from "./settled-after.js";

/** Records a write before it is sent, and how it ended; refuses it where the account may not act. */
export const admit: Link = async (call, next) => {
  const { entry, outlet } = call;
  if (entry === undefined) return next(call);
  const work = async () => {
    const claim = claimOf(call);
    const admission = await outlet.ledger.admit(claim);
    if (admission === "paused") throw new PausedError(outlet.account);
    if (admission !== "admitted") throw new NotReadyError(refusals[admission]);
    call.caller.record?.note(claim.key, claim.entry);
    return settled(claim, call, () => next(call));
  };
  return outlet.turns.run(entry.subject, "sending", { deadline: call.caller.deadline, late: noTurn(call), work });
};

/** What a call ends with whose turn does not come before its deadline. */
export function noTurn({ name }: OutgoingCall): () => NotReadyError {
  return () => new NotReadyError(`${name}: others of its kind are still looked for, or sent`);
}

const refusals = {
  outdated: "another process owns the account now",
  known: "the same write is under way already",
} as const;

/** The ledger's claim for a call that has an entry, as it was recorded or as it is new. */
export function claimOf(call: OutgoingCall, recorded?: LedgerEntry): Claim {
  const { caller, entry, name, outlet } = call;
  if (entry === undefined || caller.record === undefined) throw new TypeError(`${name} has no place in the ledger`);
  const before = entry.recorded?.state === "sent" ? entry.recorded : undefined;
  const now = Date.now();
  return {
    invocation: caller.record.invocation,
    key: entry.key,
    rider: caller.rider,
    entry: recorded ?? {
      operation: name,
      state: "sent",
      idempotencyKey: entry.idempotencyKey,
      admittedAt: now,
      firstAdmittedAt: before?.firstAdmittedAt ?? now,
    },
    epoch: outlet.epoch,
    again: entry.recorded?.state === "sent",
    mayActForMs: mayActForMs(call),
    about: notable(call.params),
  };
}

/** Records how a claimed write ended, for later attempts and for this one. */
export async function settle(call: OutgoingCall, claim: Claim, settlement: Settlement): Promise<void> {
  const settled = await call.outlet.ledger.settle(claim, settlement);
  if (settled === "late") call.outlet.straggled?.(claim.rider, call.name, settlement.state);
  const { result, state } = { result: undefined, ...settlement };
  call.caller.record?.note(claim.key, { ...claim.entry, state, ...(state === "done" && { result }) });
}

async function settled(claim: Claim, call: OutgoingCall, sending: () => Promise<Reply>): Promise<Reply> {
  let reply: Reply;
  try {
    reply = await sending();
  } catch (error) {
    const settlement = settlementOf(error, call);
    if (settlement !== undefined) await settle(call, claim, settlement);
    if (settlement?.state !== "done") throw error;
    return { body: settlement.result };
  }
  await settle(call, claim, { state: "done", result: reply.body, text: reply.text });
  return reply;
}

/** Undefined: the outcome is unknown, so the entry stays as sent until it has been looked for. */
function settlementOf(error: unknown, call: OutgoingCall): Settlement | undefined {
  if (error instanceof NetworkError) return error.sent ? undefined : { state: "void", reason: error.failure };
  if (error instanceof ServerRefusedError) {
    if (error.status >= 500) return undefined;
    if (isGoneAlready(error, call)) return { state: "done", result: {} };
    return { state: "void", reason: `status ${error.status}` };
  }
  return { state: "void", reason: error instanceof Error ? error.name : "failed" };
}

/** What was deleted by the request whose answer never came is not there any more: nothing else was asked for. */
function isGoneAlready({ status }: ServerRefusedError, { entry, operation }: OutgoingCall): boolean {
  return operation.method === "DELETE" && entry?.recorded?.state === "sent" && (status === 404 || status === 410);
}
