import type { Redis } from "ioredis";
import { HowdahError } from "../errors.js";
import type { Keys } from "./keys.js";
import { sealedUnder, type Keyring } from "./seal.js";
import type { PlaceOf } from "./sealed-spot.js";
import { sealedValues, type SealedValue } from "./sealed-values.js";

/** What a fleet has sealed in Redis. */
export interface SealedStore {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly keyring: Keyring;
  /** What rooms say about their spots. */
  readonly places: readonly PlaceOf[];
}

/** How a rotation went. */
export interface Rotation {
  /** Values sealed anew by this run. */
  readonly resealed: number;
  /** Values under the newest key now. */
  readonly total: number;
  /** Keys in Redis whose values stay as they are: no key at hand opens them, or nobody knows their place. */
  readonly left: readonly string[];
}

const replaceString = `
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[2], "KEEPTTL")
return 1`;

const replaceField = `
if redis.call("HGET", KEYS[1], ARGV[3]) ~= ARGV[1] then return 0 end
redis.call("HSET", KEYS[1], ARGV[3], ARGV[2])
return 1`;

/** Scripts that are sent before the first answer is waited for. */
const scriptsAtOnce = 200;
/** A pass that meets values which changed under it is followed by another. */
const mostPasses = 20;

/**
 * Seals everything anew under the newest key, value by value, each by compare-and-set: who writes at the same time
 * wins. Killed, it is run again and does the rest. Every process must write with the newest key before it begins.
 */
export async function rotateKeys(store: SealedStore): Promise<Rotation> {
  let resealed = 0;
  for (let pass = 1; ; pass += 1) {
    const { done, found, left, total } = await passOver(store);
    resealed += done;
    // A clean pass is the proof; what is left over cannot be helped by another.
    if (found === 0 || pass === mostPasses) return { resealed, total, left };
  }
}

/** How many sealed parts there are under each key id. */
export async function countByKey({ keys, places, redis }: Omit<SealedStore, "keyring">): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const { sealed } of sealedValues(redis, keys, places)) {
    for (const part of sealed) {
      const id = sealedUnder(part) ?? "";
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return counts;
}

async function passOver(store: SealedStore): Promise<{ done: number; found: number; left: string[]; total: number }> {
  const { keyring, keys, places, redis } = store;
  const [newest] = keyring.ids;
  const left: string[] = [];
  let [done, found, total] = [0, 0, 0];
  const waiting: { value: SealedValue; next: string }[] = [];
  const replaceAll = async () => {
    const outcomes = await Promise.all(waiting.splice(0).map(({ next, value }) => replace(redis, value, next)));
    done += outcomes.filter(Boolean).length;
  };
  for await (const value of sealedValues(redis, keys, places)) {
    total += 1;
    if (value.sealed.every((part) => sealedUnder(part) === newest)) continue;
    const next = sealedAnew(keyring, newest, value);
    if (next === undefined) {
      left.push(value.spot.key);
      continue;
    }
    found += 1;
    waiting.push({ value, next });
    if (waiting.length >= scriptsAtOnce) await replaceAll();
  }
  await replaceAll();
  return { done, found, left, total: total - left.length };
}

/** The value with its parts under the newest key; undefined where that cannot be. */
function sealedAnew(keyring: Keyring, newest: string, { place, sealed, text }: SealedValue): string | undefined {
  if (place === undefined) return undefined;
  let next = text;
  for (const part of sealed) {
    if (sealedUnder(part) === newest) continue;
    try {
      next = next.replaceAll(part, keyring.seal(keyring.open(part, place), place, newest));
    } catch (error) {
      if (error instanceof HowdahError && error.code === "KEY_MISMATCH") return undefined;
      throw error;
    }
  }
  return next;
}

async function replace(redis: Redis, { spot, text }: SealedValue, next: string): Promise<boolean> {
  const answer =
    spot.field === undefined
      ? await redis.eval(replaceString, 1, spot.key, text, next)
      : await redis.eval(replaceField, 1, spot.key, text, next, spot.field);
  return answer === 1;
}
