import { Breaker, type Broken } from "./breaker.js";
import type { Outcome } from "./outcome.js";

/** The circuit breakers of an account's riders, as this process knows them and as they are stored. */
export class Breakers {
  readonly #breakers: ReadonlyMap<string, Breaker>;
  readonly #onChange: (rider: string, broken: Broken | undefined) => void;
  /** Riders that were stopped or went on since what is stored began to be read. */
  readonly #changed = new Set<string>();

  /** `onChange`: a rider is stopped from here, or goes on. */
  constructor(riders: readonly string[], onChange: (rider: string, broken: Broken | undefined) => void) {
    this.#breakers = new Map(riders.map((rider) => [rider, new Breaker()]));
    this.#onChange = onChange;
  }

  /** Why a rider was stopped; undefined: it was not. */
  broken(rider: string): Broken | undefined {
    return this.#breakers.get(rider)?.broken;
  }

  /** Whether an event of the rider may be handled now. */
  admit(rider: string): boolean {
    return this.#breakers.get(rider)?.admit(Date.now()) ?? true;
  }

  /** What is stored is read from here on. */
  beginReading(): void {
    this.#changed.clear();
  }

  /** Takes over what was stored. Where something changed meanwhile, it is not news. */
  adopt(stored: ReadonlyMap<string, Broken>): void {
    for (const [rider, breaker] of this.#breakers) {
      if (!this.#changed.has(rider)) breaker.adopt(stored.get(rider));
    }
  }

  /** Takes note of how an attempt of the rider ended. */
  count(rider: string, outcome: Outcome): void {
    const breaker = this.#breakers.get(rider);
    if (breaker === undefined) return;
    if (outcome.kind === "wait") return breaker.undecided();
    const now = Date.now();
    const hasChanged = outcome.kind === "done" ? breaker.succeeded(now) : breaker.failed(now, outcome.reason);
    if (!hasChanged) return;
    this.#changed.add(rider);
    this.#onChange(rider, breaker.broken);
  }
}
