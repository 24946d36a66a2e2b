import type { Redis } from "ioredis";
import type { Keys } from "../store/keys.js";
import type { Admission, Outages } from "./outages.js";

/** How servers that are down are treated; all in milliseconds. */
export interface OutageTiming {
  /** The first pause before a probe is up to this, the next ones up to twice as long each. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** A probe that was not reported on by then has died. Longer than a request may take. */
  readonly probeMs: number;
  /** After the server is back: so many are let in during a first step, twice as many in each that follows. */
  readonly firstRoom: number;
  readonly stepMs: number;
}

const usual: OutageTiming = { firstMs: 1_000, longestMs: 60_000, probeMs: 45_000, firstRoom: 5, stepMs: 1_000 };
/** How long a server counts as up without looking into Redis again. */
const calmMs = 1_000;
/** Below this a pause would be none. */
const shortestMs = 200;
/** After so many steps everybody is let in. */
const steps = 10;
/** While somebody probes, the others look again after this. */
const lookAgainMs = 2_000;
/** A server that nobody has asked for so long counts as up again. */
const forgottenMs = 60 * 60 * 1_000;

const now = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function get(name) return redis.call("HGET", KEYS[1], name) end
local function number(name) return tonumber(get(name) or "0") end`;

const admit = `${now}
local probe_ms, room, step_ms, steps, again_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local state = get("state")
if not state then return {"up", 0, ""} end
if state == "struck" then return {"go", 0, ""} end
if state == "down" then
  local until_probe, until_reported = number("probe_at") - now, number("probe_until") - now
  if until_reported > 0 then return {"wait", math.min(until_reported, again_ms), get("reason")} end
  if until_probe > 0 then return {"wait", until_probe, get("reason")} end
  redis.call("HSET", KEYS[1], "probe_until", now + probe_ms)
  return {"probe", 0, ""}
end
local since = now - number("up_at")
local step = math.floor(since / step_ms)
if step >= steps then redis.call("DEL", KEYS[1]) return {"up", 0, ""} end
local inside = 0
if number("step") == step then inside = number("inside") end
if inside >= room * 2 ^ step then return {"wait", (step + 1) * step_ms - since, get("reason")} end
redis.call("HSET", KEYS[1], "step", step, "inside", inside + 1)
return {"go", 0, ""}`;

const answer = `${now}
local state = get("state")
if state == "struck" then return redis.call("DEL", KEYS[1]) end
if state ~= "down" then return 0 end
redis.call("HDEL", KEYS[1], "probe_at", "probe_until", "inside")
redis.call("HSET", KEYS[1], "state", "back", "up_at", now, "step", 0)
return redis.call("PEXPIRE", KEYS[1], ARGV[1])`;

/** What fails late, while nobody probes and no probe is due, was sent before the outage was known. */
const fail = `${now}
local strikes, reason, first_ms, longest_ms, forgotten_ms = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local chance, shortest_ms = tonumber(ARGV[6]), tonumber(ARGV[7])
local state = get("state")
if state == "down" then
  if number("probe_until") == 0 and now < number("probe_at") then return 0 end
else
  strikes = strikes + number("strikes")
  if strikes < 3 then
    redis.call("HSET", KEYS[1], "strikes", strikes)
    if not state then redis.call("HSET", KEYS[1], "state", "struck") end
    return redis.call("PEXPIRE", KEYS[1], longest_ms)
  end
end
local failures = number("failures") + 1
local pause = math.max(shortest_ms, math.floor(chance * math.min(longest_ms, first_ms * 2 ^ (failures - 1))))
redis.call("DEL", KEYS[1])
redis.call("HSET", KEYS[1], "state", "down", "reason", reason, "failures", failures, "probe_at", now + pause)
return redis.call("PEXPIRE", KEYS[1], forgotten_ms)`;

/** Outages shared by all processes, by Redis' own clock. One to a process: it remembers for a moment who is up. */
export class RedisOutages implements Outages {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #timing: OutageTiming;
  readonly #calmUntil = new Map<string, number>();

  constructor(redis: Redis, keys: Keys, timing: Partial<OutageTiming> = {}) {
    this.#redis = redis;
    this.#keys = keys;
    this.#timing = { ...usual, ...timing };
  }

  async admission(server: string): Promise<Admission> {
    if (this.#isCalm(server)) return "go";
    const { firstRoom, probeMs, stepMs } = this.#timing;
    const said = await this.#eval(admit, server, probeMs, firstRoom, stepMs, steps, lookAgainMs);
    const [admission, waitMs, reason] = said as [string, number, string];
    if (admission === "wait") return { waitUntil: Date.now() + waitMs, reason };
    if (admission === "up") this.#calmUntil.set(server, Date.now() + calmMs);
    return admission === "probe" ? "probe" : "go";
  }

  async answered(server: string): Promise<void> {
    if (this.#isCalm(server)) return;
    await this.#eval(answer, server, (steps + 1) * this.#timing.stepMs);
  }

  async failed(server: string, reason: string, surely: boolean): Promise<void> {
    this.#calmUntil.delete(server);
    const { firstMs, longestMs } = this.#timing;
    const strikes = surely ? 3 : 1;
    await this.#eval(fail, server, strikes, reason, firstMs, longestMs, forgottenMs, Math.random(), shortestMs);
  }

  #isCalm(server: string): boolean {
    return Date.now() < (this.#calmUntil.get(server) ?? 0);
  }

  #eval(script: string, server: string, ...args: (string | number)[]): Promise<unknown> {
    return this.#redis.eval(script, 1, this.#keys.server(server, "outage"), ...args);
  }
}
