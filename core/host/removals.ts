import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { inject, injectable } from "tsyringe";
import { isUndecided } from "../auth/undecided.js";
import { VaultToken, type AccountKey, type Vault } from "../auth/vault.js";
import { JobsToken, type Jobs } from "../jobs/jobs.js";
import { KeysToken, type Keys } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { KeyringToken, type Keyring } from "../store/seal.js";
import { InForce, type RemovedAccount } from "./in-force.js";
import { RedisDeliveryStore } from "./redis-delivery-store.js";
import { retire } from "./retire.js";
import { LoggerToken } from "./tokens.js";

/** So long an account that was taken out of the file can come back without a new authorization. */
const keptMs = 30 * 24 * 60 * 60 * 1_000;

/** Looks after accounts that were taken out of the file: their clocks end, and some day their tokens are forgotten. */
@injectable()
export class Removals {
  readonly #inForce: InForce;
  readonly #vault: Vault;
  readonly #jobs: Jobs;
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #keyring: Keyring;
  readonly #logger: Logger;

  constructor(
    @inject(InForce) inForce: InForce,
    @inject(VaultToken) vault: Vault,
    @inject(JobsToken) jobs: Jobs,
    @inject(RedisToken) redis: Redis,
    @inject(KeysToken) keys: Keys,
    @inject(KeyringToken) keyring: Keyring,
    @inject(LoggerToken) logger: Logger,
  ) {
    this.#inForce = inForce;
    this.#vault = vault;
    this.#jobs = jobs;
    this.#redis = redis;
    this.#keys = keys;
    this.#keyring = keyring;
    this.#logger = logger;
  }

  /** To be called now and then, by any number of processes. What goes wrong is said, and done the next time. */
  async look(now = Date.now()): Promise<void> {
    try {
      for (const removed of await this.#inForce.removed()) await this.#lookAt(removed, now);
    } catch (error) {
      if (isUndecided(error)) return;
      this.#logger.warn({ err: error }, "accounts that were taken out could not be looked after; it is tried again");
    }
  }

  async #lookAt({ name, removedAt, server }: RemovedAccount, now: number): Promise<void> {
    // It may have come back since the list was read.
    if ((await this.#inForce.entryDigest(name)) !== undefined) return;
    await retire(this.#jobs, new RedisDeliveryStore(this.#redis, this.#keys, this.#keyring, name), name);
    if (now - removedAt < keptMs) return;
    const elsewhere = await this.#vault.elsewhere({ name, server });
    for (const origin of [server, ...elsewhere.map((other) => other.server)])
      await this.#forget({ name, server: origin });
    await this.#inForce.forgetRemoved(name);
    this.#logger.info({ account: name }, "taken out of the file 30 days ago: its token is forgotten");
  }

  async #forget(account: AccountKey): Promise<void> {
    await this.#vault.clearPending(account);
    const credentials = await this.#vault.credentials(account);
    if (credentials !== undefined) await this.#vault.drop(account, credentials.generation);
    await this.#vault.unpin(account);
  }
}
