/**
 * The signal of one attempt: aborted when the account is let go, and when the attempt is over. It is made when it is
 * asked for, because most handlers never do, and one for each event costs more than the event.
 */
export class AttemptSignal {
  readonly #letGo: AbortSignal;
  #ending: AbortController | undefined;
  #signal: AbortSignal | undefined;
  #isOver = false;

  constructor(letGo: AbortSignal) {
    this.#letGo = letGo;
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      this.#ending = new AbortController();
      this.#signal = AbortSignal.any([this.#letGo, this.#ending.signal]);
      if (this.#isOver) this.#ending.abort();
    }
    return this.#signal;
  }

  /** Throws where the account was let go or the attempt is over. */
  throwIfOver(): void {
    this.#letGo.throwIfAborted();
    if (this.#isOver) throw new Error("the attempt is over");
  }

  /** What the handler left running must not write any more. */
  end(): void {
    this.#isOver = true;
    this.#ending?.abort();
  }
}
