import { performance } from "node:perf_hooks";

/** How often the loop is looked at while somebody waits. */
const lookMs = 20;
/** Above this part of the time between two looks, the loop counts as busy. */
const busyPart = 0.9;
/** So many go on at each look that finds it idle. */
const atOnce = 8;
const usualPatienceMs = 5_000;

interface Waiting {
  readonly until: number;
  readonly goOn: () => void;
}

/**
 * Lets what nobody waits for give way: while a thousand accounts start, the loop is busy with their first steps, and
 * what can come a moment later does. One to a process.
 */
export class Leisure {
  readonly #patienceMs: number;
  readonly #waiting: Waiting[] = [];
  #before = performance.eventLoopUtilization();
  #timer: NodeJS.Timeout | undefined;

  /** `patienceMs`: how long the loop may be busy until what waits goes on all the same. */
  constructor(patienceMs = usualPatienceMs) {
    this.#patienceMs = patienceMs;
  }

  /** Resolves once the loop has had an idle moment, the first who came first; at the latest after the patience. */
  moment(): Promise<void> {
    if (this.#timer === undefined) {
      this.#before = performance.eventLoopUtilization();
      this.#timer = setInterval(() => this.#look(), lookMs).unref();
    }
    return new Promise((goOn) => this.#waiting.push({ until: performance.now() + this.#patienceMs, goOn }));
  }

  #look(): void {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#before);
    this.#before = now;
    const idle = utilization < busyPart ? atOnce : 0;
    const impatient = this.#waiting.findIndex(({ until }) => until > performance.now());
    const count = Math.max(idle, impatient < 0 ? this.#waiting.length : impatient);
    for (const { goOn } of this.#waiting.splice(0, count)) goOn();
    if (this.#waiting.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
