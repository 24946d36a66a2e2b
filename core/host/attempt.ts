import type { Outlet } from "../client/call.js";
import { InvocationRecord } from "../client/invocation-record.js";
import { RepliesExhaustedError } from "../errors.js";
import type { Log } from "../plugin.js";
import { AttemptSignal } from "./attempt-signal.js";
import { within } from "./deadline.js";
import type { DueRecord } from "./delivery-store.js";
import { handlerInput, type HandlerInput } from "./handler-input.js";
import { outcomeOf, type Outcome } from "./outcome.js";
import type { RiderState } from "./rider-state.js";
import type { Handler, Rider } from "./rider.js";

/** What one attempt at an event needs. */
interface AttemptOptions {
  readonly rider: Rider;
  readonly handlers: readonly Handler[];
  readonly record: DueRecord;
  /** Nobody can have begun with it before: there is nothing to look up. */
  readonly isNew: boolean;
  readonly state: RiderState;
  readonly outlet: Outlet;
  readonly log: Log;
  /** Aborts when the account is let go and the attempt may not go on. */
  readonly over: AbortSignal;
  readonly limitMs: number;
  /** Runs the handlers where they are watched. */
  readonly watch?: ((work: () => Promise<void>) => Promise<void>) | undefined;
}

/** Runs a rider's handlers of an event. Throws only where the ledger cannot be read. */
export async function attempt(options: AttemptOptions): Promise<Outcome> {
  const { handlers, isNew, limitMs, log, outlet, over, record, rider, state, watch } = options;
  const { attempts, event, invocation } = record;
  const trace = isNew ? { writes: new Map(), values: new Map() } : await outlet.ledger.trace(invocation);
  const signal = new AttemptSignal(over);
  const input = handlerInput({
    rider,
    event,
    number: attempts + 1,
    record: new InvocationRecord(invocation, trace),
    outlet,
    state,
    log,
    signal,
    deadline: Date.now() + limitMs,
    keep: (name, value) => outlet.ledger.keep(invocation, name, value),
  });
  try {
    const run = () => runAll(handlers, input, signal);
    await within(watch === undefined ? run() : watch(run), { limitMs, signal: over, what: "the handler" });
    return { kind: "done" };
  } catch (error) {
    // It said what it may say in this thread: the event is at its end, and no failure.
    if (error instanceof RepliesExhaustedError) return { kind: "done" };
    return outcomeOf(error);
  } finally {
    signal.end();
  }
}

async function runAll(handlers: readonly Handler[], input: HandlerInput, signal: AttemptSignal): Promise<void> {
  for (const handler of handlers) {
    signal.throwIfOver();
    await handler.run(input);
  }
}
