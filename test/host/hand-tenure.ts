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
  #hold: (tenure: Tenure) => Promise<void> = async () => undefined;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async start(accounts: readonly string[], hold: (tenure: Tenure) => Promise<void>): Promise<void> {
    this.#hold = hold;
    for (const account of accounts) await this.#take(account);
  }

  async setAccounts(accounts: readonly string[]): Promise<void> {
    await this.#end(this.#held.filter(({ tenure }) => !accounts.includes(tenure.account)));
    const held = new Set(this.#held.map(({ tenure }) => tenure.account));
    for (const account of accounts) if (!held.has(account)) await this.#take(account);
  }

  async letGo(accounts: readonly string[]): Promise<void> {
    await this.#end(this.#held.filter(({ tenure }) => accounts.includes(tenure.account)));
    for (const account of accounts) await this.#take(account);
  }

  async stop(): Promise<void> {
    await this.#end([...this.#held]);
  }

  async #take(account: string): Promise<void> {
    const tenure = await HandTenure.take(this.#redis, this.#keys, account);
    this.#held.push({ tenure, done: this.#hold(tenure) });
  }

  async #end(ending: readonly { tenure: HandTenure; done: Promise<void> }[]): Promise<void> {
    for (const { tenure } of ending) tenure.end();
    for (const held of ending) this.#held.splice(this.#held.indexOf(held), 1);
    await Promise.all(ending.map(({ done }) => done));
  }
}
