import type { Account } from "../accounts/account.js";
import type { Limit, LimitBucket, Limits } from "../mastodon/limits.js";
import type { RateLimit } from "../mastodon/rate-limit.js";
import { Block } from "./block.js";
import type { Ask, Budget, BudgetRow, Refusal } from "./budget.js";
import type { Budgets } from "./budgets.js";
import { keptForAnswers } from "./budget-store.js";
import type { Buckets } from "./buckets.js";

/** A reset may lie beyond the window's length by this much: clocks differ, and `Date` is cut to the second. */
const resetToleranceMs = 2_000;
const hourMs = 60 * 60 * 1_000;

/** Whose budget it is. */
export type BudgetAccount = Pick<Account, "name" | "server" | "share" | "caps">;

/** The budget of one account in the process that owns it. */
export class LeasedBudget implements Budget {
  readonly #budgets: Budgets;
  readonly #account: BudgetAccount;
  readonly #onCap: (cap: string) => void;
  readonly #blocks = new Map<string, Block>();
  readonly #groups = new Map<Buckets, readonly Block[]>();
  #limits: Limits | undefined;

  /** `onCap` is called with what a cap is when writes have to wait for it. */
  constructor(budgets: Budgets, account: BudgetAccount, onCap: (cap: string) => void = () => undefined) {
    this.#budgets = budgets;
    this.#account = account;
    this.#onCap = onCap;
  }

  take(ask: Ask): Promise<void> | undefined {
    const blocks = this.#blocksOf(ask.buckets);
    const { gate } = this.#budgets;
    if (ask.writer === undefined) return gate.take(ask, blocks);
    return gate.take(ask, [...blocks, ...this.#capsOf(ask.writer)], ({ facts }) => {
      if (facts.cap !== undefined) this.#onCap(facts.cap);
    });
  }

  note(buckets: Buckets, limit: RateLimit): void {
    this.#meant(buckets, limit)?.hear(limit);
  }

  async hold(buckets: Buckets, { isOverload, limit, until }: Refusal): Promise<void> {
    const address = this.#blocksOf(buckets).find(({ facts }) => facts.place === "egress");
    const meant = (limit && this.#meant(buckets, limit)) ?? this.#likely(buckets);
    const block = isOverload ? (address ?? meant) : meant;
    if (block !== undefined) await this.#budgets.hold(block, until);
  }

  rows(): Promise<BudgetRow[]> {
    return this.#budgets.rows(
      this.#account,
      [...this.#blocks.keys()].filter((name) => name.startsWith("rider ")),
    );
  }

  async release(): Promise<void> {
    const unused = [...this.#blocks.values()].map((block) => block.empty()).filter((back) => back.unused > 0);
    if (unused.length > 0) await this.#budgets.store.giveBack(unused);
  }

  #blocksOf(buckets: Buckets): readonly Block[] {
    const limits = this.#budgets.limitsOf(this.#account.server);
    if (limits !== this.#limits) {
      // It is known by now what the server runs. What holds on keeps what was leased.
      for (const bucket of this.#blocks.keys()) {
        const name = bucket as LimitBucket;
        if (limits[name] !== this.#limits?.[name]) this.#blocks.delete(bucket);
      }
      this.#limits = limits;
      this.#groups.clear();
    }
    let blocks = this.#groups.get(buckets);
    if (blocks === undefined) {
      blocks = buckets.flatMap((bucket) => this.#blockOf(bucket, limits[bucket]) ?? []);
      this.#groups.set(buckets, blocks);
    }
    return blocks;
  }

  #blockOf(bucket: LimitBucket, limit: Limit | undefined): Block | undefined {
    const { name, server, share } = this.#account;
    if (bucket === "address") return this.#budgets.addressBlock(server, share);
    if (limit === undefined) return undefined;
    return this.#own(bucket, () => ({
      bucket,
      key: this.#budgets.accountKey(name, bucket),
      place: "account",
      windowMs: this.#budgets.scaled(server, limit.windowMs),
      limit: limit.limit,
      share,
      kept: keptForAnswers,
    }));
  }

  #capsOf(rider: string): readonly Block[] {
    const { caps, name, server } = this.#account;
    const bucket = `rider ${rider}`;
    const own = this.#own(bucket, () => ({
      bucket,
      key: this.#budgets.riderKey(name, rider),
      place: "account",
      windowMs: this.#budgets.scaled(server, hourMs),
      limit: caps.riderPerHour,
      share: 1,
      kept: 0,
      cap: `the cap of ${caps.riderPerHour} writes an hour for ${rider}`,
    }));
    return [own, this.#budgets.serverBlock(server, caps.serverPerHour)];
  }

  #own(name: string, facts: () => Block["facts"]): Block {
    let block = this.#blocks.get(name);
    if (block === undefined) this.#blocks.set(name, (block = new Block(facts())));
    return block;
  }

  /** The bucket that the server surely spoke of: the only one with that limit whose window may end then. */
  #meant(buckets: Buckets, { limit, resetsAt }: RateLimit): Block | undefined {
    const endsInMs = resetsAt - Date.now() - resetToleranceMs;
    const blocks = this.#blocksOf(buckets);
    let [found, matching, limited] = [undefined as Block | undefined, 0, 0];
    for (const block of blocks) {
      if (block.limit === 0 || block.facts.windowMs < endsInMs) continue;
      limited += 1;
      if (block.limit !== limit && (matching > 0 || found !== undefined)) continue;
      if (block.limit === limit) matching += 1;
      found = block;
    }
    if (matching > 0) return matching === 1 ? found : undefined;
    // A limit of the operator's own: of what counts in nothing in particular, the token's is the tightest.
    return limited === 1 || buckets.length === 3 ? found : undefined;
  }

  /** The bucket that a refusal without a word about limits is probably about: what the request is in particular. */
  #likely(buckets: Buckets): Block | undefined {
    const blocks = this.#blocksOf(buckets);
    const limited = blocks.filter(({ limit }) => limit > 0);
    const named = (...names: string[]) => limited.find(({ facts }) => names.includes(facts.bucket));
    const particular = limited.find(({ facts }) => !["token", "account", "address"].includes(facts.bucket));
    return particular ?? named("token") ?? named("address") ?? blocks.at(-1);
  }
}
