import { NotReadyError, UncertainOutcomeError } from "../errors.js";
import { claimOf, noTurn, settle } from "./admit.js";
import type { OutgoingCall, Reply, WriteEntry } from "./call.js";
import { finderOf } from "./finders.js";
import type { LedgerEntry } from "./ledger.js";
import { Undecided } from "./open-write.js";
import { settledAfterMs } from "./settled-after.js";

/**
 * Looks on the server for a write whose answer never came. Found: settled as done. Not there: undefined, it may be
 * sent again. Where it cannot be told: settled as uncertain, for a human. Throws NotReadyError while the request
 * might still take effect.
 */
export async function lookUp(
  call: OutgoingCall & { entry: WriteEntry },
  recorded: LedgerEntry,
): Promise<Reply | undefined> {
  const { ledger, turns } = call.outlet;
  const find = finderOf(call.operation, call.params);
  if (find === undefined) return uncertain(call, recorded, "it cannot be looked for on the server");
  const until = recorded.admittedAt + settledAfterMs(call);
  if (Date.now() < until) {
    throw new NotReadyError(`${call.name} was sent without an answer: it is looked for once it must have settled`, {
      retryAt: until,
    });
  }
  const work = async () => {
    const from = recorded.firstAdmittedAt;
    const others = await ledger.created(call.name, from);
    const { record } = call.caller;
    const isAnothers = (id: string) => others.has(id) || record?.isTaken(call.name, id) === true;
    const take = (id: string) => !others.has(id) && record?.take(call.name, id) !== false;
    const { found } = await find({ call, from, until, isAnothers, take }).catch((error: unknown) => {
      if (error instanceof Undecided) return uncertain(call, recorded, error.message);
      throw error;
    });
    if (found === undefined) return undefined;
    await settle(call, claimOf(call, recorded), { state: "done", result: found });
    return { body: found };
  };
  return turns.run(call.entry.subject, "looking", { deadline: call.caller.deadline, late: noTurn(call), work });
}

async function uncertain(call: OutgoingCall, recorded: LedgerEntry, reason: string): Promise<never> {
  await settle(call, claimOf(call, recorded), { state: "uncertain", reason });
  throw new UncertainOutcomeError(call.name);
}
