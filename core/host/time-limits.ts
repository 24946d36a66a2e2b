/** Work that is waited for. */
interface Waiting {
  readonly what: string;
  readonly limitMs: number;
  /** By the clock of `performance`. */
  readonly until: number;
  readonly reject: (error: Error) => void;
}

/** Timers may come this much too early. */
const earlyMs = 1;

/** Bounds how long work is waited for. One timer and one listener are for all of it: each event has some. */
export class TimeLimits {
  readonly #signal: AbortSignal;
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;

  /** Once `signal` aborts, nothing is waited for any more. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#letGo(), { once: true });
  }

  /** What `work` comes to, unless it takes longer than `limitMs` or the signal aborts before: then it rejects. */
  within<T>(work: Promise<T>, limitMs: number, what: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiting = { what, limitMs, until: performance.now() + limitMs, reject };
      this.#waiting.add(waiting);
      // Also what comes too late is looked at: a rejection that nobody hears would end the process.
      work.then(
        (value) => {
          this.#waiting.delete(waiting);
          resolve(value);
        },
        (error: unknown) => {
          this.#waiting.delete(waiting);
          // As the work rejected.
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors
          reject(error);
        },
      );
      if (this.#signal.aborted) this.#letGo();
      else if (waiting.until < this.#timerAt) this.#wakeAt(waiting.until);
    });
  }

  /** What ends in time leaves the timer as it is: it looks again when it fires. */
  #wakeAt(at: number): void {
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => this.#look(), at - performance.now());
    // Work that is waited for has sockets; without any, nothing will come of it.
    this.#timer.unref();
  }

  #look(): void {
    this.#timerAt = Infinity;
    const now = performance.now() + earlyMs;
    let next = Infinity;
    for (const waiting of this.#waiting) {
      if (waiting.until <= now) this.#giveUp(waiting, `took over ${waiting.limitMs / 1_000} s`);
      else next = Math.min(next, waiting.until);
    }
    if (next < this.#timerAt) this.#wakeAt(next);
  }

  #letGo(): void {
    clearTimeout(this.#timer);
    for (const waiting of this.#waiting) this.#giveUp(waiting, "was told to end");
  }

  #giveUp(waiting: Waiting, why: string): void {
    this.#waiting.delete(waiting);
    waiting.reject(new Error(`${waiting.what} ${why}`));
  }
}
