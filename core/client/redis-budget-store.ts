import type { Redis } from "ioredis";
import type { Keys } from "../store/keys.js";
import {
  shareOfOneLease,
  slicesCounted,
  slicesPerWindow,
  type BudgetStore,
  type Lease,
  type LeaseRequest,
  type Level,
} from "./budget-store.js";
import { LuaScript } from "./lua-script.js";

/**
 * A bucket is a hash: how much was leased in each slice under the slice's number, and under names its window and
 * limit, the limit that the server `said`, until when it is held, and what others than the fleet use of it (`foreign`)
 * until the server's window ends. The clock is that of Redis.
 */
const bucketLua = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function read(key)
  local bucket = { slices = {}, used = 0, window = 0, limit = 0, said = 0, share = 1, held = 0, foreign = 0, foreignUntil = 0 }
  local flat = redis.call("HGETALL", key)
  for at = 1, #flat, 2 do
    local slice, value = tonumber(flat[at]), tonumber(flat[at + 1])
    if slice then table.insert(bucket.slices, { slice, value }) else bucket[flat[at]] = value end
  end
  table.sort(bucket.slices, function(one, other) return one[1] < other[1] end)
  return bucket
end

local function count(bucket)
  bucket.sliceMs = bucket.window / ${slicesPerWindow}
  bucket.slice = math.floor(now / bucket.sliceMs)
  for _, entry in ipairs(bucket.slices) do
    if entry[1] > bucket.slice - ${slicesCounted} then bucket.used = bucket.used + entry[2] end
  end
  if bucket.foreignUntil <= now then bucket.foreign = 0 end
  bucket.allowed = math.max(1, math.floor(bucket.limit * bucket.share))
end

local function endOf(bucket, over)
  local at = now
  for _, entry in ipairs(bucket.slices) do
    if over < 0 then break end
    if entry[1] > bucket.slice - ${slicesCounted} then
      over = over - entry[2]
      at = (entry[1] + ${slicesCounted}) * bucket.sliceMs
    end
  end
  return over < 0 and at or math.huge
end

local function roomAt(bucket, kept)
  local over = bucket.used + kept - bucket.allowed
  local at = math.min(
    endOf(bucket, over + bucket.foreign),
    math.max(bucket.foreignUntil, endOf(bucket, over)),
    now + bucket.window * 2)
  return math.ceil(math.max(at, bucket.held))
end
`;

const argumentsPerBucket = 12;

const leaseScript = new LuaScript(`${bucketLua}
local answers = {}
for index, key in ipairs(KEYS) do
  local at = (index - 1) * ${argumentsPerBucket}
  local window, limit, share = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local want, need, isUrgent = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]), ARGV[at + 6] == "1"
  local unused, unusedSlice = tonumber(ARGV[at + 7]), ARGV[at + 8]
  local saidLimit, saidUsed, saidReset = tonumber(ARGV[at + 9]), tonumber(ARGV[at + 10]), tonumber(ARGV[at + 11])
  local kept = tonumber(ARGV[at + 12])
  local bucket = read(key)
  local changes = { "window", window, "share", share }
  if bucket.window ~= window then
    redis.call("DEL", key)
    local held = bucket.held
    bucket = read(key)
    bucket.held = held
    changes = { "window", window, "share", share, "held", held }
  end
  bucket.window, bucket.share = window, share
  for _, entry in ipairs(bucket.slices) do
    if unused > 0 and tostring(entry[1]) == unusedSlice then
      entry[2] = entry[2] - unused
      redis.call("HINCRBY", key, entry[1], -unused)
    end
  end
  if saidLimit > 0 then bucket.said = saidLimit end
  bucket.limit = bucket.said > 0 and bucket.said or limit
  count(bucket)
  if saidLimit > 0 then
    bucket.foreign, bucket.foreignUntil = math.max(0, saidUsed - bucket.used), now + saidReset
    for _, change in ipairs({ "said", saidLimit, "foreign", bucket.foreign, "foreignUntil", bucket.foreignUntil }) do
      table.insert(changes, change)
    end
  end
  table.insert(changes, "limit")
  table.insert(changes, bucket.limit)
  local granted = 0
  if bucket.held > now then granted = 0
  elseif bucket.limit == 0 then granted = want
  else
    kept = math.floor(bucket.allowed * kept)
    local free = bucket.allowed - bucket.used - bucket.foreign
    granted = math.min(want, math.max(need, math.floor((free - kept) * ${shareOfOneLease})), free - kept)
    if isUrgent then granted = math.max(granted, math.min(need, free)) end
    granted = math.max(0, granted)
    if granted > 0 then redis.call("HINCRBY", key, bucket.slice, granted) end
  end
  redis.call("HSET", key, unpack(changes))
  for _, entry in ipairs(bucket.slices) do
    if entry[1] <= bucket.slice - ${slicesCounted} or entry[2] <= 0 and entry[1] ~= bucket.slice then
      redis.call("HDEL", key, entry[1])
    end
  end
  redis.call("PEXPIRE", key, math.ceil(math.max(window * 2, bucket.held - now)))
  answers[index] = {
    granted,
    math.floor((bucket.slice + 1) * bucket.sliceMs - now),
    bucket.slice,
    granted > 0 and 0 or math.max(1, roomAt(bucket, isUrgent and 0 or kept) - now),
    bucket.limit
  }
