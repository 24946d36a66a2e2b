import type { AuditLine } from "../client/audit.js";
import type { Outlet } from "../client/call.js";
import { eventId, happenedAt, type Event, type ServerEvent } from "../events/event.js";
import { oneAtATime } from "../events/one-at-a-time.js";
import { isStale } from "../events/stale.js";
import type { Tenure } from "../jobs/ownership.js";
import type { Log } from "../plugin.js";
import { attempt } from "./attempt.js";
import type { DeliveryStore, DueRecord, Progress } from "./delivery-store.js";
import { dueOrder } from "./due-order.js";
import { Lanes } from "./lanes.js";
import { retryDelayMs, waitDelayMs, type Outcome } from "./outcome.js";
import { Places } from "./places.js";
import { RiderState } from "./rider-state.js";
import type { Handler, Rider } from "./rider.js";
import { isoTime } from "./status.js";

const sideBySide = 8;
/** Edits and deletions that were seen on one stream and come again on another. */
const rememberedEvents = 500;
/** Whoever puts something on the due list says so, but that can get lost. */
const lookAgainMs = 60_000;
const readAgainMs = 5_000;

/** How long things take. */
export interface DeliveryTiming {
  readonly handlerDeadlineMs: number;
  /** After so many failed attempts (from 1); undefined: never again. */
  readonly retryDelayMs: (failedAttempts: number) => number | undefined;
  /** After so many waits in a row (from 0). */
  readonly waitDelayMs: (waits: number) => number;
  /** Until an event whose end could not be stored is taken up again. */
  readonly storeAgainMs: number;
}

const usualTiming: DeliveryTiming = { handlerDeadlineMs: 60_000, retryDelayMs, waitDelayMs, storeAgainMs: 5_000 };

/** What deliveries need of the account. */
export interface DeliveryOptions {
  readonly store: DeliveryStore;
  readonly outlet: Outlet;
  readonly riders: readonly Rider[];
  readonly tenure: Tenure;
  readonly logFor: (rider: string) => Log;
  /** Called when counts have changed. */
  readonly onProgress: () => void;
  readonly timing?: Partial<DeliveryTiming>;
}

/** An event on its way to a rider. */
interface Delivery {
  readonly record: DueRecord;
  /** Whether it was taken from the due list. */
  readonly isListed: boolean;
}

/** Brings an account's events to its riders: in order per person, each to its end or onto the due list. */
export class Deliveries {
  /** How far the riders have come. */
  readonly places: Places;
  readonly #options: DeliveryOptions;
  readonly #timing: DeliveryTiming;
  readonly #lanes = new Lanes(sideBySide);
  readonly #underWay = new Set<string>();
  /** Why invocations are on the due list, as it was last read. */
  readonly #reasons = new Map<string, string>();
  readonly #seen = new Set<string>();
  /** Takes up what is due, now and when the next one will be. */
  readonly takeDue = oneAtATime(() => this.#readDue());
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DeliveryOptions) {
    this.places = new Places(options);
    this.#options = options;
    this.#timing = { ...usualTiming, ...options.timing };
    options.tenure.signal.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
  }

  /** The riders that are at work. */
  running(): Rider[] {
    return this.#options.riders.filter(({ standing }) => standing.state === "running");
  }

  /** Writes a line of the account's audit. */
  async audit(line: AuditLine): Promise<void> {
    await this.#options.store.audit(line, this.#options.tenure.epoch);
  }

