import { setTimeout as sleep } from "node:timers/promises";
import type { AuditLine } from "../client/audit.js";
import type { Outlet } from "../client/call.js";
import { eventId, happenedAt, kindOf, type ServerEvent } from "../events/event.js";
import { RecentKeys } from "../events/recent.js";
import type { Tenure } from "../jobs/ownership.js";
import type { Log } from "../plugin.js";
import { attempt, firstAttempt } from "./attempt.js";
import type { Brake } from "./brake.js";
import type { Broken } from "./breaker.js";
import { Breakers } from "./breakers.js";
import { comeAgain, comeLater } from "./come-again.js";
import type { CrashWatch } from "./crash-watch.js";
import type { DeliveryStore, DueRecord } from "./delivery-store.js";
import { usualTiming, type DeliveryTiming } from "./delivery-timing.js";
import { DueList } from "./due-list.js";
import { Endings } from "./endings.js";
import type { Ending } from "./gathering.js";
import { HeldLanes } from "./held-lanes.js";
import { LaneKeys } from "./lane-keys.js";
import { Lanes } from "./lanes.js";
import { isLate } from "./late.js";
import type { Outcome } from "./outcome.js";
import { Places } from "./places.js";
import { RiderState } from "./rider-state.js";
import type { Handler, Rider } from "./rider.js";
import { isoTime } from "./status.js";
import { TimeLimits } from "./time-limits.js";

const sideBySide = 8;
/** Edits and deletions that were seen on one stream and come again on another. */
const rememberedEvents = 500;
/** So long, after a pause, the next account of the server waits for what this one has to catch up with. */
const goOnPatienceMs = 2_000;

const pausedReason = "the account is paused";

/** What deliveries need of the account. */
export interface DeliveryOptions {
  readonly store: DeliveryStore;
  readonly outlet: Outlet;
  /** While it is on, nothing is begun. */
  readonly brake: Brake;
  readonly riders: readonly Rider[];
  readonly tenure: Tenure;
  /** Aborts when handlers that still run have to end: some time after the tenure has. Without it: with the tenure. */
  readonly over?: AbortSignal;
  /** Finds out which handler takes the process down. Without it, nobody does. */
  readonly crashes?: CrashWatch;
  readonly logFor: (rider: string) => Log;
  /** Called when counts have changed. */
  readonly onProgress: () => void;
  readonly timing?: Partial<DeliveryTiming>;
}

/** An event on its way to a rider. */
interface Delivery {
  readonly record: DueRecord;
  /** `live`: from a stream, at this moment, so nobody can have begun with it before. `list`: the due list. */
  readonly from: "live" | "read" | "list";
}

/** Brings an account's events to its riders: in order per conversation, each to its end or onto the due list. */
export class Deliveries {
  /** How far the riders have come. */
  readonly places: Places;
  readonly #options: DeliveryOptions;
  readonly #timing: DeliveryTiming;
  readonly #lanes = new Lanes(sideBySide);
  readonly #laneKeys = new LaneKeys();
  readonly #held = new HeldLanes();
  readonly #breakers: Breakers;
  readonly #underWay = new Set<string>();
  readonly #seen = new RecentKeys(rememberedEvents);
  readonly #limits: TimeLimits;
  readonly #endings: Endings;
  readonly #due: DueList;

  constructor(options: DeliveryOptions) {
    const { brake, logFor, outlet, riders, store, tenure } = options;
    this.#options = options;
    this.#timing = { ...usualTiming, ...options.timing };
    this.#limits = new TimeLimits(options.over ?? tenure.signal);
    const names = riders.map(({ name }) => name);
    this.#breakers = new Breakers(names, (rider, broken) => this.#stoppedOrGoesOn(rider, broken));
    this.places = new Places({ store, riders, save: (names, timeline) => this.#endings.place(names, timeline) });
    this.#endings = new Endings({
      store,
      epoch: tenure.epoch,
      signal: tenure.signal,
      places: this.places,
      isReadAgain: ({ event, rider }) => this.places.isReadAgain(rider, event),
      gatherMs: this.#timing.gatherMs,
      storeAgainMs: this.#timing.storeAgainMs,
      onRefused: async (records) => {
        for (const record of records) await store.putDue(record);
      },
      onError: (error) => logFor("howdah").error("how events ended could not be stored", { err: error }),
    });
    this.#due = new DueList({
      store,
      ledger: outlet.ledger,
      signal: tenure.signal,
      log: () => logFor("howdah"),
      onReading: () => this.#beginReading(),
      situation: () => ({
        underWay: this.#underWay,
        countsAll: (rider, clock) => this.#clock(rider, clock)?.missed === "all",
        restsUntil: (rider) => this.broken(rider)?.until,
        strictLanes: (record) => this.#strictLanes(record),
      }),
      onRead: (records, broken) => this.#haveRead(records, broken),
      onReady: (record) => {
        if (!brake.isOn && this.#running(record.rider) !== undefined) this.#enqueue({ record, from: "list" });
      },
    });
    brake.whenReleased(() => this.#goOn());
  }

