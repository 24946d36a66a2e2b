import { createHash } from "node:crypto";
import { hostname } from "node:os";
import type { Redis } from "ioredis";
import { inject, injectable } from "tsyringe";
import type { Fleet } from "../accounts/account.js";
import type { Plugin } from "../plugin.js";
import { KeysToken, type Keys } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { KeyringToken, type Keyring } from "../store/seal.js";
import { configSecret } from "./config-secret.js";
import { markFleet, type EntryMark, type MarkedFleet } from "./entry-marks.js";

/** The configuration that the fleet runs. */
export interface Configuration {
  /** Rises with each change. */
  readonly generation: number;
  /** The digest of the file. */
  readonly file: string;
  /** By account. */
  readonly entries: ReadonlyMap<string, EntryMark>;
}

/** Who wants a file in force. */
export type Proposal =
  /** A process begins. `othersRunIt`: another process has the file that is in force now. */
  | { readonly by: "start"; readonly othersRunIt: boolean }
  /** The operator, who has seen what changes from this generation; 0: nothing was in force. */
  | { readonly by: "reload"; readonly over: number };

/**
 * What became of a proposal. `superseded`: it was in force once, and is not again by a mere start. `drastic`: it would
 * end many accounts that others run. `raced`: another configuration came first.
 */
export interface Decision {
  readonly outcome: "put" | "same" | "superseded" | "drastic" | "raced";
  readonly generation: number;
}

const placeKeptMs = 90 * 24 * 60 * 60 * 1_000;
const mostSuperseded = 1_000;

/**
 * A start is an act of the operator, so its file comes in force, unless it was in force before: a host that crashed and
 * starts again by itself with what it had must not take back what came since. Only where the file at this very place
 * has changed was it put back on purpose.
 */
const putScript = `
local generation = tonumber(redis.call("HGET", KEYS[1], "generation") or "0")
local file = redis.call("HGET", KEYS[1], "file")
local before = redis.call("GET", KEYS[4])
local by, digest, over, others, kept, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5], tonumber(ARGV[6])
if by == "reload" and file ~= digest and over ~= generation then return { "raced", generation } end
redis.call("SET", KEYS[4], digest, "PX", kept)
if file == digest then return { "same", generation } end
local named, claimed = {}, {}
for at = 7, #ARGV, 2 do
  named[ARGV[at]] = true
  local was = cjson.decode(ARGV[at + 1]).was
  if was then claimed[was] = true end
end
local removed, renamed = {}, {}
local entries = redis.call("HGETALL", KEYS[2])
for at = 1, #entries, 2 do
  if claimed[entries[at]] then table.insert(renamed, entries[at])
  elseif not named[entries[at]] then table.insert(removed, { entries[at], entries[at + 1] }) end
end
if by == "start" and file then
  if redis.call("ZSCORE", KEYS[3], digest) and (not before or before == digest) then return { "superseded", generation } end
  if others == "1" and #removed * 5 * 2 > #entries then return { "drastic", generation } end
end
local now = redis.call("TIME")[1]
for _, name in ipairs(renamed) do redis.call("HDEL", KEYS[2], name) end
for _, entry in ipairs(removed) do
  redis.call("HDEL", KEYS[2], entry[1])
  redis.call("HSET", KEYS[5], entry[1], now .. " " .. entry[2])
end
for at = 7, #ARGV, 2 do
  redis.call("HSET", KEYS[2], ARGV[at], ARGV[at + 1])
  redis.call("HDEL", KEYS[5], ARGV[at])
end
if file then redis.call("ZADD", KEYS[3], now, file) end
redis.call("ZREM", KEYS[3], digest)
redis.call("ZREMRANGEBYRANK", KEYS[3], 0, -1 - most)
redis.call("HSET", KEYS[1], "generation", generation + 1, "file", digest)
return { "put", generation + 1 }`;

/** As of one moment. Not a transaction: a Redis that is full refuses those, also where they only read. */
const readScript = `
local head = redis.call("HMGET", KEYS[1], "generation", "file")
return { head[1], head[2], redis.call("HGETALL", KEYS[2]) }`;

/** An account that was taken out of the file. */
export interface RemovedAccount {
  readonly name: string;
  readonly server: string;
  /** Milliseconds since the epoch. */
  readonly removedAt: number;
}

/** Which configuration the fleet runs: in Redis, for all hosts. */
@injectable()
export class InForce {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #keyring: Keyring;

  constructor(@inject(RedisToken) redis: Redis, @inject(KeysToken) keys: Keys, @inject(KeyringToken) keyring: Keyring) {
    this.#redis = redis;
    this.#keys = keys;
    this.#keyring = keyring;
  }

  /** Marks what a file says, so that it can be compared with what is in force. */
  async mark(fleet: Fleet<Plugin>): Promise<MarkedFleet> {
    return markFleet(fleet, await configSecret(this.#redis, this.#keys, this.#keyring));
  }

  /** Undefined: no process has ever run. */
  async read(): Promise<Configuration | undefined> {
    const keys = [this.#key(), this.#key("entries")];
    const answer = await this.#redis.eval(readScript, keys.length, ...keys);
    const [generation, file, flat] = answer as [string | null, string | null, string[]];
    if (generation === null || file === null) return undefined;
    const entries = new Map<string, EntryMark>();
    for (let at = 0; at + 1 < flat.length; at += 2) {
      entries.set(flat[at] ?? "", JSON.parse(flat[at + 1] ?? "") as EntryMark);
    }
    return { generation: Number(generation), file, entries };
  }

  /** 0: there is none. */
  async generation(): Promise<number> {
    return Number((await this.#redis.hget(this.#key(), "generation")) ?? 0);
  }

  /** The digest of an account's entry; undefined where it has none. */
  async entryDigest(account: string): Promise<string | undefined> {
    const text = await this.#redis.hget(this.#key("entries"), account);
    return text === null ? undefined : (JSON.parse(text) as EntryMark).digest;
  }

  /** Puts the file in force, or says why not. */
  async propose({ digest, fleet, marks }: MarkedFleet, proposal: Proposal): Promise<Decision> {
    const place = createHash("sha256").update(`${hostname()} ${fleet.file}`).digest("hex").slice(0, 32);
    const keys = [
      this.#key(),
      this.#key("entries"),
      this.#key("superseded"),
      this.#key("place", place),
      this.#key("removed"),
    ];
    const over = proposal.by === "reload" ? proposal.over : 0;
    const others = proposal.by === "start" && proposal.othersRunIt ? "1" : "0";
    const entries = [...marks].flatMap(([name, mark]) => [name, JSON.stringify(mark)]);
    const head = [proposal.by, digest, over, others, placeKeptMs, mostSuperseded];
    const answer = await this.#redis.eval(putScript, keys.length, ...keys, ...head, ...entries);
    const [outcome, generation] = answer as [Decision["outcome"], number];
    return { outcome, generation };
  }

  /** The accounts that were taken out and are remembered. */
  async removed(): Promise<RemovedAccount[]> {
    const found = await this.#redis.hgetall(this.#key("removed"));
    return Object.entries(found).map(([name, text]) => {
      const space = text.indexOf(" ");
      const { server } = JSON.parse(text.slice(space + 1)) as EntryMark;
      return { name, server, removedAt: Number(text.slice(0, space)) * 1_000 };
    });
  }

  /** Nothing is kept for it any more. */
  async forgetRemoved(name: string): Promise<void> {
    await this.#redis.hdel(this.#key("removed"), name);
  }

  #key(...parts: string[]): string {
    return this.#keys.fleet("config", ...parts);
  }
}
