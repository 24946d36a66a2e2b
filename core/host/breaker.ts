/** A rider that was stopped because it kept failing. */
export interface Broken {
  /** In milliseconds since the epoch. */
  readonly since: number;
  /** What is wrong, with what the last attempt said. */
  readonly reason: string;
  /** When one event is tried again. */
  readonly until: number;
  /** How often in a row it was stopped. */
  readonly times: number;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
/** So many attempts in a row failed, whatever the events. */
const mostInARow = 10;
/** Of at least so many attempts within the window this share failed. */
const window = { lengthMs: 10 * minuteMs, attempts: 20, share: 0.8 };
/** So many of the last attempts are looked at. */
const mostNoted = 200;
const firstRestMs = 5 * minuteMs;
const longestRestMs = 60 * minuteMs;

/**
 * The circuit breaker of one rider. It opens after ten failed attempts in a row, or when of at least twenty within ten
 * minutes four fifths failed. Then one event is tried after five minutes, then ten, up to an hour; if that succeeds,
 * the rider goes on. Waiting for a server, a token or a budget counts as nothing.
 */
export class Breaker {
  #broken: Broken | undefined;
  #inARow = 0;
  #attempts: { at: number; hasFailed: boolean }[] = [];
  #isTrying = false;

  /** Why and since when the rider is stopped; undefined: it runs. */
  get broken(): Broken | undefined {
    return this.#broken;
  }

  /** Takes over what is stored; undefined: somebody has started the rider again. */
  adopt(broken: Broken | undefined): void {
    if (broken === undefined && this.#broken !== undefined) this.#reset();
    this.#broken = broken;
  }

  /** Whether an event may be handled now. Of a stopped rider one may, when its rest is over: it is the trial. */
  admit(now: number): boolean {
    if (this.#broken === undefined) return true;
    if (now < this.#broken.until || this.#isTrying) return false;
    this.#isTrying = true;
    return true;
  }

  /** An attempt ended without failing. True: the rider goes on from here. */
  succeeded(now: number): boolean {
    this.#inARow = 0;
    const wasBroken = this.#broken !== undefined;
    if (wasBroken) this.#reset();
    else if (this.#attempts.length > 0) this.#note(now, false);
    return wasBroken;
  }

  /** A trial that came to no end, such as one that has to wait. */
  undecided(): void {
    this.#isTrying = false;
  }

  /** An attempt failed. True: the rider is stopped from here. */
  failed(now: number, reason: string): boolean {
    // It was under way already when the rider was stopped.
    if (this.#broken !== undefined && !this.#isTrying) return false;
    this.#inARow += 1;
    this.#note(now, true);
    this.#isTrying = false;
    const times = (this.#broken?.times ?? 0) + 1;
    const why = this.#broken === undefined ? this.#verdict() : "the trial failed as well";
    if (why === undefined) return false;
    const restMs = Math.min(longestRestMs, firstRestMs * 2 ** (times - 1));
    this.#broken = { since: this.#broken?.since ?? now, reason: `${why}: ${reason}`, until: now + restMs, times };
    return true;
  }

  #verdict(): string | undefined {
    if (this.#inARow >= mostInARow) return `${this.#inARow} attempts in a row failed`;
    const failures = this.#attempts.filter(({ hasFailed }) => hasFailed).length;
    const isMany = this.#attempts.length >= window.attempts && failures >= window.share * this.#attempts.length;
    return isMany ? `${failures} of ${this.#attempts.length} attempts within 10 minutes failed` : undefined;
  }

  /** Nothing is noted while nothing fails: the window begins with a failure. */
  #note(at: number, hasFailed: boolean): void {
    const within = this.#attempts.filter((attempt) => attempt.at >= at - window.lengthMs);
    this.#attempts = [...within.slice(1 - mostNoted), { at, hasFailed }];
    if (!this.#attempts.some((attempt) => attempt.hasFailed)) this.#attempts = [];
  }

  #reset(): void {
    this.#broken = undefined;
    this.#inARow = 0;
    this.#attempts = [];
    this.#isTrying = false;
  }
}