end
return answers`);

const giveBackScript = new LuaScript(`
for index, key in ipairs(KEYS) do
  if redis.call("HEXISTS", key, ARGV[index * 2 - 1]) == 1 then
    redis.call("HINCRBY", key, ARGV[index * 2 - 1], -ARGV[index * 2])
  end
end
return 1`);

const holdScript = new LuaScript(`
local time = redis.call("TIME")
local heldUntil = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local before = tonumber(redis.call("HGET", KEYS[1], "held") or "0")
if before < heldUntil then redis.call("HSET", KEYS[1], "held", heldUntil) end
if redis.call("PTTL", KEYS[1]) < tonumber(ARGV[1]) then redis.call("PEXPIRE", KEYS[1], ARGV[1]) end
return 1`);

const levelsScript = new LuaScript(`${bucketLua}
local levels = {}
for index, key in ipairs(KEYS) do
  local bucket = read(key)
  if bucket.window == 0 then bucket.window = 1 end
  count(bucket)
  local resetAt = math.max(bucket.held, bucket.foreign > 0 and bucket.foreignUntil or 0)
  if bucket.used > 0 then resetAt = math.max(bucket.held, roomAt(bucket, bucket.allowed - bucket.used)) end
  if resetAt > now and (bucket.limit > 0 or bucket.held > now) then
    local left = math.max(0, bucket.allowed - bucket.used - bucket.foreign)
    if bucket.held > now then left = 0 end
    table.insert(levels, { index, bucket.limit > 0 and bucket.allowed or 0, left, resetAt - now })
  end
end
return levels`);

/** The fleet's count in Redis. */
export class RedisBudgetStore implements BudgetStore {
  readonly #redis: Redis;
  readonly #channel: string;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#channel = keys.fleet("held");
  }

  async lease(requests: readonly LeaseRequest[]): Promise<Lease[]> {
    const args = requests.flatMap((request) => argumentsOf(request));
    const rows = await leaseScript.run(this.#redis, keysOf(requests), args);
    return (rows as number[][]).map(([granted = 0, validForMs = 0, slice = 0, roomInMs = 0, limit = 0]) => ({
      granted,
      validForMs,
      slice,
      roomInMs,
      limit,
    }));
  }

  async giveBack(requests: readonly Pick<LeaseRequest, "key" | "unused" | "unusedSlice">[]): Promise<void> {
    const args = requests.flatMap(({ unused, unusedSlice }) => [unusedSlice, unused]);
    await giveBackScript.run(this.#redis, keysOf(requests), args);
  }

  async hold(key: string, forMs: number): Promise<void> {
    await holdScript.run(this.#redis, [key], [Math.ceil(forMs)]);
    await this.#redis.publish(this.#channel, key);
  }

  async levels(keys: readonly string[]): Promise<Level[]> {
    const rows = await levelsScript.run(this.#redis, keys, []);
    return (rows as number[][]).map(([index = 1, limit = 0, left = 0, resetInMs = 0]) => ({
      key: keys[index - 1] ?? "",
      limit,
      left,
      resetInMs,
    }));
  }

  async onHold(heard: (key: string) => void): Promise<() => void> {
    const subscriber = this.#redis.duplicate();
    subscriber.on("message", (_channel, key) => heard(key));
    // Connection errors are said by the connection that is duplicated here; this one reconnects by itself.
    subscriber.on("error", () => undefined);
    await subscriber.connect();
    await subscriber.subscribe(this.#channel);
    return () => subscriber.disconnect();
  }
}

function keysOf(requests: readonly { readonly key: string }[]): string[] {
  return requests.map(({ key }) => key);
}

function argumentsOf({ isUrgent, kept, limit, need, said, share, unused, unusedSlice, want, windowMs }: LeaseRequest) {
  return [
    windowMs,
    limit ?? 0,
    share,
    want,
    need,
    isUrgent ? 1 : 0,
    unused,
    unusedSlice,
    said?.limit ?? 0,
    said?.used ?? 0,
    Math.max(0, Math.ceil(said?.resetInMs ?? 0)),
    kept,
  ];
}
