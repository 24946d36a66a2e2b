import type { ChainableCommander, Redis } from "ioredis";
import type { Event } from "../events/event.js";
import type { Keys } from "../store/keys.js";
import type { Keyring } from "../store/seal.js";

const acknowledgedMs = 30 * 24 * 60 * 60 * 1_000;

/** An event that waits for its rider's next attempt, or that no attempt brought to an end. */
export interface DueRecord {
  readonly invocation: string;
  readonly rider: string;
  readonly event: Event;
  /** Attempts that failed so far; waiting is none. */
  readonly attempts: number;
  /** How often in a row it had to wait. */
  readonly waits: number;
  /** In milliseconds since the epoch. */
  readonly notBefore: number;
  /** Why it is here; empty for a tick that just came due. */
  readonly reason: string;
}

/** Changes to a rider's state: undefined deletes. */
export type StateChanges = ReadonlyMap<string, unknown>;

/** What is stored together with the end of an invocation. */
export interface Progress {
  readonly invocation: string;
  readonly rider: string;
  /** Of the rider in the notifications; undefined where the event has none. */
  readonly cursor: string | undefined;
}

/** What a rider has done so far. */
export interface Counts {
  readonly handled: number;
  readonly failed: number;
}

/**
 * What an account's events leave in Redis: due list, acknowledgements, cursors, riders' state. What belongs together
 * is stored in one transaction. Events and state are sealed: they hold private messages.
 */
export class DeliveryStore {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #keyring: Keyring;
  readonly #account: string;

  constructor(redis: Redis, keys: Keys, keyring: Keyring, account: string) {
    this.#redis = redis;
    this.#keys = keys;
    this.#keyring = keyring;
    this.#account = account;
  }

  async due(): Promise<DueRecord[]> {
    const rows = await this.#redis.hgetall(this.#key("due"));
    return Object.values(rows).map((text) => this.#unseal(text));
  }

  /** Puts an event on the due list; one that is there already stays as it is. */
  async putDue(record: DueRecord): Promise<void> {
    await this.#redis.hsetnx(this.#key("due"), record.invocation, this.#sealed(record));
  }

  async dropDue(invocations: readonly string[]): Promise<void> {
    await this.#redis.hdel(this.#key("due"), ...invocations);
  }

  async isAcknowledged(invocation: string): Promise<boolean> {
    return (await this.#redis.exists(this.#key("acknowledged", invocation))) === 1;
  }

  /** The invocation is done: its state, its place and its mark are stored, or nothing is. */
  async acknowledge(progress: Progress, changes: StateChanges): Promise<void> {
    const transaction = this.#redis
      .multi()
      .set(this.#key("acknowledged", progress.invocation), 1, "PX", acknowledgedMs)
      .hdel(this.#key("due"), progress.invocation)
      .hincrby(this.#key("counts"), `${progress.rider} handled`, 1);
    const state = this.#key("state", progress.rider);
    for (const [name, value] of changes) {
      if (value === undefined) transaction.hdel(state, name);
      else
        transaction.hset(
          state,
          name,
          this.#keyring.seal(JSON.stringify(value), this.#statePlace(progress.rider, name)),
        );
    }
    await run(this.#withCursor(transaction, progress));
  }

  /** The invocation was acknowledged before: only its place is stored. */
  async passOver(progress: Progress): Promise<void> {
    await run(this.#withCursor(this.#redis.multi().hdel(this.#key("due"), progress.invocation), progress));
  }

  /** The invocation has to wait or be tried again: that is stored first, then its place. */
  async postpone(progress: Progress, record: DueRecord): Promise<void> {
    const transaction = this.#redis.multi().hset(this.#key("due"), record.invocation, this.#sealed(record));
    await run(this.#withCursor(transaction, progress));
  }

  /** No attempt brought it to an end: it is kept for a human. */
  async giveUp(progress: Progress, record: DueRecord): Promise<void> {
    const transaction = this.#redis
      .multi()
      .hdel(this.#key("due"), record.invocation)
      .hset(this.#key("failed"), record.invocation, this.#sealed(record))
      .hincrby(this.#key("counts"), `${progress.rider} failed`, 1);
    await run(this.#withCursor(transaction, progress));
  }

  async cursor(rider: string): Promise<string | undefined> {
    return (await this.#redis.hget(this.#key("cursor"), rider)) ?? undefined;
  }

  async setCursor(rider: string, position: string): Promise<void> {
    await this.#redis.hset(this.#key("cursor"), rider, position);
  }

  async state(rider: string, name: string): Promise<unknown> {
    const sealed = await this.#redis.hget(this.#key("state", rider), name);
    return sealed === null ? undefined : JSON.parse(this.#keyring.open(sealed, this.#statePlace(rider, name)));
  }

  async counts(rider: string): Promise<Counts> {
    const [handled, failed] = await this.#redis.hmget(this.#key("counts"), `${rider} handled`, `${rider} failed`);
    return { handled: Number(handled ?? 0), failed: Number(failed ?? 0) };
  }

  #withCursor(transaction: ChainableCommander, { rider, cursor }: Progress): ChainableCommander {
    return cursor === undefined ? transaction : transaction.hset(this.#key("cursor"), rider, cursor);
  }

  #sealed({ event, ...plain }: DueRecord): string {
    const sealedEvent = this.#keyring.seal(JSON.stringify(event), this.#eventPlace(plain.invocation));
    return JSON.stringify({ ...plain, sealedEvent });
  }

  #unseal(text: string): DueRecord {
    const { sealedEvent, ...plain } = JSON.parse(text) as Omit<DueRecord, "event"> & { sealedEvent: string };
    const event = JSON.parse(this.#keyring.open(sealedEvent, this.#eventPlace(plain.invocation))) as Event;
    return { ...plain, event };
  }

  #eventPlace(invocation: string): string {
    return `${this.#account} event ${invocation}`;
  }

  #statePlace(rider: string, name: string): string {
    return `${this.#account} state ${rider} ${name}`;
  }

  #key(...parts: string[]): string {
    return this.#keys.account(this.#account, ...parts);
  }
}

/** A transaction of ioredis does not reject when one of its commands fails. */
async function run(transaction: ChainableCommander): Promise<void> {
  for (const [error] of (await transaction.exec()) ?? []) if (error !== null) throw error;
}
