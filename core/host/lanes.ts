/** Runs work in order within a lane and side by side over lanes, up to a limit. */
export class Lanes {
  readonly #limit: number;
  readonly #tails = new Map<string, Promise<void>>();
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Queues work, which must not throw. */
  run(lane: string, work: () => Promise<void>): void {
    const before = this.#tails.get(lane) ?? Promise.resolve();
    const tail = before.then(() => this.#inTurn(work));
    this.#tails.set(lane, tail);
    void tail.finally(() => {
      if (this.#tails.get(lane) === tail) this.#tails.delete(lane);
    });
  }

  /** Resolves when nothing is queued or running. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.allSettled(this.#tails.values());
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    if (this.#running >= this.#limit) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#running += 1;
    try {
      await work();
    } finally {
      // The place is handed over, not given back, where someone waits for it.
      const next = this.#queue.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
