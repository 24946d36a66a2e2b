import { heldWords, suspicion, type CrashBook, type CrashRecord } from "./crash-book.js";
import type { WatchBoard } from "./watch-board.js";

/** What was running when a process went down is handled one at a time: if one goes down again, it is known by which. */
export class Probation {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => undefined);
    return run;
  }
}

/** What the handlers of one account need, so that one that takes its process down is found. */
export interface CrashWatchOptions {
  readonly account: string;
  readonly book: CrashBook;
  /** Of the process. */
  readonly board: WatchBoard;
  /** Of the process. */
  readonly probation: Probation;
}

/** Watches the handlers and set-ups of one account, and knows which of its riders are held. */
export class CrashWatch {
  readonly #options: CrashWatchOptions;
  /** Undefined: nothing is known of any rider. */
  #record: CrashRecord | undefined;
  #acquitted: Set<string> | undefined;

  constructor(options: CrashWatchOptions) {
    this.#options = options;
  }

  /** Looks at what the account's riders have done to their processes. */
  async read(): Promise<void> {
    const record = await this.#options.book.read();
    this.#record = record.held.size + record.suspected.size === 0 ? undefined : record;
    this.#acquitted = undefined;
  }

  /** Why a rider may not run; undefined: it may. */
  whyHeld(rider: string): string | undefined {
    const held = this.#record?.held.get(rider);
    return held === undefined ? undefined : heldWords(this.#options.account, rider, held);
  }

  /** Has `work` watched from its first moment to its end, which may be a promise's. */
  watch<T>(rider: string, event: string, invocation: string, work: () => T): T {
    return this.#options.board.watch({ account: this.#options.account, rider, event, invocation }, work);
  }

  /** Whether it ran when a process went down, and has not come to its end since. */
  isSuspected(rider: string, invocation: string): boolean {
    if (this.#record === undefined) return false;
    const name = suspicion(rider, invocation);
    return this.#record.suspected.has(name) && this.#acquitted?.has(name) !== true;
  }

  /** One that ran when a process went down waits for the others of its kind, and is cleared when it comes to its end. */
  async alone<T>(rider: string, invocation: string, work: () => Promise<T>): Promise<T> {
    if (!this.isSuspected(rider, invocation)) return work();
    try {
      return await this.#options.probation.run(work);
    } finally {
      this.#acquitted ??= new Set();
      this.#acquitted.add(suspicion(rider, invocation));
      // Where Redis is away, the mark goes by itself within the hour.
      await this.#options.book.acquit(rider, invocation).catch(() => undefined);
    }
  }
}
