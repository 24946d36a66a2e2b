import type { Redis } from "ioredis";
import { inject, injectable } from "tsyringe";
import { KeysToken, type Keys } from "../store/keys.js";
import { withLease } from "../store/lease.js";
import { RedisToken } from "../store/redis.js";

/** Longer than the one request under it may take. */
const defaultHoldMs = 30_000;

/** Lets one process at a time spend an account's refresh token. */
@injectable()
export class RefreshLease {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #holdMs: number;

  constructor(@inject(RedisToken) redis: Redis, @inject(KeysToken) keys: Keys, holdMs = defaultHoldMs) {
    this.#redis = redis;
    this.#keys = keys;
    this.#holdMs = holdMs;
  }

  /** Waits for whoever holds it. A holder that died loses it by itself. */
  async hold<T>(account: string, work: () => Promise<T>): Promise<T> {
    return withLease(this.#redis, this.#keys.account(account, "refreshing"), this.#holdMs, work);
  }
}
