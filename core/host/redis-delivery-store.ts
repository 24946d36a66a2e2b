import type { Redis } from "ioredis";
import { LuaScript } from "../client/lua-script.js";
import type { TimelineName } from "../events/event.js";
import type { Keys } from "../store/keys.js";
import type { Keyring } from "../store/seal.js";
import type { Broken } from "./breaker.js";
import { addEach, batchCommands, flatten } from "./batch-commands.js";
import { keptMs, type Batch, type Counts, type DeliveryStore, type DueRecord } from "./delivery-store.js";
import type { Listed, Place } from "./delivery-store.js";
import { DeliverySeals } from "./delivery-seals.js";

/**
 * Carries out all commands in one step, or none where the account has changed owner. A batch whose answer got lost is
 * sent again, and stored once. Commands come one after the other, each with its length before it.
 */
const commitScript = new LuaScript(`
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
if redis.call("GET", KEYS[2]) == ARGV[2] then return 1 end
local function addEach(key, score, lines)
  local pairs = {}
  for line in string.gmatch(lines, "[^\\n]+") do
    pairs[#pairs + 1] = score
    pairs[#pairs + 1] = line
    if #pairs == 1000 then
      redis.call("ZADD", key, unpack(pairs))
      pairs = {}
    end
  end
  if #pairs > 0 then redis.call("ZADD", key, unpack(pairs)) end
end
local at = 3
while at <= #ARGV do
  local length = tonumber(ARGV[at])
  if ARGV[at + 1] == "${addEach}" then
    addEach(unpack(ARGV, at + 2, at + length))
  else
    redis.call(unpack(ARGV, at + 1, at + length))
  end
  at = at + length + 1
end
redis.call("SET", KEYS[2], ARGV[2])
return 1`);

/** Moves a record from another list to the due list, if it is still what was read. */
const retryScript = new LuaScript(`
if redis.call("HGET", KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call("HDEL", KEYS[1], ARGV[1])
redis.call("HSET", KEYS[2], ARGV[1], ARGV[3])
redis.call("PEXPIRE", KEYS[2], ARGV[4])
return 1`);

/** The delivery store of one account in Redis. Events and state are sealed: they hold private messages. */
export class RedisDeliveryStore implements DeliveryStore {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #seals: DeliverySeals;
  readonly #account: string;

  constructor(redis: Redis, keys: Keys, keyring: Keyring, account: string) {
    this.#redis = redis;
    this.#keys = keys;
    this.#seals = new DeliverySeals(keyring, account);
    this.#account = account;
  }

  due(): Promise<Listed> {
    return this.#list("due");
  }