  /** The riders that are at work. */
  running(): Rider[] {
    return this.#options.riders.filter(({ standing }) => standing.state === "running");
  }

  /** Writes a line of the account's audit. */
  audit(line: AuditLine): void {
    this.#endings.audit(line);
  }

  /** An event that a stream brought at this moment. The same one may come again. */
  hear(event: ServerEvent): void {
    this.#bring(event, "live", this.running());
  }

  /** An event that was read from the server, for all riders or for one. The same one may come again. */
  offer(event: ServerEvent, only?: string): void {
    const riders = this.running().filter(({ name }) => only === undefined || name === only);
    this.#bring(event, "read", riders);
  }

  /** Takes up what is due, now and when the next one will be. */
  async takeDue(): Promise<void> {
    await this.#due.take();
  }

  /** How many events of a rider wait or are being handled. */
  async waiting(rider: string): Promise<number> {
    const invocations = new Set([...(await this.#options.store.dueInvocations()), ...this.#underWay]);
    return [...invocations].filter((invocation) => invocation.startsWith(`${rider}/`)).length;
  }

  /** Why events of a rider wait, or would; empty where none does. */
  reason(rider: string): string {
    return this.#options.brake.isOn ? pausedReason : this.#due.reason(rider);
  }

  /** Why a rider was stopped; undefined: it was not. */
  broken(rider: string): Broken | undefined {
    return this.#breakers.broken(rider);
  }

  /** Resolves when no handler runs any more and how they ended is stored. */
  async idle(): Promise<void> {
    await this.#lanes.idle();
    await this.#endings.flush();
  }

  /** After a pause: what waited comes, and for a while the accounts that come next wait for it. */
  async #goOn(): Promise<void> {
    this.#lanes.narrow();
    await this.#due.take();
    const patience = new AbortController();
    const impatient = sleep(goOnPatienceMs, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([this.#lanes.idle(), impatient]);
    patience.abort();
  }

  async #beginReading(): Promise<void> {
    await this.#endings.flush();
    this.#held.beginReading();
    this.#breakers.beginReading();
  }

  #haveRead(records: readonly DueRecord[], broken: ReadonlyMap<string, Broken>): void {
    this.#breakers.adopt(broken);
    this.#held.haveRead(records, (record) => this.#strictLanes(record));
    this.#options.onProgress();
  }

  #running(name: string): Rider | undefined {
    return this.#options.riders.find((rider) => rider.name === name && rider.standing.state === "running");
  }

  #clock(rider: string, name: string) {
    return this.#running(rider)?.clocks.find((clock) => clock.name === name);
  }

  #strictLanes({ event, rider }: DueRecord): readonly string[] {
    const isStrict = this.#options.riders.find(({ name }) => name === rider)?.entry.order === "strict";
    return isStrict ? this.#laneKeys.of(event) : [];
  }

  /** A rider that is not running keeps its place: what it misses is read again once it runs. */
  #bring(event: ServerEvent, from: Delivery["from"], riders: readonly Rider[]): void {
    const id = eventId(event);
    // Places know notifications and posts; of edits and deletions there is nothing but this.
    if ((event.kind === "edited" || event.kind === "deleted") && !this.#isNew(id)) return;
    for (const rider of riders) {
      const isWanted = rider.wants(event);
      if ((!isWanted && event.kind !== "notification") || !this.places.begin(rider.name, event)) continue;
      if (!isWanted) {
        // Nobody asked for this type: the place moves on all the same.
        this.places.finish(rider.name, event);
        continue;
      }
      const record = {
        invocation: `${rider.name}/${id}`,
        rider: rider.name,
        event,
        attempts: 0,
        waits: 0,
        notBefore: 0,
        reason: "",
        since: Date.now(),
      };
      this.#enqueue({ record, from });
    }
  }

