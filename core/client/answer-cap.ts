import type { Redis } from "ioredis";
import type { Keys } from "../store/keys.js";
import { auditFields, auditKey, auditLength } from "./audit.js";
import { LuaScript } from "./lua-script.js";

/** What of a post tells its thread. */
export interface AnsweredPost {
  readonly id: string;
  readonly in_reply_to_id: string | null;
}

/** An answer that asks to be written. */
export interface AnswerClaim {
  readonly rider: string;
  readonly invocation: string;
  /** Names it within its invocation, so that a later attempt is not counted again. */
  readonly key: string;
  readonly to: AnsweredPost;
  /** How many answers the rider may write in one thread within an hour. */
  readonly limit: number;
}

/** `full`: too many for now; `now-full`: the same, said for the first time of this hour. */
export type AnswerAdmission = "admitted" | "full" | "now-full";

/** Counts a rider's answers in each thread: two bots that answer each other would never stop. */
export interface AnswerCap {
  admit(claim: AnswerClaim): Promise<AnswerAdmission>;
  /** The answer was written: what is said in reply to it belongs to the same thread. */
  written(claim: AnswerClaim, id: string): Promise<void>;
}

const hourMs = 60 * 60_000;
const threadsKeptMs = 24 * hourMs;

/** Keys: the thread's answers, and whether it was said that there are too many. */
const admitScript = new LuaScript(`
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", ARGV[2] - ARGV[4])
if redis.call("ZSCORE", KEYS[1], ARGV[1]) then return "admitted" end
if redis.call("ZCARD", KEYS[1]) < tonumber(ARGV[3]) then
  redis.call("ZADD", KEYS[1], ARGV[2], ARGV[1])
  redis.call("PEXPIRE", KEYS[1], ARGV[4])
  return "admitted"
end
if redis.call("SET", KEYS[2], 1, "NX", "PX", ARGV[4]) then
  redis.call("XADD", KEYS[3], "MAXLEN", "~", ARGV[5], "*", unpack(ARGV, 6))
  return "now-full"
end
return "full"`);

/** The answers of one account, counted in Redis: over its processes and restarts. */
export class RedisAnswerCap implements AnswerCap {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #account: string;

  constructor(redis: Redis, keys: Keys, account: string) {
    this.#redis = redis;
    this.#keys = keys;
    this.#account = account;
  }

  async admit(claim: AnswerClaim): Promise<AnswerAdmission> {
    const { invocation, key, limit, rider, to } = claim;
    const thread = await this.#threadOf(to);
    const keys = [this.#key("answers", rider, thread), this.#key("answers-full", rider, thread), this.#key(auditKey)];
    const reason = `${limit} answers within an hour in the thread of ${thread}: no more for now`;
    const line = auditFields({ rider, invocation, outcome: "skipped", reason });
    const answer = `${invocation} ${key}`;
    const args = [answer, Date.now(), limit, hourMs, auditLength, ...line];
    return (await admitScript.run(this.#redis, keys, args)) as AnswerAdmission;
  }

  async written({ to }: AnswerClaim, id: string): Promise<void> {
    const thread = await this.#threadOf(to);
    await Promise.all([this.#belongs(id, thread), this.#belongs(to.id, thread)]);
  }

  /** Servers do not name a thread: it is known by its first post, as far as answers led here from it. */
  async #threadOf({ id, in_reply_to_id }: AnsweredPost): Promise<string> {
    const [own, parents] = await Promise.all([
      this.#redis.get(this.#key("thread", id)),
      in_reply_to_id === null ? null : this.#redis.get(this.#key("thread", in_reply_to_id)),
    ]);
    return own ?? parents ?? in_reply_to_id ?? id;
  }

  async #belongs(post: string, thread: string): Promise<void> {
    await this.#redis.set(this.#key("thread", post), thread, "PX", threadsKeptMs);
  }

  #key(...parts: string[]): string {
    return this.#keys.account(this.#account, ...parts);
  }
}
