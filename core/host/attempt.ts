import type { Outlet } from "../client/call.js";
import type { InvocationTrace } from "../client/ledger.js";
import { RepliesExhaustedError } from "../errors.js";
import type { Log } from "../plugin.js";
import { AttemptSignal } from "./attempt-signal.js";
import type { DueRecord } from "./delivery-store.js";
import { handlerInput, type HandlerInput } from "./handler-input.js";
import { outcomeOf, type Outcome } from "./outcome.js";
import type { RiderState } from "./rider-state.js";
import type { Handler, Rider } from "./rider.js";
import type { TimeLimits } from "./time-limits.js";

/** What one attempt at an event needs. */
interface AttemptOptions {
  readonly rider: Rider;
  readonly handlers: readonly Handler[];
  readonly record: DueRecord;
  readonly state: RiderState;
  readonly outlet: Outlet;
  readonly log: Log;
  /** Aborts when the account is let go and the attempt may not go on. */
  readonly over: AbortSignal;
  readonly limits: TimeLimits;
  readonly limitMs: number;
  /** Runs the handlers where they are watched. */
  readonly watch?: (<T>(work: () => T) => T) | undefined;
}

/** Calls end so much before their handler is given up: what they wait for is no failure of the handler. */
const longestLeadMs = 1_000;
const nothing: InvocationTrace = { writes: new Map(), values: new Map() };

/** Runs a rider's handlers of an event that somebody may have begun with. Throws only where the ledger cannot be read. */
export async function attempt(options: AttemptOptions): Promise<Outcome> {
  return run(options, await options.outlet.ledger.trace(options.record.invocation));
}

/** The same for an event that is new: there is nothing to look up. A handler that waits for nothing ends at once. */
export function firstAttempt(options: AttemptOptions): Outcome | Promise<Outcome> {
  return run(options, nothing);
}

function run(options: AttemptOptions, trace: InvocationTrace): Outcome | Promise<Outcome> {
  const { handlers, limitMs, limits, log, outlet, over, record, rider, state, watch } = options;
  const { attempts, event, invocation } = record;
  const signal = new AttemptSignal(over);
  try {
    const input = handlerInput({
      rider,
      event,
      invocation,
      number: attempts + 1,
      trace,
      outlet,
      state,
      log,
      signal,
      deadline: Date.now() + limitMs - Math.min(longestLeadMs, limitMs / 20),
    });
    const work = () => runAll(handlers, input, signal);
    const running = watch === undefined ? work() : watch(work);
    if (running !== undefined) return concluded(limits.within(running, limitMs, "the handler"), signal);
  } catch (error) {
    return failed(error, signal);
  }
  signal.end();
  return { kind: "done" };
}

async function concluded(running: Promise<unknown>, signal: AttemptSignal): Promise<Outcome> {
  try {
    await running;
  } catch (error) {
    return failed(error, signal);
  }
  signal.end();
  return { kind: "done" };
}

function failed(error: unknown, signal: AttemptSignal): Outcome {
  signal.end();
  // It said what it may say in this thread: the event is at its end, and no failure.
  return error instanceof RepliesExhaustedError ? { kind: "done" } : outcomeOf(error);
}

/** One after the other; undefined: all have ended. */
function runAll(
  handlers: readonly Handler[],
  input: HandlerInput,
  signal: AttemptSignal,
): Promise<unknown> | undefined {
  for (const [index, handler] of handlers.entries()) {
    signal.throwIfOver();
    const running = handler.run(input);
    // Lists are fetched when they are waited for, so anything with a `then` is.
    if (typeof running === "object" && running !== null && "then" in running) {
      const rest = handlers.slice(index + 1);
      return rest.length === 0 ? Promise.resolve(running) : runRest(running, rest, input, signal);
    }
  }
  return undefined;
}

async function runRest(
  running: unknown,
  rest: readonly Handler[],
  input: HandlerInput,
  signal: AttemptSignal,
): Promise<void> {
  await running;
  for (const handler of rest) {
    signal.throwIfOver();
    await handler.run(input);
  }
}
