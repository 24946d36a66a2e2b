import type { Outlet } from "../client/call.js";
import { InvocationRecord } from "../client/invocation-record.js";
import { Cursor } from "../events/cursor.js";
import { eventId, type Event, type ServerEvent } from "../events/event.js";
import { wantsNotifications } from "../events/subscriptions.js";
import type { Log } from "../plugin.js";
import type { DeliveryStore, DueRecord, Progress } from "./delivery-store.js";
import { dueOrder } from "./due-order.js";
import { handlerInput } from "./handler-input.js";
import { Lanes } from "./lanes.js";
import { outcomeOf, retryDelayMs, waitDelayMs, type Outcome } from "./outcome.js";
import { RiderState } from "./rider-state.js";
import type { Handler, Rider } from "./rider.js";

const sideBySide = 8;
const handlerDeadlineMs = 60_000;
/** Events that were seen on one stream and come again on another, or in a catch-up. */
const rememberedEvents = 5_000;
const longestSleepMs = 60 * 60 * 1_000;
const storeAgainMs = 5_000;
const idleRiderMs = 60_000;

/** What deliveries need of the account. */
export interface DeliveryOptions {
  readonly store: DeliveryStore;
  readonly outlet: Outlet;
  readonly riders: readonly Rider[];
  readonly signal: AbortSignal;
  readonly logFor: (rider: string) => Log;
  /** Called when counts have changed. */
  readonly onProgress: () => void;
}

