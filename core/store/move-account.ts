import type { Redis } from "ioredis";
import { HowdahError } from "../errors.js";
import type { Keys } from "./keys.js";
import type { Keyring } from "./seal.js";
import { spotOf, type PlaceOf, type Spot } from "./sealed-spot.js";
import { sealedParts } from "./sealed-values.js";

/** One account's name that becomes another, and the epochs under which both are held. */
export interface AccountMove {
  readonly from: { readonly name: string; readonly epoch: number };
  readonly to: { readonly name: string; readonly epoch: number };
}

/** What moving needs. */
export interface MoveOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly keyring: Keyring;
  /** What rooms say about their spots. */
  readonly places: readonly PlaceOf[];
  /** What stays: the keys of ownership itself. */
  readonly stays: (rest: string) => boolean;
  /** What is moved as it stands where no key at hand opens it: it could not be read before either. */
  readonly mayBeUnreadable: (rest: string) => boolean;
  /** A last change to a string's text, for those that hold the name. */
  readonly amend: (rest: string, text: string) => string;
}

const keysPerCall = 500;
const keysAtOnce = 20;
const fieldsAtOnce = 200;
/** Timers of other processes may put something under the old name meanwhile. */
const mostPasses = 20;

/** Everything below is done by the owner of both names only: an owner of the past changes nothing. */
const guarded = (body: string) => `if redis.call("GET", KEYS[1]) ~= ARGV[1] then return -1 end\n${body}`;
const setString = guarded(`
if tonumber(ARGV[3]) > 0 then redis.call("SET", KEYS[2], ARGV[2], "PX", ARGV[3]) else redis.call("SET", KEYS[2], ARGV[2]) end
return 1`);
const setFields = guarded(`
redis.call("HSET", KEYS[2], unpack(ARGV, 3))
if tonumber(ARGV[2]) > 0 then redis.call("PEXPIRE", KEYS[2], ARGV[2]) end
return 1`);
const restore = guarded(`redis.call("RESTORE", KEYS[2], ARGV[2], ARGV[3], "REPLACE")\nreturn 1`);
const dropKey = guarded(`return redis.call("DEL", KEYS[2])`);
const dropString = guarded(`
if redis.call("GET", KEYS[2]) == ARGV[2] then return redis.call("DEL", KEYS[2]) end
return 0`);
/** A field that was changed since it was read is read again. */
const dropFields = guarded(`
local dropped = 0
for index = 2, #ARGV, 2 do
  if redis.call("HGET", KEYS[2], ARGV[index]) == ARGV[index + 1] then
    dropped = dropped + redis.call("HDEL", KEYS[2], ARGV[index])
  end
end
return dropped`);

/**
 * Moves everything of an account to another name, key by key: first written there, sealed under its new place, then
 * taken away here. Killed at any point, it is run again and does the rest. Throws where the account changed owner.
 */
export async function moveAccount(options: MoveOptions, move: AccountMove): Promise<void> {
  for (let pass = 1; pass <= mostPasses; pass += 1) {
    const found = await keysOf(options, move.from.name);
    if (found.length === 0) return;
    for (let start = 0; start < found.length; start += keysAtOnce) {
      const batch = found.slice(start, start + keysAtOnce);
      await Promise.all(batch.map((spot) => new KeyMove(options, move, spot).run()));
    }
  }
  throw new Error(`others keep writing under the account's old name ${move.from.name}`);
}

/** An account's name is letters, digits, - and _; a prefix may hold a dot besides: nothing that a pattern reads otherwise. */
async function keysOf({ keys, redis, stays }: MoveOptions, name: string): Promise<Spot[]> {
  const found = new Map<string, Spot>();
  let cursor = "0";
  do {
    const [next, names] = await redis.scan(cursor, "MATCH", `${keys.account(name)}:*`, "COUNT", keysPerCall);
    cursor = next;
    for (const key of names) {
      const spot = spotOf(keys, key);
      if (spot !== undefined && !stays(spot.rest)) found.set(key, spot);
    }
  } while (cursor !== "0");
  return [...found.values()];
}

