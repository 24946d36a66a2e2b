import { BudgetError } from "../errors.js";
import type { Ask } from "./budget.js";
import { bucketsOf } from "./buckets.js";
import type { Link, OutgoingCall } from "./call.js";

/**
 * Waits until the server's limits and our caps leave room, or throws BudgetError where that comes after the deadline.
 * Admission comes after it: what was refused meanwhile is not sent.
 */
export const awaitBudget: Link = async (call, next) => {
  const ask = askOf(call);
  for (;;) {
    // Where there is room, nothing is waited for.
    const waiting = call.outlet.budget.take(ask);
    if (waiting !== undefined) await waiting;
    try {
      return await next(call);
    } catch (error) {
      // A refusal for the limit took no effect: the same call waits for its turn again.
      if (!(error instanceof BudgetError)) throw error;
    }
  }
};

function askOf({ caller, name, operation, params }: OutgoingCall): Ask {
  return {
    name,
    buckets: bucketsOf(operation, params),
    writer: operation.effect === "read" ? undefined : caller.rider,
    isUrgent: caller.isUrgent === true,
    deadline: caller.deadline,
    signal: caller.signal,
  };
}
