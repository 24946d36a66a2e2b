import type { Account } from "../accounts/account.js";
import { isOnLoopback } from "../accounts/server.js";
import { usualShare } from "../accounts/politeness.js";
import { limitsOf, strictestLimits, type LimitBucket, type Limits } from "../mastodon/limits.js";
import type { Keys } from "../store/keys.js";
import { Block } from "./block.js";
import type { BudgetRow } from "./budget.js";
import { BudgetGate } from "./budget-gate.js";
import { keptForAnswers, type BudgetStore, type Level } from "./budget-store.js";

/** What the budgets of a process need. */
export interface BudgetsOptions {
  readonly store: BudgetStore;
  readonly keys: Keys;
  /** Names the public address of this host; `BOT_EGRESS`. */
  readonly egress: string;
  /**
   * Multiplies every window of servers on this machine: 0.05 makes them twenty times shorter, as the sandbox can.
   * Default 1.
   */
  readonly windowScale?: number;
  /** What servers allow, by software. Default: what is known of them. */
  readonly limits?: Limits;
}

const ownBuckets: readonly LimitBucket[] = [
  "token",
  "account",
  "paging",
  "media",
  "deletes",
  "statuses",
  "follows",
  "reports",
];
/** Of a hold where no limit by address is known. */
const holdWindowMs = 5 * 60 * 1_000;
const hourMs = 60 * 60 * 1_000;

/** What the budgets of a process share: the fleet's count, and the way to each server from here. */
export class Budgets {
  readonly store: BudgetStore;
  readonly gate: BudgetGate;
  readonly #options: BudgetsOptions;
  readonly #limits = new Map<string, Limits>();
  readonly #shared = new Map<string, Block>();

  constructor(options: BudgetsOptions) {
    this.#options = options;
    this.store = options.store;
    this.gate = new BudgetGate(options.store);
  }

  /** Takes note of what a server runs. Until then all limits count that it might have. */
  serverRuns(origin: string, software: string | undefined): void {
    if (this.#options.limits === undefined) this.#limits.set(origin, limitsOf(software));
  }

  limitsOf(origin: string): Limits {
    return this.#options.limits ?? this.#limits.get(origin) ?? strictestLimits;
  }

  /** From now on, what another process is refused counts here at once. */
  listen(): Promise<() => void> {
    return this.store.onHold((key) => {
      for (const block of this.#shared.values()) if (block.facts.key === key) block.drop();
    });
  }

  /** Nobody in the fleet asks for more of that bucket until then. */
  async hold(block: Block, until: number): Promise<void> {
    block.drop();
    await this.store.hold(block.facts.key, until - Date.now());
  }

  /** How the account's buckets stand in the whole fleet; `riders` are those whose caps are of interest. */
  async rows({ name, server }: Pick<Account, "name" | "server">, riders: readonly string[]): Promise<BudgetRow[]> {
    const own = new Map([
      ...ownBuckets.map((bucket) => [this.accountKey(name, bucket), bucket] as const),
      ...riders.map((rider) => [this.riderKey(name, rider), `rider ${rider}`] as const),
    ]);
    const address = this.#addressKey(server);
    const cap = this.serverKey(server);
    const [levels, atAddress, atServer] = await Promise.all([
      this.store.levels([...own.keys()]),
      this.store.levels([address]),
      this.store.levels([cap]),
    ]);
    const now = Date.now();
    const row = ({ key, left, limit, resetInMs }: Level): BudgetRow => ({
      bucket: own.get(key) ?? (key === address ? "address" : "server"),
      limit,
      left,
      resetsAt: now + resetInMs,
    });
    return [...levels, ...atAddress, ...atServer].map(row);
  }

  /** Gives back what is leased for all accounts together. */
  async release(): Promise<void> {
    for (const block of this.#shared.values()) {
      const back = block.empty();
      if (back.unused > 0) await this.store.giveBack([back]);
    }
  }

  /** What this process has leased of a server's limit by address, for all its accounts. */
  addressBlock(origin: string, share = usualShare): Block {
    const limit = this.limitsOf(origin).address;
    return this.#sharedBlock(`${origin} ${share} ${limit?.limit}`, () => ({
      bucket: "address",
      key: this.#addressKey(origin),
      place: "egress",
      windowMs: this.scaled(origin, limit?.windowMs ?? holdWindowMs),
      limit: limit?.limit,
      share,
      kept: keptForAnswers,
    }));
  }

  /** What it has leased of the cap on all writes to a server. */
  serverBlock(origin: string, perHour: number): Block {
    return this.#sharedBlock(`${origin} writes ${perHour}`, () => ({
      bucket: "server",
      key: this.serverKey(origin),
      place: "server",
      windowMs: this.scaled(origin, hourMs),
      limit: perHour,
      share: 1,
      kept: 0,
      cap: `the cap of ${perHour} writes an hour for ${origin}`,
    }));
  }

  /** A window of a server as it is counted here. */
  scaled(origin: string, windowMs: number): number {
    const { windowScale = 1 } = this.#options;
    return windowScale !== 1 && isOnLoopback(origin) ? windowMs * windowScale : windowMs;
  }

  accountKey(name: string, bucket: LimitBucket): string {
    return this.#options.keys.account(name, "budget", bucket);
  }

  riderKey(name: string, rider: string): string {
    return this.#options.keys.account(name, "budget", "rider", rider);
  }

  serverKey(origin: string): string {
    return this.#options.keys.server(origin, "budget", "writes");
  }

  #sharedBlock(id: string, facts: () => Block["facts"]): Block {
    let block = this.#shared.get(id);
    if (block === undefined) this.#shared.set(id, (block = new Block(facts())));
    return block;
  }

  #addressKey(origin: string): string {
    return this.#options.keys.egress(this.#options.egress, origin, "budget");
  }
}
