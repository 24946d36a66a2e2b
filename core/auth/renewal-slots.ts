import type { Redis } from "ioredis";
import { inject, injectable } from "tsyringe";
import { KeysToken, type Keys } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";

/** Gives each account of the fleet a number of its own, once: the numbers count up, so that accounts spread by them. */
@injectable()
export class RenewalSlots {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #known = new Map<string, number>();

  constructor(@inject(RedisToken) redis: Redis, @inject(KeysToken) keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** The account's number, from 1. */
  async of(account: string): Promise<number> {
    const known = this.#known.get(account);
    if (known !== undefined) return known;
    const key = this.#keys.account(account, "renewal-slot");
    const slot = Number((await this.#redis.get(key)) ?? (await this.#take(key)));
    this.#known.set(account, slot);
    return slot;
  }

  /** Of two processes that take one at once, the first one's number stays; the other's is left out. */
  async #take(key: string): Promise<string> {
    const slot = await this.#redis.incr(this.#keys.fleet("renewal-slots"));
    await this.#redis.set(key, slot, "NX");
    return (await this.#redis.get(key)) ?? String(slot);
  }
}
