import type { Redis } from "ioredis";

const membersPerCall = 1_000;

/** Which accounts any live process takes part for, by the clock of Redis; an entry fades unless announced again. */
export class WantedAccounts {
  readonly #redis: Redis;
  readonly #key: string;
  readonly #ttlMs: number;

  constructor(redis: Redis, key: string, ttlMs: number) {
    this.#redis = redis;
    this.#key = key;
    this.#ttlMs = ttlMs;
  }

  /** Says that this process wants these, for one time to live. */
  async announce(accounts: readonly string[]): Promise<void> {
    const now = await this.#now();
    for (let start = 0; start < accounts.length; start += membersPerCall) {
      const batch = accounts.slice(start, start + membersPerCall);
      const entries = batch.flatMap((account) => [now + this.#ttlMs, account]);
      await this.#redis.zadd(this.#key, "GT", ...entries);
    }
    await this.#redis.zremrangebyscore(this.#key, "-inf", now);
  }

  async has(account: string): Promise<boolean> {
    const [until, now] = await Promise.all([this.#redis.zscore(this.#key, account), this.#now()]);
    return until !== null && Number(until) > now;
  }

  async #now(): Promise<number> {
    const [seconds, microseconds] = await this.#redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  }
}
