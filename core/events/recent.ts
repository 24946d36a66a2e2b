/**
 * Remembers values by key: at least the last `count` keys, at most twice as many. Instead of taking its oldest entry
 * out for each new one, which gets slow in a Map, it drops the older half at once. Most are never written to: the maps
 * come with the first value.
 */
export class Recent<V> {
  readonly #count: number;
  #newer: Map<string, V> | undefined;
  #older: Map<string, V> | undefined;

  constructor(count: number) {
    this.#count = count;
  }

  has(key: string): boolean {
    return this.#newer?.has(key) === true || this.#older?.has(key) === true;
  }

  get(key: string): V | undefined {
    return this.#newer?.get(key) ?? this.#older?.get(key);
  }

  set(key: string, value: V): void {
    this.#newer ??= new Map();
    this.#newer.set(key, value);
    if (this.#newer.size < this.#count) return;
    this.#older = this.#newer;
    this.#newer = undefined;
  }
}