  async isDue(invocation: string): Promise<boolean> {
    return (await this.#redis.hexists(this.#key("due"), invocation)) === 1;
  }

  async putDue(record: DueRecord): Promise<void> {
    const due = this.#key("due");
    const put = this.#redis.hsetnx(due, record.invocation, this.#seals.sealRecord(record));
    await Promise.all([put, this.#redis.pexpire(due, keptMs)]);
  }

  async dropDue(invocations: readonly string[]): Promise<void> {
    if (invocations.length > 0) await this.#redis.hdel(this.#key("due"), ...invocations);
  }

  async dueInvocations(): Promise<string[]> {
    return this.#redis.hkeys(this.#key("due"));
  }

  failed(): Promise<Listed> {
    return this.#list("failed");
  }

  async setAside(): Promise<string[]> {
    return this.#redis.hkeys(this.#key("set-aside"));
  }

  async retryFailed(invocations: readonly string[]): Promise<number> {
    const retries = invocations.map(
      async (invocation) => (await this.#retry("failed", invocation)) || this.#retry("set-aside", invocation),
    );
    return (await Promise.all(retries)).filter(Boolean).length;
  }

  async drop(invocations: readonly string[]): Promise<number> {
    if (invocations.length === 0) return 0;
    const counts = await Promise.all(
      ["due", "failed", "set-aside"].map((list) => this.#redis.hdel(this.#key(list), ...invocations)),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async place(rider: string): Promise<Place> {
    const [cursor, handled] = await Promise.all([
      this.#redis.hget(this.#key("cursor"), rider),
      this.#redis.smembers(this.#key("handled", rider)),
    ]);
    return { cursor: cursor ?? undefined, handled };
  }

  async lastTicks(): Promise<ReadonlyMap<string, number>> {
    const times = await this.#redis.hgetall(this.#key("ticks"));
    return new Map(Object.entries(times).map(([clock, time]) => [clock, Number(time)]));
  }

  async clocks(): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries(await this.#redis.hgetall(this.#key("clocks"))));
  }

  async keepClock(id: string, text: string): Promise<void> {
    await this.#redis.hset(this.#key("clocks"), id, text);
  }

  async dropClock(id: string): Promise<void> {
    await this.#redis.hdel(this.#key("clocks"), id);
  }

  async broken(): Promise<ReadonlyMap<string, Broken>> {
    const rows = await this.#redis.hgetall(this.#key("broken"));
    return new Map(Object.entries(rows).map(([rider, text]) => [rider, JSON.parse(text) as Broken]));
  }

  async mend(rider: string): Promise<boolean> {
    return (await this.#redis.hdel(this.#key("broken"), rider)) === 1;
  }

  async timelinePlace(rider: string, timeline: TimelineName): Promise<string | undefined> {
    return (await this.#redis.hget(this.#key("cursor"), `${rider} ${timeline}`)) ?? undefined;
  }

  async knownPosts(rider: string, timeline: TimelineName, ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const scores = await this.#redis.zmscore(this.#key("posts", rider, timeline), ...ids);
    return new Set(ids.filter((_, index) => typeof scores[index] === "string"));
  }

  async state(rider: string, name: string): Promise<unknown> {
    const sealed = await this.#redis.hget(this.#key("state", rider), name);
    return sealed === null ? undefined : this.#seals.openState(rider, name, sealed);
  }

  async counts(rider: string): Promise<Counts> {
    const [handled, failed] = await this.#redis.hmget(this.#key("counts"), `${rider} handled`, `${rider} failed`);
    return { handled: Number(handled ?? 0), failed: Number(failed ?? 0) };
  }

  async commit(epoch: number, batch: Batch): Promise<boolean> {
    const commands = batchCommands(batch, this.#seals, (...parts) => this.#key(...parts));
    const keys = [this.#key("epoch"), this.#key("batch")];
    const answer = await commitScript.run(this.#redis, keys, [epoch, `${epoch}/${batch.number}`, ...flatten(commands)]);
    return answer === 1;
  }

  /** Reads a list; what is too old goes, what cannot be read is set aside. */
  async #list(list: "due" | "failed"): Promise<Listed> {
    const rows = Object.entries(await this.#redis.hgetall(this.#key(list)));
    const oldest = Date.now() - keptMs;
    const records: DueRecord[] = [];
    const expired: string[] = [];
    const unreadable: [string, string][] = [];
    for (const [invocation, text] of rows) {
      const record = this.#seals.openRecord(invocation, text);
      if (record === undefined) unreadable.push([invocation, text]);
      else if (record.since < oldest) expired.push(invocation);
      else records.push(record);
    }
    if (expired.length > 0) await this.#redis.hdel(this.#key(list), ...expired);
    if (unreadable.length > 0) await this.#setAside(list, unreadable);
    return { records, setAside: unreadable.map(([invocation]) => invocation) };
  }

  /** A key that comes back may open it: it is kept, where it blocks nothing. */
  async #setAside(list: string, rows: readonly [string, string][]): Promise<void> {
    const aside = this.#key("set-aside");
    const moving = this.#redis.multi();
    for (const [invocation, text] of rows) moving.hset(aside, invocation, text).hdel(this.#key(list), invocation);
    await moving.pexpire(aside, keptMs).exec();
  }

  async #retry(list: "failed" | "set-aside", invocation: string): Promise<boolean> {
    const text = await this.#redis.hget(this.#key(list), invocation);
    const record = text === null ? undefined : this.#seals.openRecord(invocation, text);
    if (text === null || record === undefined) return false;
    const renewed: DueRecord = { ...record, attempts: 0, waits: 0, notBefore: 0, again: true };
    const keys = [this.#key(list), this.#key("due")];
    const args = [invocation, text, this.#seals.sealRecord(renewed), keptMs];
    return (await retryScript.run(this.#redis, keys, args)) === 1;
  }

  #key(...parts: string[]): string {
    return this.#keys.account(this.#account, ...parts);
  }
}
