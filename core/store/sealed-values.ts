import type { Redis } from "ioredis";
import type { Keys } from "./keys.js";
import { sealedUnder } from "./seal.js";
import { spotOf, type PlaceOf, type Spot } from "./sealed-spot.js";

const keysPerCall = 500;
const hashesPerCall = 100;
const fieldsPerCall = 500;

/** A value in Redis that is sealed, or that holds sealed parts. */
export interface SealedValue {
  readonly spot: Spot;
  /** As it stands in Redis: a compare-and-set compares with it. */
  readonly text: string;
  /** The sealed parts. */
  readonly sealed: readonly string[];
  /** What they are bound to; undefined where no room knows the spot. */
  readonly place: string | undefined;
}

/**
 * Walks over everything of the fleet in Redis and gives each value that is sealed by its form, in strings and hashes,
 * whichever room put it there. What is written during the walk may be missed.
 */
export async function* sealedValues(redis: Redis, keys: Keys, places: readonly PlaceOf[]): AsyncGenerator<SealedValue> {
  for await (const [spot, text] of entries(redis, keys)) {
    const sealed = sealedParts(text);
    if (sealed.length === 0) continue;
    const place = places.map((placeOf) => placeOf(spot)).find((answer) => answer !== undefined);
    yield { spot, text, sealed, place };
  }
}

/** The sealed parts of a value: itself, or strings at any depth where it is JSON. */
export function sealedParts(text: string): string[] {
  if (sealedUnder(text) !== undefined) return [text];
  if (!text.startsWith("{") || !text.includes('"v1.')) return [];
  const found: string[] = [];
  try {
    JSON.parse(text, (_name, value: unknown) => {
      if (typeof value === "string" && sealedUnder(value) !== undefined) found.push(value);
      return value;
    });
  } catch {
    return [];
  }
  return found;
}

async function* entries(redis: Redis, keys: Keys): AsyncGenerator<readonly [Spot, string]> {
  for await (const batch of spots(redis, keys)) {
    const types = await pipelined(
      redis,
      batch.map(({ key }) => ["type", key]),
    );
    const ofType = (wanted: string) => batch.filter((_, index) => types[index] === wanted);
    yield* strings(redis, ofType("string"));
    const hashes = ofType("hash");
    for (let start = 0; start < hashes.length; start += hashesPerCall) {
      yield* fields(redis, hashes.slice(start, start + hashesPerCall));
    }
  }
}

/** Redis may name a key twice while its table grows. */
async function* spots(redis: Redis, keys: Keys): AsyncGenerator<Spot[]> {
  const seen = new Set<string>();
  let cursor = "0";
  do {
    const [next, names] = await redis.scan(cursor, "MATCH", `${keys.prefix}:{*`, "COUNT", keysPerCall);
    cursor = next;
    const fresh = names.filter((name) => !seen.has(name));
    for (const name of fresh) seen.add(name);
    yield [...new Set(fresh)].flatMap((name) => spotOf(keys, name) ?? []);
  } while (cursor !== "0");
}

async function* strings(redis: Redis, wanted: readonly Spot[]): AsyncGenerator<readonly [Spot, string]> {
  const texts = await pipelined(
    redis,
    wanted.map(({ key }) => ["get", key]),
  );
  for (const [index, spot] of wanted.entries()) {
    const text = texts[index];
    if (typeof text === "string") yield [spot, text];
  }
}

/** Small hashes come whole with the first call; the others are read on page by page. */
async function* fields(redis: Redis, wanted: readonly Spot[]): AsyncGenerator<readonly [Spot, string]> {
  let open = wanted.map((spot) => ({ spot, cursor: "0" }));
  while (open.length > 0) {
    const pages = await pipelined(
      redis,
      open.map(({ cursor, spot }) => ["hscan", spot.key, cursor, "COUNT", fieldsPerCall]),
    );
    const further: typeof open = [];
    for (const [index, { spot }] of open.entries()) {
      const [cursor, pairs] = (pages[index] ?? ["0", []]) as [string, string[]];
      for (let at = 0; at < pairs.length; at += 2) yield [{ ...spot, field: pairs[at] ?? "" }, pairs[at + 1] ?? ""];
      if (cursor !== "0") further.push({ spot, cursor });
    }
    open = further;
  }
}

/** A key may have changed its type or gone since it was named: its answer is then nothing. */
async function pipelined(redis: Redis, commands: readonly (string | number)[][]): Promise<unknown[]> {
  if (commands.length === 0) return [];
  const answers = await redis.pipeline(commands.map((command) => [...command])).exec();
  return (answers ?? []).map(([error, answer]) => {
    if (error === null) return answer;
    if (error.message.startsWith("WRONGTYPE")) return undefined;
    throw error;
  });
}
