import type { Caller, Outlet } from "../client/call.js";
import { createClient } from "../client/create-client.js";
import type { InvocationRecord } from "../client/invocation-record.js";
import { happenedAt, type Event } from "../events/event.js";
import type { Status } from "../mastodon/entities.js";
import type { Notification } from "../mastodon/notification-entities.js";
import { expandScopes, type Scope } from "../mastodon/scopes.js";
import type { Invocation, Log, Reply, State } from "../plugin.js";
import type { AttemptSignal } from "./attempt-signal.js";
import { replyTo } from "./reply.js";

/** Everything that any handler might be given. */
export interface HandlerInput extends Invocation<Scope, Scope> {
  readonly event: Event;
  readonly notification?: Notification;
  readonly status?: Status;
  readonly statusId?: string;
  readonly dueAt?: Date;
  readonly reply?: Reply;
}

/** What one attempt works with. */
export interface Attempt {
  readonly rider: {
    readonly name: string;
    readonly permitted: ReadonlySet<string>;
    readonly repliesPerThread?: number | undefined;
  };
  readonly event: Event;
  /** From 1. */
  readonly number: number;
  readonly record: InvocationRecord;
  readonly outlet: Outlet;
  readonly state: State;
  readonly log: Log;
  readonly signal: AttemptSignal;
  readonly deadline: number;
  /** Keeps what `once` computed. */
  readonly keep: (name: string, value: unknown) => Promise<void>;
}

/** Makes what the handlers of one attempt receive. */
export function handlerInput(attempt: Attempt): HandlerInput {
  const { deadline, event, log, outlet, record, rider, signal, state } = attempt;
  const caller: Caller = {
    rider: rider.name,
    permitted: rider.permitted,
    record,
    deadline,
    // Somebody mentioned the account, or followed it: that comes before what clocks and timelines bring.
    isUrgent: event.kind === "notification",
    get signal() {
      return signal.signal;
    },
  };
  const client = createClient<Scope>(outlet, caller);
  return {
    event,
    ...payloadOf(event),
    ...(event.kind === "notification" &&
      event.notification.status && {
        reply: replyTo(event.notification.status, { client, invocation: record.invocation, log, outlet, rider }),
      }),
    client,
    state,
    once: onceIn(attempt),
    grant: (scope) =>
      rider.permitted.has(scope)
        ? createClient(outlet, { ...caller, permitted: expandScopes([...rider.permitted, scope]) })
        : undefined,
    log,
    id: record.invocation,
    attempt: attempt.number,
    get signal() {
      return signal.signal;
    },
    lateMs: Math.max(0, Date.now() - (happenedAt(event) ?? Date.now())),
  };
}

function payloadOf(event: Event): Pick<HandlerInput, "notification" | "status" | "statusId" | "dueAt"> {
  switch (event.kind) {
    case "notification": {
      const { status } = event.notification;
      return { notification: event.notification, ...(status && { status }) };
    }
    case "status":
    case "edited":
      return { status: event.status };
    case "deleted":
      return { statusId: event.statusId };
    case "tick":
      return { dueAt: new Date(event.dueAt) };
  }
}

function onceIn({ keep, record, signal }: Attempt): HandlerInput["once"] {
  return async <T>(name: string, compute: () => T | Promise<T>): Promise<T> => {
    const known = record.value(name);
    if (known !== undefined) return known.value as T;
    const value = await compute();
    // What a handler left running computes after its end must not replace what the next attempt keeps.
    signal.throwIfOver();
    await keep(name, value);
    record.remember(name, value);
    return value;
  };
}
