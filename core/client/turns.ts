import { setTimeout as sleep } from "node:timers/promises";

/** The works of one side that are under way for a subject. */
interface UnderWay<Side> {
  readonly side: Side;
  readonly works: Set<Promise<unknown>>;
  /** Whether the other side waits: then nothing more of this side begins before it. */
  isWanted: boolean;
}

/**
 * Lets two sides that must not overlap take turns: of one side, as much as comes runs side by side. An account's
 * sending of a write and the looking for an equal one are such sides: what was just sent would be taken for what is
 * looked for.
 */
export class Turns<Side extends string> {
  #underWay: Map<string, UnderWay<Side>> | undefined;

  /** Runs `work` once nothing of another side is under way for the subject; rejects with `late()` after the deadline. */
  async run<T>(subject: string, side: Side, turn: { deadline: number; late(): Error; work(): Promise<T> }): Promise<T> {
    for (;;) {
      const now = this.#underWay?.get(subject);
      if (now === undefined || (now.side === side && !now.isWanted)) break;
      if (now.side !== side) now.isWanted = true;
      if (!(await endedBefore(turn.deadline, now.works))) throw turn.late();
    }
    this.#underWay ??= new Map();
    const underWay = this.#underWay.get(subject) ?? { side, works: new Set(), isWanted: false };
    this.#underWay.set(subject, underWay);
    const running = turn.work();
    underWay.works.add(running);
    try {
      return await running;
    } finally {
      underWay.works.delete(running);
      if (underWay.works.size === 0) this.#underWay?.delete(subject);
    }
  }
}

/** Waits for all works; false where the deadline (milliseconds since the epoch) comes first. */
async function endedBefore(deadline: number, works: ReadonlySet<Promise<unknown>>): Promise<boolean> {
  const ended = new AbortController();
  const late = sleep(Math.max(0, deadline - Date.now()), false, { signal: ended.signal }).catch(() => false);
  const isInTime = await Promise.race([Promise.allSettled(works).then(() => true), late]);
  ended.abort();
  return isInTime;
}
