/**
 * Remembers values by key: at least the last `count` keys, at most twice as many. Instead of taking its oldest entry
 * out for each new one, which gets slow in a Map, it drops the older half at once.
 */
export class Recent<V> {
  readonly #count: number;
  #newer = new Map<string, V>();
  #older = new Map<string, V>();

  constructor(count: number) {
    this.#count = count;
  }

  has(key: string): boolean {
    return this.#newer.has(key) || this.#older.has(key);
  }

  get(key: string): V | undefined {
    return this.#newer.get(key) ?? this.#older.get(key);
  }

  set(key: string, value: V): void {
    this.#newer.set(key, value);
    if (this.#newer.size < this.#count) return;
    this.#older = this.#newer;
    this.#newer = new Map();
  }
}
