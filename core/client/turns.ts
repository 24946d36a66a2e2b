/**
 * Lets two sides that must not overlap take turns: of one side, as much as comes runs side by side. An account's
 * sending of a write and the looking for an equal one are such sides: what was just sent would be taken for what is
 * looked for.
 */
export class Turns<Side extends string> {
  readonly #underWay = new Map<string, { readonly side: Side; readonly works: Set<Promise<unknown>> }>();

  /** Runs `work` once nothing of another side is under way for the subject. */
  async run<T>(subject: string, side: Side, work: () => Promise<T>): Promise<T> {
    for (let now = this.#underWay.get(subject); now !== undefined && now.side !== side;) {
      await Promise.allSettled(now.works);
      now = this.#underWay.get(subject);
    }
    const works = this.#underWay.get(subject)?.works ?? new Set();
    this.#underWay.set(subject, { side, works });
    const running = work();
    works.add(running);
    try {
      return await running;
    } finally {
      works.delete(running);
      if (works.size === 0) this.#underWay.delete(subject);
    }
  }
}
