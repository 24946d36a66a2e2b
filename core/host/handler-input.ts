import type { Caller, Outlet } from "../client/call.js";
import type { Client } from "../client/client.js";
import { createClient } from "../client/create-client.js";
import { InvocationRecord } from "../client/invocation-record.js";
import type { InvocationTrace } from "../client/ledger.js";
import { happenedAt, type Event } from "../events/event.js";
import type { Status } from "../mastodon/entities.js";
import type { Notification } from "../mastodon/notification-entities.js";
import { expandScopes, type Scope } from "../mastodon/scopes.js";
import type { Invocation, Log, Reply, State } from "../plugin.js";
import type { AttemptSignal } from "./attempt-signal.js";
import { replyTo } from "./reply.js";

/** What one attempt works with. */
export interface Attempt {
  readonly rider: {
    readonly name: string;
    readonly permitted: ReadonlySet<string>;
    readonly repliesPerThread?: number | undefined;
  };
  readonly event: Event;
  readonly invocation: string;
  /** From 1. */
  readonly number: number;
  /** What earlier attempts left. */
  readonly trace: InvocationTrace;
  readonly outlet: Outlet;
  readonly state: State;
  readonly log: Log;
  readonly signal: AttemptSignal;
  readonly deadline: number;
}

/** Everything that any handler might be given. */
export interface HandlerInput extends Invocation<Scope, Scope> {
  readonly event: Event;
  readonly notification?: Notification;
  readonly status?: Status;
  readonly statusId?: string;
  readonly dueAt?: Date;
  readonly reply?: Reply;
}

/** Makes what the handlers of one attempt receive. */
export function handlerInput(attempt: Attempt): HandlerInput {
  return new Input(attempt);
}

/**
 * Each event makes one, so what costs something is made when it is asked for. All of it is the object's own: a handler
 * may spread it.
 */
class Input implements HandlerInput {
  /** One getter for all of them: with one each, they would be slow objects. */
  static readonly #lazySignal = {
    enumerable: true,
    get(this: Input): AbortSignal {
      return this.#signal.signal;
    },
  };

  readonly event: Event;
  declare notification?: Notification;
  declare status?: Status;
  declare statusId?: string;
  declare dueAt?: Date;
  declare reply?: Reply;
  readonly client: Client<Scope>;
  readonly state: State;
  readonly once: HandlerInput["once"];
  readonly grant: HandlerInput["grant"];
  readonly log: Log;
  readonly id: string;
  readonly attempt: number;
  readonly lateMs: number;
  declare readonly signal: AbortSignal;
  readonly #signal: AttemptSignal;

  constructor(attempt: Attempt) {
    const { event, invocation, log, outlet, rider, signal, state } = attempt;
    const caller = new HandlerCaller(attempt);
    this.event = event;
    this.#take(event);
    this.client = createClient<Scope>(outlet, caller);
    this.state = state;
    this.once = (name, compute) => once(attempt, caller.record, name, compute);
    this.grant = (scope) =>
      rider.permitted.has(scope)
        ? createClient(outlet, caller.with(expandScopes([...rider.permitted, scope])))
        : undefined;
    this.log = log;
    this.id = invocation;
    this.attempt = attempt.number;
    const now = Date.now();
    this.lateMs = Math.max(0, now - (happenedAt(event) ?? now));
    this.#signal = signal;
    Object.defineProperty(this, "signal", Input.#lazySignal);
    if (event.kind === "notification" && event.notification.status) {
      const { client } = this;
      this.reply = replyTo(event.notification.status, { client, invocation, log, outlet, rider });
    }
  }

  /** What the event brought, under its own name. */
  #take(event: Event): void {
    switch (event.kind) {
      case "notification":
        this.notification = event.notification;
        if (event.notification.status) this.status = event.notification.status;
        break;
      case "status":
      case "edited":
        this.status = event.status;
        break;
      case "deleted":
        this.statusId = event.statusId;
        break;
      case "tick":
        this.dueAt = new Date(event.dueAt);
        break;
    }
  }
}

/** On whose behalf a handler's clients call. Their record is made for the first write. */
class HandlerCaller implements Caller {
  readonly rider: string;
  readonly permitted: ReadonlySet<string>;
  readonly deadline: number;
  /** Somebody mentioned the account, or followed it: that comes before what clocks and timelines bring. */
  readonly isUrgent: boolean;
  readonly #attempt: Attempt;
  #record: InvocationRecord | undefined;

  constructor(attempt: Attempt) {
    this.rider = attempt.rider.name;
    this.permitted = attempt.rider.permitted;
    this.deadline = attempt.deadline;
    this.isUrgent = attempt.event.kind === "notification";
    this.#attempt = attempt;
  }

  get record(): InvocationRecord {
    return (this.#record ??= new InvocationRecord(this.#attempt.invocation, this.#attempt.trace));
  }

  get signal(): AbortSignal {
    return this.#attempt.signal.signal;
  }

  /** The same caller with other scopes. */
  with(permitted: ReadonlySet<string>): Caller {
    const { deadline, isUrgent, record, rider, signal } = this;
    return { rider, permitted, deadline, isUrgent, record, signal };
  }
}

/** What was computed in this attempt or an earlier one; else computes it and keeps it. */
async function once<T>(
  { invocation, outlet, signal }: Attempt,
  record: InvocationRecord,
  name: string,
  compute: () => T | Promise<T>,
): Promise<T> {
  const known = record.value(name);
  if (known !== undefined) return known.value as T;
  const value = await compute();
  // What a handler left running computes after its end must not replace what the next attempt keeps.
  signal.throwIfOver();
  await outlet.ledger.keep(invocation, name, value);
  record.remember(name, value);
  return value;
}
