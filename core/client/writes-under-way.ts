import type { Redis } from "ioredis";
import type { CallName } from "../mastodon/operations.js";
import type { Keys } from "../store/keys.js";
import type { Claim, LedgerEntry } from "./ledger.js";
import { invocationKey, writePrefix } from "./ledger-keys.js";

/**
 * The key of an account's writes that were admitted and are not settled, after its hash tag: a sorted set by when each
 * must have taken effect if it does, in milliseconds of Redis' clock. What a process leaves behind that was killed
 * stays in it.
 */
export const underWayKey = "under-way";

/** A write that was admitted and is not settled. */
export interface WriteUnderWay {
  readonly invocation: string;
  readonly operation: CallName;
  /** By when it has taken effect, or will not, in milliseconds of Redis' clock. */
  readonly until: number;
  /** What stands in Redis. */
  readonly member: string;
}

/** Each admission has its own: of two owners that sent the same write, each ends its own. */
export function underWayMember({ entry, epoch, invocation, key }: Claim): string {
  return [epoch, entry.operation, invocation, key].join("\n");
}

/** The writes of one account that are under way. */
export class WritesUnderWay {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #account: string;

  constructor(redis: Redis, keys: Keys, account: string) {
    this.#redis = redis;
    this.#keys = keys;
    this.#account = account;
  }

  /** Those of these that have not ended. */
  async left(writes: readonly WriteUnderWay[]): Promise<WriteUnderWay[]> {
    if (writes.length === 0) return [];
    const members = writes.map(({ member }) => member);
    const scores = await this.#redis.zmscore(this.#keys.account(this.#account, underWayKey), ...members);
    return writes.filter((_, index) => typeof scores[index] === "string");
  }

  /**
   * Of writes that are past their time, those whose outcome nobody knows. Of the others another attempt found out how
   * they ended, or nobody remembers them: they are forgotten here.
   */
  async unknown(late: readonly WriteUnderWay[]): Promise<WriteUnderWay[]> {
    const states = await Promise.all(late.map((write) => this.#isSent(write)));
    const over = late.filter((_, index) => states[index] === false);
    if (over.length > 0) {
      await this.#redis.zrem(this.#keys.account(this.#account, underWayKey), ...over.map(({ member }) => member));
    }
    return late.filter((_, index) => states[index] === true);
  }

  async #isSent({ invocation, member }: WriteUnderWay): Promise<boolean> {
    const key = invocationKey(this.#keys, this.#account, invocation);
    const text = await this.#redis.hget(key, writePrefix + partsOf(member).key);
    return text !== null && (JSON.parse(text) as Pick<LedgerEntry, "state">).state === "sent";
  }
}

/** Reads members with their scores, as Redis gives them in turn. */
export function writesUnderWay(rows: readonly string[]): WriteUnderWay[] {
  const writes: WriteUnderWay[] = [];
  for (let at = 0; at < rows.length; at += 2) {
    const member = rows[at] ?? "";
    const { invocation, operation } = partsOf(member);
    writes.push({ invocation, operation, until: Number(rows[at + 1]), member });
  }
  return writes;
}

/** An author's key may hold line breaks itself. */
function partsOf(member: string): { operation: CallName; invocation: string; key: string } {
  const [, operation = "", invocation = "", ...key] = member.split("\n");
  return { operation: operation as CallName, invocation, key: key.join("\n") };
}