  /** An event from the server, for all riders or for one. The same one may come again. */
  offer(event: ServerEvent, only?: string): void {
    // Places know notifications and posts; of edits and deletions there is nothing but this.
    if ((event.kind === "edited" || event.kind === "deleted") && !this.#isNew(eventId(event))) return;
    // A rider that is not running keeps its place: what it misses is read again once it runs.
    for (const rider of this.running().filter(({ name }) => only === undefined || name === only)) {
      const isWanted = rider.handlersFor(event).length > 0;
      if (!isWanted && event.kind !== "notification") continue;
      if (!this.places.begin(rider.name, event)) continue;
      if (!isWanted) {
        // Nobody asked for this type: the place moves on all the same.
        this.places.finish(rider.name, event);
        continue;
      }
      const invocation = `${rider.name}/${eventId(event)}`;
      const record = { invocation, rider: rider.name, event, attempts: 0, waits: 0, notBefore: 0, reason: "" };
      this.#enqueue({ record, isListed: false });
    }
  }

  /** How many events of a rider wait or are being handled. */
  async waiting(rider: string): Promise<number> {
    const invocations = new Set([...(await this.#options.store.dueInvocations()), ...this.#underWay]);
    return [...invocations].filter((invocation) => invocation.startsWith(`${rider}/`)).length;
  }

  /** Why events of a rider wait for another attempt; empty where none does. */
  reason(rider: string): string {
    return [...this.#reasons].findLast(([invocation]) => invocation.startsWith(`${rider}/`))?.[1] ?? "";
  }

  /** Resolves when no handler runs any more. */
  idle(): Promise<void> {
    return this.#lanes.idle();
  }

  async #readDue(): Promise<void> {
    const { outlet, store, tenure } = this.#options;
    clearTimeout(this.#timer);
    if (tenure.signal.aborted) return;
    const records = await store.due();
    const ticks = records.filter(({ event }) => event.kind === "tick");
    const traced = await outlet.ledger.traced(ticks.map(({ invocation }) => invocation));
    if (tenure.signal.aborted) return;
    this.#reasons.clear();
    for (const { invocation, reason } of records) if (reason !== "") this.#reasons.set(invocation, reason);
    const now = Date.now();
    const { nextAt = Infinity, ready, superseded } = dueOrder(records, this.#underWay, traced, now);
    const running = new Set(this.running().map(({ name }) => name));
    for (const record of ready) if (running.has(record.rider)) this.#enqueue({ record, isListed: true });
    this.#readDueIn(Math.min(nextAt - now, lookAgainMs));
    this.#options.onProgress();
    if (superseded.length > 0) await store.dropDue(superseded.map(({ invocation }) => invocation));
  }

  #readDueIn(delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#options.tenure.signal.aborted) return;
    this.#timer = setTimeout(() => void this.#takeDueLater(), delayMs);
  }

  async #takeDueLater(): Promise<void> {
    try {
      await this.takeDue();
    } catch (error) {
      this.#options.logFor("howdah").warn("the due list cannot be read", { err: error });
      this.#readDueIn(readAgainMs);
    }
  }

  #isNew(id: string): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    if (this.#seen.size > rememberedEvents) for (const oldest of this.#seen) return this.#seen.delete(oldest);
    return true;
  }

  #enqueue(delivery: Delivery): void {
    const { event, invocation, rider } = delivery.record;
    if (this.#underWay.has(invocation)) return;
    this.#underWay.add(invocation);
    this.#lanes.run(`${rider}/${laneOf(event)}`, () => this.#deliver(delivery));
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { event, invocation, rider } = delivery.record;
    let lookAgain = event.kind === "tick";
    try {
      lookAgain = (await this.#toItsEnd(delivery)) === "listed" || lookAgain;
    } catch (error) {
      this.#options.logFor(rider).error("the event could not be stored", { err: error });
      setTimeout(() => this.#enqueue(delivery), this.#timing.storeAgainMs).unref();
    } finally {
      this.#underWay.delete(invocation);
      this.#options.onProgress();
    }
    // It may be on the due list now, or have held back its clock's next tick.
    if (lookAgain) await this.#takeDueLater();
  }

  /** Handles it and stores how that ended. What is not stored once the account is let go is for its next owner. */
  async #toItsEnd({ isListed, record }: Delivery): Promise<"ended" | "listed"> {
    const { store, tenure } = this.#options;
    if (tenure.signal.aborted) return this.#leave(record);
    const where = await store.whereabouts(this.places.progressAfter(record));
    if (where !== (isListed ? "due" : "new")) return this.#settled(record, where);
    if (await this.#isTooLate(record)) return this.#skip(record);
    const rider = this.running().find(({ name }) => name === record.rider);
    const handlers = rider?.handlersFor(record.event) ?? [];
    // The plugin does not ask for it any more.
    if (rider !== undefined && handlers.length === 0) return this.#settled(record, "new");
    const state = new RiderState(store, record.rider);
    const outcome = rider === undefined ? notRunning : await this.#attempt(rider, handlers, record, state);
    if (tenure.signal.aborted && outcome.kind !== "done") return this.#leave(record);
    const progress = this.places.progressAfter(record);
    const isStored =
      outcome.kind === "done"
        ? await store.acknowledge(progress, state.changes)
        : await this.#again(progress, record, outcome);
    if (!isStored) return this.#leave(record);
    this.places.finish(record.rider, record.event);
    if (outcome.kind === "done") this.#reasons.delete(record.invocation);
    return outcome.kind === "done" ? "ended" : "listed";
  }

  /** What has begun is brought to its end, however late: half of it stands on the server. */
  async #isTooLate({ attempts, event, invocation, rider: name }: DueRecord): Promise<boolean> {
    const { outlet, riders } = this.#options;
    const rider = riders.find((each) => each.name === name);
    if (attempts > 0 || !isStale(event, rider?.entry.staleAfterMs, Date.now())) return false;
    return (await outlet.ledger.traced([invocation])).size === 0;
  }

  async #skip(record: DueRecord): Promise<"ended"> {
    const { invocation, rider, event } = record;
    const reason = `it happened at ${isoTime(happenedAt(event))}, which is too long ago`;
    this.#options.logFor(rider).info("an event is skipped", { event: invocation, reason });
    if (!(await this.#options.store.skip(this.places.progressAfter(record), reason))) return this.#leave(record);
    this.places.finish(rider, event);
    this.#reasons.delete(invocation);
    return "ended";
  }

  /** It came to its end before, or is on the due list already: only its place is stored. */
  async #settled(record: DueRecord, where: string): Promise<"ended" | "listed"> {
    const { store } = this.#options;
    const isDue = where === "due";
    const progress = this.places.progressAfter(record);
    if (await (isDue ? store.setCursor(progress) : store.passOver(progress)))
      this.places.finish(record.rider, record.event);
    return isDue ? "listed" : "ended";
  }

  /** The next owner's catch-up brings notifications and posts; what nobody would read again waits on the due list. */
  async #leave(record: DueRecord): Promise<"ended"> {
    if (!this.places.isReadAgain(record.rider, record.event)) await this.#options.store.putDue(record);
    return "ended";
  }

  #attempt(rider: Rider, handlers: readonly Handler[], record: DueRecord, state: RiderState): Promise<Outcome> {
    const { logFor, outlet, tenure } = this.#options;
    return attempt({
      rider,
      handlers,
      record,
      state,
      outlet,
      log: logFor(rider.name),
      letGo: tenure.signal,
      limitMs: this.#timing.handlerDeadlineMs,
    });
  }

  async #again(progress: Progress, record: DueRecord, outcome: Exclude<Outcome, { kind: "done" }>): Promise<boolean> {
    const { logFor, store } = this.#options;
    const log = logFor(record.rider);
    const { reason } = outcome;
    if (outcome.kind === "wait") {
      const notBefore = outcome.until ?? Date.now() + this.#timing.waitDelayMs(record.waits);
      log.info("an event waits", { event: record.invocation, reason, until: new Date(notBefore).toISOString() });
      return store.postpone(progress, { ...record, waits: record.waits + 1, notBefore, reason });
    }
    const attempts = record.attempts + 1;
    const delayMs = this.#timing.retryDelayMs(attempts);
    log.error("a handler failed", { event: record.invocation, attempt: attempts, err: outcome.error });
    if (delayMs === undefined) return store.giveUp(progress, { ...record, attempts, reason });
    const notBefore = Date.now() + delayMs;
    return store.postpone(progress, { ...record, attempts, waits: 0, notBefore, reason });
  }
}

/** It is taken up as soon as its rider runs. */
const notRunning: Outcome = { kind: "wait", until: 0, reason: "the rider is not running" };

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
