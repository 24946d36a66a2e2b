import { setTimeout as sleep } from "node:timers/promises";
import { BudgetError } from "../errors.js";
import type { Block } from "./block.js";
import type { Ask } from "./budget.js";
import type { BudgetStore } from "./budget-store.js";

/** How long bulk work stands back where answers are about to take what there is. */
const standBackMs = 10;

type Turn = Pick<Ask, "name" | "isUrgent" | "deadline" | "signal">;

/** Lets requests through as there is room for them, leasing it in blocks. */
export class BudgetGate {
  readonly #store: BudgetStore;

  constructor(store: BudgetStore) {
    this.#store = store;
  }

  /**
   * Takes one of each block, now or after waiting; `onFull` is told of each that has to be waited for. Throws
   * BudgetError where that is not before the deadline.
   */
  take(ask: Turn, blocks: readonly Block[], onFull?: (full: Block) => void): Promise<void> | undefined {
    const now = Date.now();
    for (const block of blocks) if (!block.hasRoom(ask.isUrgent, now)) return this.#wait(ask, blocks, onFull);
    for (const block of blocks) block.take();
    return undefined;
  }

  async #wait(
    { deadline, isUrgent, name, signal }: Turn,
    blocks: readonly Block[],
    onFull?: (full: Block) => void,
  ): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const now = Date.now();
      const lacking = blocks.filter((block) => !block.hasRoom(isUrgent, now));
      if (lacking.length === 0) return blocks.forEach((block) => block.take());
      if (!isUrgent && lacking.some((block) => block.isPromised(now))) {
        await sleep(standBackMs, undefined, { signal });
        continue;
      }
      for (const block of lacking) block.join(isUrgent);
      try {
        const full = await this.#refill(lacking, isUrgent, now);
        if (full === undefined) continue;
        const at = full.roomAt(isUrgent);
        onFull?.(full);
        if (at >= deadline) throw new BudgetError(name, new Date(at), full.facts.cap);
        await sleep(at - Date.now(), undefined, { signal });
      } finally {
        for (const block of lacking) block.leave(isUrgent);
      }
    }
  }

  /** Leases what is lacking; answers the block that stays full the longest, undefined where there may be room now. */
  async #refill(lacking: readonly Block[], isUrgent: boolean, now: number): Promise<Block | undefined> {
    const known = fullest(lacking, isUrgent, now);
    if (known !== undefined) return known;
    const idle = lacking.filter(({ leasing }) => leasing === undefined);
    for (const place of new Set(idle.map(({ facts }) => facts.place))) {
      this.#lease(
        idle.filter(({ facts }) => facts.place === place),
        isUrgent,
        now,
      );
    }
    await Promise.all(lacking.flatMap(({ leasing }) => leasing ?? []));
    return fullest(lacking, isUrgent, Date.now());
  }

  #lease(blocks: readonly Block[], isUrgent: boolean, now: number): void {
    const leasing = this.#ask(blocks, isUrgent, now).finally(() => {
      for (const block of blocks) block.leasing = undefined;
    });
    for (const block of blocks) block.leasing = leasing;
  }

  async #ask(blocks: readonly Block[], isUrgent: boolean, now: number): Promise<void> {
    const leases = await this.#store.lease(blocks.map((block) => block.request(isUrgent, now)));
    blocks.forEach((block, at) => {
      const lease = leases[at];
      if (lease !== undefined) block.fill(lease, isUrgent, now);
    });
  }
}

function fullest(blocks: readonly Block[], isUrgent: boolean, now: number): Block | undefined {
  let found: Block | undefined;
  for (const block of blocks) {
    const at = block.roomAt(isUrgent);
    if (at > now && at > (found?.roomAt(isUrgent) ?? 0)) found = block;
  }
  return found;
}
