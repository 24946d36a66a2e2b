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

/** Remembers keys in the same way, without values, each that is added counting once more. */
export class RecentKeys {
  readonly #count: number;
  #newer: Listed | undefined;
  #older: Listed | undefined;

  constructor(count: number) {
    this.#count = count;
  }

  has(key: string): boolean {
    return this.#newer?.has(key) === true || this.#older?.has(key) === true;
  }

  add(key: string): void {
    this.#newer ??= new Listed();
    this.#newer.add(key);
    if (this.#newer.size < this.#count) return;
    this.#older = this.#newer;
    this.#newer = undefined;
  }
}

/** Keys of which most are never looked for: they are put into the set when the next one is. */
class Listed {
  readonly #keys: string[] = [];
  readonly #set = new Set<string>();
  #inSet = 0;

  get size(): number {
    return this.#keys.length;
  }

  add(key: string): void {
    this.#keys.push(key);
  }

  has(key: string): boolean {
    for (const added of this.#keys.slice(this.#inSet)) this.#set.add(added);
    this.#inSet = this.#keys.length;
    return this.#set.has(key);
  }
}