/** One key on its way. */
class KeyMove {
  readonly #options: MoveOptions;
  readonly #move: AccountMove;
  readonly #spot: Spot;
  readonly #target: string;

  constructor(options: MoveOptions, move: AccountMove, spot: Spot) {
    this.#options = options;
    this.#move = move;
    this.#spot = spot;
    this.#target = options.keys.account(move.to.name, spot.rest);
  }

  async run(): Promise<void> {
    const type = await this.#options.redis.type(this.#spot.key);
    if (type === "none") return;
    if (type === "string") await this.#string();
    else if (type === "hash") await this.#hash();
    else await this.#whole();
  }

  async #string(): Promise<void> {
    const { amend, redis } = this.#options;
    const text = await redis.get(this.#spot.key);
    if (text === null) return;
    const next = amend(this.#spot.rest, this.#sealedAnew(text, undefined));
    await this.#there(setString, next, await redis.pttl(this.#spot.key));
    await this.#here(dropString, text);
  }

  async #hash(): Promise<void> {
    const { redis } = this.#options;
    const ttl = await redis.pttl(this.#spot.key);
    let cursor = "0";
    do {
      const [next, pairs] = await redis.hscan(this.#spot.key, cursor, "COUNT", fieldsAtOnce);
      cursor = next;
      for (let start = 0; start < pairs.length; start += fieldsAtOnce * 2) {
        const some = pairs.slice(start, start + fieldsAtOnce * 2);
        const anew = some.map((part, at) => (at % 2 === 0 ? part : this.#sealedAnew(part, some[at - 1])));
        await this.#there(setFields, ttl, ...anew);
        await this.#here(dropFields, ...some);
      }
    } while (cursor !== "0");
  }

  /** Streams, lists and sets hold nothing sealed. */
  async #whole(): Promise<void> {
    const { redis } = this.#options;
    const dumped = await redis.dumpBuffer(this.#spot.key);
    if (dumped === null) return;
    await this.#there(restore, Math.max(0, await redis.pttl(this.#spot.key)), dumped);
    await this.#here(dropKey);
  }

  #sealedAnew(text: string, field: string | undefined): string {
    const parts = sealedParts(text);
    if (parts.length === 0) return text;
    const { keyring, keys } = this.#options;
    const from = this.#placeOf({ ...this.#spot, field });
    const target = spotOf(keys, this.#target, field);
    const to = target && this.#placeOf(target);
    if (from === undefined || to === undefined) {
      throw new Error(`nobody knows what the value in ${this.#spot.key} is bound to`);
    }
    try {
      return parts.reduce((next, part) => next.replaceAll(part, keyring.seal(keyring.open(part, from), to)), text);
    } catch (error) {
      const isUnreadable = error instanceof HowdahError && error.code === "KEY_MISMATCH";
      if (isUnreadable && this.#options.mayBeUnreadable(this.#spot.rest)) return text;
      throw error;
    }
  }

  #placeOf(spot: Spot): string | undefined {
    return this.#options.places.map((placeOf) => placeOf(spot)).find((place) => place !== undefined);
  }

  async #there(script: string, ...args: (string | number | Buffer)[]): Promise<void> {
    const { name, epoch } = this.#move.to;
    await this.#eval(script, name, [epoch, this.#target, args]);
  }

  async #here(script: string, ...args: (string | number | Buffer)[]): Promise<void> {
    const { name, epoch } = this.#move.from;
    await this.#eval(script, name, [epoch, this.#spot.key, args]);
  }

  async #eval(
    script: string,
    name: string,
    [epoch, key, args]: [epoch: number, key: string, args: readonly (string | number | Buffer)[]],
  ): Promise<void> {
    const { keys, redis } = this.#options;
    const done = await redis.eval(script, 2, keys.account(name, "epoch"), key, epoch, ...args);
    if (done === -1) throw new Error(`the account ${name} has changed owner`);
  }
}
