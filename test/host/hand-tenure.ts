import type { Redis } from "ioredis";
import type { Ownership, Tenure } from "../../core/jobs/ownership.js";
import type { Keys } from "../../core/store/keys.js";

/** The right to act for an account, given and taken by the test. */
export class HandTenure implements Tenure {
  readonly account: string;
  readonly epoch: number;
  readonly #controller = new AbortController();

  private constructor(account: string, epoch: number) {
    this.account = account;
    this.epoch = epoch;
  }

  /** The next one; whoever held the account before is an owner of the past. */
  static async take(redis: Redis, keys: Keys, account: string): Promise<HandTenure> {
    return new HandTenure(account, await redis.incr(keys.account(account, "epoch")));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  isValid(): boolean {
    return !this.signal.aborted;
  }

  end(): void {
    this.#controller.abort(new Error("the test ended the tenure"));
  }
}

/** Gives a process every account that it asks for, at once, and takes them back when told to. */
export class HandOwnership implements Ownership {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #held: { tenure: HandTenure; done: Promise<void> }[] = [];

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async start(accounts: readonly string[], hold: (tenure: Tenure) => Promise<void>): Promise<void> {
    for (const account of accounts) {
      const tenure = await HandTenure.take(this.#redis, this.#keys, account);
      this.#held.push({ tenure, done: hold(tenure) });
    }
  }

  async setAccounts(): Promise<void> {
    throw new Error("the test gives accounts at the start only");
  }

  async stop(): Promise<void> {
    for (const { tenure } of this.#held) tenure.end();
    await Promise.all(this.#held.splice(0).map(({ done }) => done));
  }
}
