import { setTimeout as sleep } from "node:timers/promises";
import type { AuditLine } from "../client/audit.js";
import type { TimelineName } from "../events/event.js";
import type { Broken } from "./breaker.js";
import type { DeliveryStore, DueRecord } from "./delivery-store.js";
import { Gathering, type Ending, type PlaceSource } from "./gathering.js";

/** So many endings that are not stored yet, and no further handler begins until they are. */
const mostUnstored = 5_000;

/** What endings need of the account. */
export interface EndingsOptions {
  readonly store: DeliveryStore;
  readonly epoch: number;
  /** Aborts when the account is let go. */
  readonly signal: AbortSignal;
  readonly places: PlaceSource;
  /** Whether a next owner reads the event from the server again. */
  readonly isReadAgain: (record: DueRecord) => boolean;
  /** Endings are stored in one step so often, in milliseconds. */
  readonly gatherMs: number;
  /** Until what could not be stored is sent again. */
  readonly storeAgainMs: number;
  /**
   * They were refused because the account has changed owner, or could not be stored before it was let go. It is told of
   * those that no next owner reads again.
   */
  readonly onRefused: (unread: readonly DueRecord[]) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * Stores how invocations ended: those of a tenth of a second in one step, one step after the other. What a handler put
 * into `state` is seen by the next one at once. A crash before the step is as if the handlers had not ended: they run
 * again, under the same invocations.
 */
export class Endings {
  readonly #options: EndingsOptions;
  #gathering: Gathering | undefined;
  #sending: Gathering | undefined;
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isUrgent = false;
  #isFailing = false;
  #number = 0;

  constructor(options: EndingsOptions) {
    this.#options = options;
  }

  /** Whether another handler may begin: not while Redis stores nothing. */
  get hasRoom(): boolean {
    return !this.#isFailing && (this.#gathering?.size ?? 0) < mostUnstored;
  }

  /** Stores it soon. */
  add(ending: Ending): void {
    this.#add(ending, false);
  }

  /** Stores it now, with all that came before. False: it was refused. `isListed`: it came from the due list. */
  async addNow(ending: Ending, isListed: boolean): Promise<boolean> {
    const gathering = this.#add(ending, isListed);
    this.#isUrgent = true;
    void this.flush();
    return gathering.stored;
  }

  /** Stores that a rider was stopped, together with what comes next; undefined: it goes on. */
  break(rider: string, broken: Broken | undefined): void {
    this.#gather().break(rider, broken);
  }

  /** Stores a line of the audit soon. */
  audit(line: AuditLine): void {
    this.#gather().audit(line);
  }

  /** Stores the places of these riders now, in the notifications or in a timeline. False: it was refused. */
  async place(riders: readonly string[], timeline?: TimelineName): Promise<boolean> {
    const gathering = this.#gather();
    for (const rider of riders) gathering.touch(rider, timeline);
    this.#isUrgent = true;
    void this.flush();
    return gathering.stored;
  }

  /** A rider's state, as the endings up to now leave it. */
  async state(rider: string, name: string): Promise<unknown> {
    const pending = this.#gathering?.state(rider, name) ?? this.#sending?.state(rider, name);
    return pending === undefined ? this.#options.store.state(rider, name) : pending.value;
  }

  /** Resolves when all endings up to now are stored or refused. */
  async flush(): Promise<void> {
    if (this.#gathering !== undefined) {
      this.#isUrgent = true;
      this.#flushing ??= this.#storeAll();
    }
    await this.#flushing;
  }

  /** Of what is read again, nothing but its id is kept: at full speed, the memory of its events would cost the most. */
  #add(ending: Ending, isListed: boolean): Gathering {
    const gathering = this.#gather();
    gathering.add(ending, isListed);
    if (!this.#options.isReadAgain(ending.record)) gathering.unread.push(ending.record);
    return gathering;
  }

  #gather(): Gathering {
    this.#gathering ??= new Gathering();
    this.#timer ??= setTimeout(() => void this.flush(), untilNextMs(this.#options.gatherMs));
    return this.#gathering;
  }

  async #storeAll(): Promise<void> {
    while (this.#gathering !== undefined && this.#isUrgent) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#isUrgent = false;
      this.#sending = this.#gathering;
      this.#gathering = undefined;
      await this.#store(this.#sending);
      this.#sending = undefined;
    }
    this.#isUrgent = false;
    this.#flushing = undefined;
  }

  async #store(gathering: Gathering): Promise<void> {
    const { onError, onRefused, places } = this.#options;
    const isStored = await this.#untilStored(gathering.batch((this.#number += 1), places));
    if (!isStored) await onRefused(gathering.unread).catch(onError);
    gathering.settle(isStored);
  }

  /** A batch may be sent twice: it is stored once. */
  async #untilStored(batch: ReturnType<Gathering["batch"]>): Promise<boolean> {
    const { epoch, onError, signal, store, storeAgainMs } = this.#options;
    for (;;) {
      const isLast = signal.aborted;
      try {
        const isStored = await store.commit(epoch, batch);
        this.#isFailing = false;
        return isStored;
      } catch (error) {
        this.#isFailing = true;
        onError(error);
        if (isLast) return false;
      }
      await sleep(storeAgainMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** At the same moments for all accounts of the process: what they send in one turn leaves in one write. */
function untilNextMs(everyMs: number): number {
  return everyMs - (performance.now() % everyMs);
}
