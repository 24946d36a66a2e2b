import type { Redis } from "ioredis";
import { UncertainWrites, type Verdict } from "../client/uncertain-writes.js";
import { kindOf } from "../events/event.js";
import type { Keys } from "../store/keys.js";
import type { Keyring } from "../store/seal.js";
import { CrashBook } from "./crash-book.js";
import { RedisDeliveryStore } from "./redis-delivery-store.js";
import { sendWake } from "./wake.js";

/** One event that needs a human, in `bot failed --json`. Times are ISO 8601. */
export interface FailedEvent {
  readonly account: string;
  readonly rider: string;
  readonly invocation: string;
  /**
   * `failed`: no attempt brought it to its end. `unreadable`: its record is damaged or no key opens it. `uncertain`: it
   * came to its end, and nobody knows what became of one of its writes.
   */
  readonly state: "failed" | "unreadable" | "uncertain";
  /** What it was, such as `notification.mention`; empty where that is not known. */
  readonly event: string;
  readonly since: string | null;
  readonly attempts: number;
  readonly reason: string;
  readonly uncertain: readonly { readonly operation: string; readonly sent_at: string }[];
}

/** What a human decides about an account's failed events: over Redis, whether a process runs or not. */
export class FailedEvents {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #account: string;
  readonly #store: RedisDeliveryStore;
  readonly #writes: UncertainWrites;
  readonly #crashes: CrashBook;

  constructor(redis: Redis, keys: Keys, keyring: Keyring, account: string) {
    this.#redis = redis;
    this.#keys = keys;
    this.#account = account;
    this.#store = new RedisDeliveryStore(redis, keys, keyring, account);
    this.#writes = new UncertainWrites(redis, keys, account);
    this.#crashes = new CrashBook(redis, keys, account);
  }

  /** The oldest first. */
  async list(): Promise<FailedEvent[]> {
    const account = this.#account;
    const { records } = await this.#store.failed();
    const aside = await this.#store.setAside();
    const failed = records.map(({ invocation }) => invocation);
    const writes = await this.#writes.list([...failed, ...aside]);
    const writesOf = (invocation: string) =>
      writes
        .filter((write) => write.invocation === invocation)
        .map(({ operation, sentAt }) => ({ operation, sent_at: new Date(sentAt).toISOString() }));
    const known = records
      .toSorted((a, b) => a.since - b.since)
      .map(({ attempts, event, invocation, reason, rider, since }) => ({
        ...{ account, rider, invocation, state: "failed" as const, event: kindOf(event) },
        ...{ since: new Date(since).toISOString(), attempts, reason, uncertain: writesOf(invocation) },
      }));
    const bare = (invocation: string, state: FailedEvent["state"], reason: string): FailedEvent => ({
      ...{ account, rider: riderOf(invocation), invocation, state, event: "", since: null, attempts: 0 },
      ...{ reason, uncertain: writesOf(invocation) },
    });
    const listed = new Set([...failed, ...aside]);
    const others = new Set(writes.map(({ invocation }) => invocation).filter((invocation) => !listed.has(invocation)));
    return [
      ...known,
      ...aside.map((invocation) => bare(invocation, "unreadable", "no key at hand opens it, or it is damaged")),
      ...[...others].map((invocation) => bare(invocation, "uncertain", "the answer to a write never came")),
    ];
  }

  /** Puts them on the due list once more; answers how many there were. */
  async retry(invocations: readonly string[]): Promise<number> {
    return this.#store.retryFailed(invocations);
  }

  /** Decides the uncertain writes of these invocations; answers how many there were. */
  async decide(invocations: readonly string[], verdict: Verdict): Promise<number> {
    const counts = await Promise.all(invocations.map((invocation) => this.#writes.decide(invocation, verdict)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Forgets them, and leaves their uncertain writes as if they had happened. */
  async drop(invocations: readonly string[]): Promise<number> {
    await this.decide(invocations, "happened");
    return this.#store.drop(invocations);
  }

  /** Starts riders again that were stopped because they kept failing, or took processes down; answers their names. */
  async mend(riders: readonly string[]): Promise<string[]> {
    const mended = await Promise.all(riders.map((rider) => this.#store.mend(rider)));
    const released = await Promise.all(riders.map((rider) => this.#crashes.release(rider)));
    if (released.includes(true)) {
      await sendWake(this.#redis, this.#keys, { account: this.#account, why: "credentials" });
    }
    return riders.filter((_, index) => mended[index] === true || released[index] === true);
  }

  /** Tells the account's owner to look. */
  async wake(): Promise<void> {
    await sendWake(this.#redis, this.#keys, { account: this.#account, why: "due" });
  }
}

function riderOf(invocation: string): string {
  return invocation.slice(0, invocation.indexOf("/"));
}
