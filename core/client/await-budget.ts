import { setTimeout as sleep } from "node:timers/promises";
import { BudgetError } from "../errors.js";
import type { Link, OutgoingCall } from "./call.js";

/** Waits until the server's limit leaves room, or throws BudgetError where that comes after the deadline. */
export const awaitBudget: Link = async (call, next) => {
  for (;;) {
    await room(call);
    try {
      return await next(call);
    } catch (error) {
      // A refusal for the limit took no effect: the same call waits for its turn again.
      if (!(error instanceof BudgetError)) throw error;
    }
  }
};

async function room({ caller, name, operation, outlet }: OutgoingCall): Promise<void> {
  for (;;) {
    const now = Date.now();
    const at = outlet.budget.roomAt(operation.bucket, now);
    if (at === undefined) return;
    if (at >= caller.deadline) throw new BudgetError(name, new Date(at));
    await sleep(at - now, undefined, { signal: caller.signal });
  }
}
