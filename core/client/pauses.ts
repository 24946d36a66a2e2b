import type { Redis } from "ioredis";
import { z } from "zod";
import type { Keys } from "../store/keys.js";
import { LuaScript } from "./lua-script.js";
import { underWayKey, WritesUnderWay, writesUnderWay, type WriteUnderWay } from "./writes-under-way.js";

/** The key of an account's pause, after its hash tag. While it is there, no write is admitted. */
export const pausedKey = "paused";

/** The ledger keeps its entries as long. */
const forgottenMs = 30 * 24 * 60 * 60 * 1_000;

/** Why an account's writes are held back. Times are milliseconds since the epoch, of Redis' clock. */
export interface Pause {
  readonly since: number;
  /** Who asked for it. */
  readonly by: string;
  /** Empty where none was given. */
  readonly reason: string;
  /** Undefined: until somebody resumes it. */
  readonly until: number | undefined;
}

/** What a pause is asked for with. */
export interface PauseCall {
  readonly by: string;
  /** Undefined: that of a pause which stands already, else none. */
  readonly reason: string | undefined;
  /** Undefined: until somebody resumes it. */
  readonly forMs: number | undefined;
}

/** What became of asking for a pause. */
export interface Paused {
  /** That stood already; undefined: none did. */
  readonly before: Pause | undefined;
  readonly now: Pause;
  /** When it began to hold, in milliseconds of Redis' clock. */
  readonly at: number;
  /** Writes that were admitted before, and may still take effect. */
  readonly underWay: readonly WriteUnderWay[];
  /** Writes that were admitted before and never settled: it is too late for them to take effect. */
  readonly late: readonly WriteUnderWay[];
}

/**
 * From the moment on at which this runs nothing is admitted: what was before it is in the answer. All by Redis' clock,
 * so that hosts whose clocks differ see one pause. A value that is not ours still is a pause. What nobody remembers is
 * forgotten first: a script that has begun by freeing memory is not refused by a Redis that is full.
 */
const pauseScript = new LuaScript(`
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call("ZREMRANGEBYSCORE", KEYS[2], "-inf", now - ${forgottenMs})
local before = redis.call("GET", KEYS[1])
local isJson, old = pcall(cjson.decode, before or "")
if not isJson or type(old) ~= "table" then old = {} end
local pause = { since = tonumber(old.since) or now, by = ARGV[1], reason = ARGV[2] }
if ARGV[4] == "keep" then pause.reason = type(old.reason) == "string" and old.reason or "" end
local for_ms = tonumber(ARGV[3])
if for_ms > 0 then pause["until"] = now + for_ms end
local text = cjson.encode(pause)
redis.call("SET", KEYS[1], text)
if for_ms > 0 then redis.call("PEXPIREAT", KEYS[1], now + for_ms) end
return { before, text, now, redis.call("ZRANGE", KEYS[2], 0, -1, "WITHSCORES") }`);

const stored = z.object({
  since: z.number().catch(0),
  by: z.string().catch(""),
  reason: z.string().catch(""),
  until: z.number().optional().catch(undefined),
});

/** The brake of each account: whoever admits writes asks it in the same step. It holds over restarts. */
export class Pauses {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Once this resolves, no process admits another write of the account. Throws `REDIS_REFUSED`. */
  async pause(account: string, { by, forMs, reason }: PauseCall): Promise<Paused> {
    const keys = [this.#key(account), this.#keys.account(account, underWayKey)];
    const args = [by, reason ?? "", forMs ?? 0, reason === undefined ? "keep" : "new"];
    const answer = (await pauseScript.run(this.#redis, keys, args)) as [string | null, string, number, string[]];
    const [before, text, at, rows] = answer;
    const writes = writesUnderWay(rows);
    return {
      before: before === null ? undefined : readPause(before),
      now: readPause(text),
      at,
      underWay: writes.filter(({ until }) => until > at),
      late: writes.filter(({ until }) => until <= at),
    };
  }

  /** Ends the account's pause; answers it, undefined where there was none. */
  async resume(account: string): Promise<Pause | undefined> {
    const text = await this.#redis.getdel(this.#key(account));
    return text === null ? undefined : readPause(text);
  }

  /** The pause that stands, and for how long yet, in milliseconds; undefined: there is none. */
  async read(account: string): Promise<{ pause: Pause; leftMs: number | undefined } | undefined> {
    const key = this.#key(account);
    const [text, leftMs] = await Promise.all([this.#redis.get(key), this.#redis.pttl(key)]);
    if (text === null) return undefined;
    return { pause: readPause(text), leftMs: leftMs < 0 ? undefined : leftMs };
  }

  /** The account's writes that were admitted and are not settled. */
  writes(account: string): WritesUnderWay {
    return new WritesUnderWay(this.#redis, this.#keys, account);
  }

  #key(account: string): string {
    return this.#keys.account(account, pausedKey);
  }
}

function readPause(text: string): Pause {
  const read = stored.safeParse(parsed(text));
  if (!read.success) return { since: 0, by: "", reason: "what is stored about it cannot be read", until: undefined };
  return { ...read.data, until: read.data.until };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
