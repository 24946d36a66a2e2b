const numeric = /^\d+$/;

/**
 * Orders two ids of one server from old to new: numbers by length and then by text, since they outgrow a double;
 * anything else (ULID, UUIDv7) by text.
 * @see https://docs.joinmastodon.org/api/guidelines/#id
 */
export function compareIds(a: string, b: string): number {
  if (a.length !== b.length && numeric.test(a) && numeric.test(b)) {
    const [plainA, plainB] = [withoutZeros(a), withoutZeros(b)];
    return plainA.length - plainB.length || byText(plainA, plainB);
  }
  return byText(a, b);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function withoutZeros(id: string): string {
  return id.replace(/^0+(?=\d)/, "");
}
