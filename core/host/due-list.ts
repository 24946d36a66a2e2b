import type { Ledger } from "../client/ledger.js";
import { oneAtATime } from "../events/one-at-a-time.js";
import type { Log } from "../plugin.js";
import type { DeliveryStore, DueRecord, Listed } from "./delivery-store.js";
import { dueOrder, type DueSituation } from "./due-order.js";
import type { Broken } from "./breaker.js";

/** Whoever puts something on the due list says so, but that can get lost. */
const lookAgainMs = 60_000;
const readAgainMs = 5_000;

/** What reading the due list needs of the account. */
export interface DueListOptions {
  readonly store: DeliveryStore;
  readonly ledger: Pick<Ledger, "traced">;
  /** Aborts when the account is let go. */
  readonly signal: AbortSignal;
  readonly log: () => Log;
  /** Called before the list is read: everything that changed it up to now must be stored when it resolves. */
  readonly onReading: () => Promise<void>;
  readonly situation: () => Omit<DueSituation, "now" | "traced" | "lastTicks">;
  /** Told what the list holds and which riders are stopped, before anything is taken from it. */
  readonly onRead: (records: readonly DueRecord[], broken: ReadonlyMap<string, Broken>) => void;
  readonly onReady: (record: DueRecord) => void;
}

/** Reads an account's due list: when told that something came, when the next one is due, and from time to time. */
export class DueList {
  readonly #options: DueListOptions;
  /** Why invocations are on the list, as it was last read. */
  #reasons: Map<string, string> | undefined;
  /** Takes up what is due, now and when the next one will be. */
  readonly take = oneAtATime(() => this.#read());
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DueListOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
  }

  /** The same; what goes wrong is said and tried again. */
  async takeSafely(): Promise<void> {
    try {
      await this.take();
    } catch (error) {
      this.#options.log().warn("the due list cannot be read", { err: error });
      this.#readIn(readAgainMs);
    }
  }

  /** Why events of a rider wait for another attempt; empty where none does. */
  reason(rider: string): string {
    return [...(this.#reasons ?? [])].findLast(([invocation]) => invocation.startsWith(`${rider}/`))?.[1] ?? "";
  }

  /** It came to its end. */
  forget(invocation: string): void {
    this.#reasons?.delete(invocation);
  }

  async #read(): Promise<void> {
    const { ledger, onRead, onReading, onReady, signal, situation, store } = this.#options;
    clearTimeout(this.#timer);
    if (signal.aborted) return;
    await onReading();
    const [due, lastTicks, broken] = await Promise.all([store.due(), store.lastTicks(), store.broken()]);
    this.#sayWhatWasSetAside(due);
    const { records } = due;
    const ticks = records.filter(({ event }) => event.kind === "tick");
    const traced = await ledger.traced(ticks.map(({ invocation }) => invocation));
    if (signal.aborted) return;
    const waiting = records.filter(({ reason }) => reason !== "");
    this.#reasons =
      waiting.length === 0 ? undefined : new Map(waiting.map(({ invocation, reason }) => [invocation, reason]));
    onRead(records, broken);
    const now = Date.now();
    const { nextAt = Infinity, ready, superseded } = dueOrder(records, { ...situation(), now, traced, lastTicks });
    for (const record of ready) onReady(record);
    this.#readIn(Math.min(nextAt - now, lookAgainMs));
    if (superseded.length > 0) await store.dropDue(superseded.map(({ invocation }) => invocation));
  }

  #sayWhatWasSetAside({ setAside }: Listed): void {
    if (setAside.length === 0) return;
    this.#options.log().error("events on the due list cannot be read and were set aside: see bot failed", { setAside });
  }

  #readIn(delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#options.signal.aborted) return;
    this.#timer = setTimeout(() => void this.takeSafely(), delayMs);
  }
}
