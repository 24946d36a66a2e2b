/**
 * Freezes plain objects and lists all the way down, `except` and what they hold left out, and returns the same value.
 * Instances of classes (a URL, a Map that a plugin's schema made) stay as they are: freezing breaks some, guards none.
 */
export function freezeDeep<T>(value: T, except: Iterable<object>): T {
  const seen = new Set(except);
  const freeze = (inner: unknown): void => {
    if (typeof inner !== "object" || inner === null || seen.has(inner)) return;
    seen.add(inner);
    const prototype: unknown = Object.getPrototypeOf(inner);
    if (!Array.isArray(inner) && prototype !== Object.prototype && prototype !== null) return;
    Object.values(inner).forEach(freeze);
    Object.freeze(inner);
  };
  freeze(value);
  return value;
}