  #isNew(id: string): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    return true;
  }

  #enqueue(delivery: Delivery): void {
    const { event, invocation, rider } = delivery.record;
    if (this.#underWay.size > 0 && this.#underWay.has(invocation)) return;
    this.#laneKeys.remember(event);
    const lanes = () => this.#laneKeys.of(event).map((lane) => `${rider}/${lane}`);
    const isUnderWay = this.#lanes.run(lanes, () => this.#deliver(delivery));
    if (isUnderWay) this.#underWay.add(invocation);
  }

  /** Undefined: it has ended already. */
  #deliver(delivery: Delivery): Promise<void> | undefined {
    if (!this.#isPlain(delivery)) return this.#see(delivery, this.#toItsEnd(delivery));
    const { record } = delivery;
    const rider = this.#running(record.rider);
    const handlers = rider?.handlersFor(record.event) ?? [];
    if (rider === undefined || handlers.length === 0) return this.#see(delivery, this.#toItsEnd(delivery));
    const state = new RiderState(this.#endings, record.rider);
    const outcome = firstAttempt(this.#attempting(rider, handlers, record, state));
    if (outcome instanceof Promise || outcome.kind !== "done") {
      return this.#see(delivery, this.#conclude(delivery, outcome, state));
    }
    this.#breakers.count(record.rider, outcome);
    // It was on no list, so that its end needs nothing stored first.
    void this.#end(delivery, { how: "done", record, changes: state.changes });
    this.#over(delivery);
    return undefined;
  }

  /** Whether nothing has to be asked or stored before the handlers get it: so it is for nearly all that streams bring. */
  #isPlain({ from, record: { attempts, event, invocation, rider } }: Delivery): boolean {
    const { brake, crashes, tenure } = this.#options;
    return (
      from === "live" &&
      attempts === 0 &&
      this.#endings.hasRoom &&
      this.#held.isEmpty &&
      this.broken(rider) === undefined &&
      crashes?.isSuspected(rider, invocation) !== true &&
      !brake.isOn &&
      !tenure.signal.aborted &&
      !this.#isLate(rider, event)
    );
  }

  async #see(delivery: Delivery, ending: Promise<"ended" | "listed">): Promise<void> {
    const { event, rider } = delivery.record;
    let lookAgain = event.kind === "tick";
    try {
      lookAgain = (await ending) === "listed" || lookAgain;
    } catch (error) {
      this.#options.logFor(rider).error("the event could not be handled at the moment", { err: error });
      setTimeout(() => this.#enqueue(delivery), this.#timing.storeAgainMs).unref();
    } finally {
      this.#over(delivery);
    }
    // It may be on the due list now, or have held back what comes after it.
    if (lookAgain && !this.#options.brake.isOn) await this.#due.takeSafely();
  }

  #over({ record }: Delivery): void {
    if (this.#underWay.size > 0) this.#underWay.delete(record.invocation);
    this.#options.onProgress();
  }

  /** Handles it and stores how that ended. What is not stored once the account is let go is for its next owner. */
  async #toItsEnd(delivery: Delivery): Promise<"ended" | "listed"> {
    const { from, record } = delivery;
    const { store, tenure } = this.#options;
    if (!this.#endings.hasRoom) await this.#endings.flush();
    if (tenure.signal.aborted) return this.#leave(record);
    // Somebody may have dropped it since the list was read.
    if (from === "list" && !(await store.isDue(record.invocation))) return "ended";
    if (await this.#isTooLate(record)) return this.#skip(delivery);
    const rider = this.#running(record.rider);
    const handlers = rider?.handlersFor(record.event) ?? [];
    // The plugin does not ask for it any more.
    if (rider !== undefined && handlers.length === 0) return this.#end(delivery, { how: "passed over", record });
    if (rider === undefined) return this.#end(delivery, comeLater(record, 0, "the rider is not running"));
    const held = this.#heldBack(delivery);
    if (held !== undefined) return this.#end(delivery, { how: "postponed", record: { ...record, ...held } });
    const state = new RiderState(this.#endings, record.rider);
    const attempting = this.#attempting(rider, handlers, record, state);
    const isFirst = from === "live" && record.attempts === 0;
    const handling = async () => (isFirst ? firstAttempt(attempting) : attempt(attempting));
    const { crashes } = this.#options;
    const outcome = crashes === undefined ? handling() : crashes.alone(rider.name, record.invocation, handling);
    return this.#conclude(delivery, outcome, state);
  }

  async #conclude(
    delivery: Delivery,
    coming: Outcome | Promise<Outcome>,
    state: RiderState,
  ): Promise<"ended" | "listed"> {
    const { record } = delivery;
    const outcome = await coming;
    // Whoever is told that the account is paused finds out, so that nothing else is begun.
    if (outcome.kind === "wait" && outcome.isPaused === true) await this.#options.brake.look();
    if (this.#options.tenure.signal.aborted && outcome.kind !== "done") return this.#leave(record);
    this.#breakers.count(record.rider, outcome);
    if (outcome.kind === "done") return this.#end(delivery, { how: "done", record, changes: state.changes });
    const told = { log: this.#options.logFor(record.rider), timing: this.#timing };
    return this.#end(delivery, comeAgain(record, outcome, told));
  }

  /** What has begun is brought to its end, however late: half of it stands on the server. */
  async #isTooLate({ attempts, event, invocation, rider }: DueRecord): Promise<boolean> {
    if (attempts > 0 || !this.#isLate(rider, event)) return false;
    return (await this.#options.outlet.ledger.traced([invocation])).size === 0;
  }

  #isLate(name: string, event: DueRecord["event"]): boolean {
    return isLate(
      this.#options.riders.find((rider) => rider.name === name),
      event,
      Date.now(),
    );
  }

  #skip(delivery: Delivery): "ended" | Promise<"ended" | "listed"> {
    const { record } = delivery;
    const { event, invocation, rider } = record;
    const reason = `it happened at ${isoTime(happenedAt(event))}, which is too long ago`;
    this.#options.logFor(rider).info("an event is skipped", { event: invocation, reason });
    return this.#end(delivery, { how: "skipped", record, reason });
  }

  /** Why an event has to stay in line: a pause, a stopped rider, or an earlier one of a strict rider that waits. */
  #heldBack({ from, record }: Delivery): Pick<DueRecord, "held" | "reason"> | undefined {
    if (this.#options.brake.isOn) return { held: "paused", reason: pausedReason };
    if (from !== "list" && this.#held.isHeld(record, this.#strictLanes(record))) {
      return { held: "behind", reason: "an earlier event of the conversation waits" };
    }
    if (this.#breakers.admit(record.rider)) return undefined;
    return { held: "stopped", reason: "the rider is stopped" };
  }

  #end(delivery: Delivery, ending: Ending): "ended" | Promise<"ended" | "listed"> {
    const { record } = ending;
    this.places.finish(record.rider, record.event);
    if (ending.how === "postponed") this.#held.hold(record, this.#strictLanes(record));
    else this.#held.free(record.invocation);
    if (delivery.from === "list" || ending.how !== "done") return this.#storeEnd(delivery, ending);
    this.#endings.add(ending);
    return "ended";
  }

  /** What has to be stored before anything else goes on is waited for: the due list, and what came from it. */
  async #storeEnd({ from }: Delivery, ending: Ending): Promise<"ended" | "listed"> {
    const { record } = ending;
    await this.#endings.addNow(ending, from === "list");
    if (ending.how === "postponed") return "listed";
    this.#due.forget(record.invocation);
    // What waited behind it comes next.
    return this.#strictLanes(record).length > 0 ? "listed" : "ended";
  }

  /** The next owner's catch-up brings notifications and posts; what nobody would read again waits on the due list. */
  async #leave(record: DueRecord): Promise<"ended"> {
    if (!this.places.isReadAgain(record.rider, record.event)) await this.#options.store.putDue(record);
    return "ended";
  }

  #attempting(rider: Rider, handlers: readonly Handler[], record: DueRecord, state: RiderState) {
    const { crashes, logFor, outlet, over, tenure } = this.#options;
    const { event, invocation } = record;
    return {
      rider,
      handlers,
      record,
      state,
      outlet,
      log: logFor(rider.name),
      over: over ?? tenure.signal,
      limits: this.#limits,
      limitMs: rider.entry.deadlineMs ?? this.#timing.handlerDeadlineMs,
      watch: crashes && (<T>(work: () => T) => crashes.watch(rider.name, kindOf(event), invocation, work)),
    };
  }

  #stoppedOrGoesOn(rider: string, broken: Broken | undefined): void {
    this.#endings.break(rider, broken);
    const log = this.#options.logFor(rider);
    if (broken === undefined) {
      log.info("the rider goes on");
      void this.#endings.flush().then(() => this.#due.takeSafely());
    } else {
      log.error(`the rider is stopped: ${broken.reason}`, { until: new Date(broken.until).toISOString() });
    }
  }
}
