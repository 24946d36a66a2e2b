/**
 * What has begun and not ended yet, by its id. Mostly that is one at a time: it is kept beside the set, because a set
 * that is filled and emptied over and over costs more than what it is for.
 */
export class UnderWay {
  #one: string | undefined;
  readonly #others = new Set<string>();

  get size(): number {
    return this.#others.size + (this.#one === undefined ? 0 : 1);
  }

  has(id: string): boolean {
    return id === this.#one || this.#others.has(id);
  }

  begin(id: string): void {
    if (this.size === 0) this.#one = id;
    else if (id !== this.#one) this.#others.add(id);
  }

  end(id: string): void {
    if (id === this.#one) this.#one = undefined;
    else this.#others.delete(id);
  }

  /** As it is now. */
  ids(): Set<string> {
    const ids = new Set(this.#others);
    return this.#one === undefined ? ids : ids.add(this.#one);
  }
}
