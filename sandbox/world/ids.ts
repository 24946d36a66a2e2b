/**
 * Ids like Mastodon's: milliseconds shifted by 16 bits, as decimal text, each greater than the one before.
 * @see https://github.com/mastodon/mastodon/blob/main/lib/mastodon/snowflake.rb
 */
export class IdSource {
  #last = 0n;

  next(): string {
    const byClock = BigInt(Date.now()) << 16n;
    this.#last = byClock > this.#last ? byClock : this.#last + 1n;
    return this.#last.toString();
  }
}

/** Orders ids as Mastodon does: by length, then by text. Negative when `a` is the older one. */
export function compareIds(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