/** Brings an account's events to its riders: in order per person, each to its end or onto the due list. */
export class Deliveries {
  readonly #options: DeliveryOptions;
  readonly #lanes = new Lanes(sideBySide);
  readonly #cursors = new Map<string, Cursor>();
  readonly #underWay = new Set<string>();
  readonly #seen = new Set<string>();
  #gaps = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
  }

  /** Takes up the riders' places; one without a place begins at `newest`. */
  async open(newest: () => Promise<string>): Promise<void> {
    const { riders, store } = this.#options;
    for (const rider of riders.filter(({ wanted }) => wantsNotifications(wanted))) {
      if (this.#cursors.has(rider.name)) continue;
      let position = await store.cursor(rider.name);
      if (position === undefined) {
        position = await newest();
        await store.setCursor(rider.name, position);
      }
      this.#cursors.set(rider.name, new Cursor(position));
    }
  }

  /** Where each rider stands: a catch-up begins at the earliest. */
  positions(): string[] {
    return [...this.#cursors.values()].map(({ position }) => position);
  }

  /** How often something may have been missed so far: a catch-up answers for the gaps before it began. */
  get gaps(): number {
    return this.#gaps;
  }

  /** Something may be missed from now on. */
  gap(): void {
    this.#gaps += 1;
    for (const cursor of this.#cursors.values()) cursor.hold();
  }

  /** All that was missed up to that gap has been offered. */
  async caughtUp(gap: number): Promise<void> {
    if (gap !== this.#gaps) return;
    for (const [rider, cursor] of this.#cursors) {
      const before = cursor.position;
      cursor.release();
      if (cursor.position !== before) await this.#options.store.setCursor(rider, cursor.position);
    }
  }

  /** An event from the server. The same one may come again. */
  offer(event: ServerEvent): void {
    if (event.kind !== "notification" && !this.#isNew(eventId(event))) return;
    for (const rider of this.#options.riders) {
      const handlers = rider.handlersFor(event);
      if (event.kind === "notification" && this.#cursors.get(rider.name)?.begin(event.notification.id) === false)
        continue;
      if (handlers.length === 0) {
        this.#passOver(rider, event);
        continue;
      }
      const invocation = `${rider.name}/${eventId(event)}`;
      this.#enqueue({ invocation, rider: rider.name, event, attempts: 0, waits: 0, notBefore: 0, reason: "" });
    }
  }

  /** Takes up what is due, now and when the next one will be. */
  async takeDue(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#options.signal.aborted) return;
    const { store } = this.#options;
    const now = Date.now();
    const { nextAt, ready, superseded } = dueOrder(await store.due(), this.#underWay, now);
    if (superseded.length > 0) await store.dropDue(superseded.map(({ invocation }) => invocation));
    for (const record of ready) this.#enqueue(record);
    if (nextAt !== undefined) {
      this.#timer = setTimeout(() => void this.#takeDueLater(), Math.min(nextAt - now, longestSleepMs));
    }
  }

  /** How many events of a rider wait or are being handled. */
  waiting(rider: string): number {
    return [...this.#underWay].filter((invocation) => invocation.startsWith(`${rider}/`)).length;
  }

  /** Resolves when no handler runs any more. */
  idle(): Promise<void> {
    return this.#lanes.idle();
  }

  async #takeDueLater(): Promise<void> {
    try {
      await this.takeDue();
    } catch (error) {
      this.#options.logFor("howdah").warn("the due list cannot be read", { err: error });
      this.#timer = setTimeout(() => void this.#takeDueLater(), 5_000);
    }
  }

  #isNew(id: string): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    if (this.#seen.size > rememberedEvents) for (const oldest of this.#seen) return this.#seen.delete(oldest);
    return true;
  }

  /** Nobody asked for this type: the place moves on all the same. */
  #passOver(rider: Rider, event: ServerEvent): void {
    if (event.kind === "notification") this.#cursors.get(rider.name)?.finish(event.notification.id);
  }

  #enqueue(record: DueRecord): void {
    if (this.#underWay.has(record.invocation)) return;
    this.#underWay.add(record.invocation);
    this.#lanes.run(`${record.rider}/${laneOf(record.event)}`, () => this.#deliver(record));
  }

  async #deliver(record: DueRecord): Promise<void> {
    let lookAgain = record.event.kind === "tick";
    try {
      lookAgain = (await this.#toItsEnd(record)) === "listed" || lookAgain;
    } catch (error) {
      this.#options.logFor(record.rider).error("the event could not be stored", { err: error });
      setTimeout(() => this.#enqueue(record), storeAgainMs).unref();
    } finally {
      this.#underWay.delete(record.invocation);
      this.#options.onProgress();
    }
    // It may be on the due list now, or have held back its clock's next tick.
    if (lookAgain) await this.#takeDueLater();
  }

  /** Handles it and stores how that ended. Nothing is stored once the account was let go: its next owner does it. */
  async #toItsEnd(record: DueRecord): Promise<"ended" | "listed"> {
    const { signal, store } = this.#options;
    if (signal.aborted) return "ended";
    if (await store.isAcknowledged(record.invocation)) {
      await store.passOver(this.#progressAfter(record));
      this.#finish(record);
      return "ended";
    }
    const state = new RiderState(store, record.rider);
    const outcome = await this.#attempt(record, state);
    if (signal.aborted && outcome.kind !== "done") return "ended";
    if (outcome.kind === "done") await store.acknowledge(this.#progressAfter(record), state.changes);
    else await this.#again(this.#progressAfter(record), record, outcome);
    this.#finish(record);
    return outcome.kind === "done" ? "ended" : "listed";
  }

  async #attempt(record: DueRecord, state: RiderState): Promise<Outcome> {
    const rider = this.#options.riders.find(({ name }) => name === record.rider);
    const handlers = rider?.handlersFor(record.event) ?? [];
    if (rider === undefined || handlers.length === 0) {
      return { kind: "wait", until: Date.now() + idleRiderMs, reason: "the rider is not running" };
    }
    return this.#run(rider, handlers, record, state);
  }

  async #run(rider: Rider, handlers: readonly Handler[], record: DueRecord, state: RiderState): Promise<Outcome> {
    const { logFor, outlet } = this.#options;
    const log = logFor(rider.name);
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, ending.signal]);
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`the handler took over ${handlerDeadlineMs / 1_000} s`)),
        handlerDeadlineMs,
      );
      signal.addEventListener("abort", () => reject(new Error("the account was let go")), { once: true });
    });
    deadline.catch(() => undefined);
    try {
      const trace = await outlet.ledger.trace(record.invocation);
      const input = handlerInput({
        rider,
        event: record.event,
        number: record.attempts + 1,
        record: new InvocationRecord(record.invocation, trace),
        outlet,
        state,
        log,
        signal,
        deadline: Date.now() + handlerDeadlineMs,
        keep: (name, value) => outlet.ledger.keep(record.invocation, name, value),
      });
      for (const handler of handlers) await Promise.race([handler.run(input), deadline]);
      return { kind: "done" };
    } catch (error) {
      return outcomeOf(error);
    } finally {
      clearTimeout(timer);
      // What the handler left running must not write any more: the attempt is over.
      ending.abort();
    }
  }

  async #again(progress: Progress, record: DueRecord, outcome: Exclude<Outcome, { kind: "done" }>): Promise<void> {
    const { logFor, store } = this.#options;
    const log = logFor(record.rider);
    const { reason } = outcome;
    if (outcome.kind === "wait") {
      const notBefore = outcome.until ?? Date.now() + waitDelayMs(record.waits);
      log.info("an event waits", { event: record.invocation, reason, until: new Date(notBefore).toISOString() });
      return store.postpone(progress, { ...record, waits: record.waits + 1, notBefore, reason });
    }
    const attempts = record.attempts + 1;
    const delayMs = retryDelayMs(attempts);
    log.error("a handler failed", { event: record.invocation, attempt: attempts, err: outcome.error });
    if (delayMs === undefined) return store.giveUp(progress, { ...record, attempts, reason });
    const notBefore = Date.now() + delayMs;
    return store.postpone(progress, { ...record, attempts, waits: 0, notBefore, reason });
  }

  #progressAfter({ event, invocation, rider }: DueRecord): Progress {
    const cursor = event.kind === "notification" ? this.#cursors.get(rider)?.after(event.notification.id) : undefined;
    return { invocation, rider, cursor };
  }

  #finish({ event, rider }: DueRecord): void {
    if (event.kind === "notification") this.#cursors.get(rider)?.finish(event.notification.id);
  }
}

/** Events of one person are handled in order, ticks of one clock too. */
function laneOf(event: Event): string {
  switch (event.kind) {
    case "notification":
      return event.notification.account.id;
    case "status":
    case "edited":
      return event.status.account.id;
    case "deleted":
      return event.statusId;
    case "tick":
      return event.name;
  }
}
