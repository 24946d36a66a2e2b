import type { Redis } from "ioredis";
import type { AccountState } from "../auth/verdict.js";
import type { BudgetRow } from "../client/budget.js";
import type { Pause } from "../client/pauses.js";
import type { Hearing } from "../events/listen.js";
import type { Scope } from "../mastodon/scopes.js";
import type { Keys } from "../store/keys.js";
import { StatusTurns } from "./status-turns.js";

/** One rider in `bot status --json`. */
export interface RiderStatus {
  readonly name: string;
  readonly plugin: string;
  readonly state: string;
  readonly reason: string;
  readonly handled: number;
  readonly failed: number;
  readonly waiting: number;
}

/** One account in `bot status --json`. Times are ISO 8601. */
export interface AccountStatus {
  readonly account: string;
  readonly server: string;
  readonly handle: string | null;
  readonly state: AccountState;
  readonly reason: string;
  readonly cure: string;
  readonly since: string;
  readonly paused: { since: string; by: string; reason: string; until: string | null } | null;
  readonly dry_run: boolean;
  /** `notes`: where the server takes scopes otherwise than asked, and what follows from that. */
  readonly scopes: {
    needed: readonly Scope[];
    granted: readonly string[];
    missing: readonly Scope[];
    notes: readonly string[];
  };
  readonly token: { expires_at: string | null; refreshable: boolean; generation: number } | null;
  readonly stream: Hearing & { last_event_at: string | null };
  readonly owner: { process: string; host: string; epoch: number } | null;
  /** Writes that were on their way when the account changed its owner, and ended later. */
  readonly stragglers: number;
  readonly riders: readonly RiderStatus[];
  readonly budget: readonly (Omit<BudgetRow, "resetsAt"> & { resets_at: string })[];
}

/** An older status is a dead owner's. */
const freshMs = 20_000;

/** Where owners say how their accounts stand. */
export class StatusBoard {
  readonly #redis: Redis;
  readonly #keys: Keys;
  /** When the accounts of this process write. */
  readonly turns = new StatusTurns();

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async write(status: AccountStatus): Promise<void> {
    const row = JSON.stringify({ at: Date.now(), status });
    await this.#redis.set(this.#keys.account(status.account, "status"), row);
  }

  /** What its owner said last; `isFresh` says whether that owner is still there. */
  async read(account: string): Promise<{ status: AccountStatus; isFresh: boolean } | undefined> {
    const text = await this.#redis.get(this.#keys.account(account, "status"));
    if (text === null) return undefined;
    const { at, status } = JSON.parse(text) as { at: number; status: AccountStatus };
    return { status, isFresh: status.owner !== null && Date.now() - at < freshMs };
  }
}

/** A pause as `bot status` writes it. */
export function pauseStatus(pause: Pause | undefined): AccountStatus["paused"] {
  if (pause === undefined) return null;
  const { by, reason, since, until } = pause;
  return { since: new Date(since).toISOString(), by, reason, until: isoTime(until) };
}

/** A time as `bot status` writes it. Some servers let tokens live for longer than a Date can say. */
export function isoTime(time: number | undefined): string | null {
  if (time === undefined) return null;
  return new Date(Math.min(time, 8_640_000_000_000_000)).toISOString();
}
