import { array, assert, integer, nat, property } from "fast-check";
import { expect, test } from "vitest";
import type { Participant } from "../../core/jobs/participants.js";
import { Share } from "../../core/jobs/share.js";

/** Processes by id, with the accounts that each may own and those that it holds. */
class Herd {
  readonly #processes: { id: string; accounts: ReadonlySet<string>; held: string[] }[];

  constructor(...processes: [accounts: readonly string[], held: readonly string[]][]) {
    this.#processes = processes.map(([accounts, held], index) => ({
      id: `p${index}`,
      accounts: new Set(accounts),
      held: [...held],
    }));
  }

  get held(): number[] {
    return this.#processes.map(({ held }) => held.length);
  }

  /** Lets one process after the other see the present, let go, and take what is free. Answers how many moved. */
  turn(): number {
    let moved = 0;
    for (const process of this.#processes) {
      for (const account of this.#shareOf(process.id).surplus(process.held)) {
        process.held.splice(process.held.indexOf(account), 1);
        moved += 1;
      }
    }
    for (const process of this.#processes) {
      for (const account of this.#free()) {
        if (!process.accounts.has(account) || !this.#shareOf(process.id).looksForMore(process.held.length)) continue;
        if (!this.#shareOf(process.id).accepts(account, process.held.length)) continue;
        process.held.push(account);
        moved += 1;
      }
    }
    return moved;
  }

  #free(): string[] {
    const held = new Set(this.#processes.flatMap((process) => process.held));
    const all = new Set(this.#processes.flatMap(({ accounts }) => [...accounts]));
    return [...all].filter((account) => !held.has(account));
  }

  #shareOf(id: string): Share {
    const live = this.#processes.map((process): Participant => ({
      id: process.id,
      accounts: process.accounts,
      digest: [...process.accounts].toSorted().join(" "),
      owned: process.held.length,
    }));
    const self = live.find((participant) => participant.id === id);
    if (self === undefined) throw new Error(`no process ${id}`);
    return new Share(self, live);
  }
}

const named = (count: number) => Array.from({ length: count }, (_, index) => `a${index}`);

test("who is alone takes everything; who joins gets a fair part", () => {
  const all = named(10);
  const herd = new Herd([all, all], [all, []], [all, []]);
  while (herd.turn() > 0);
  expect(herd.held.toSorted((one, other) => one - other)).toEqual([3, 3, 4]);
});

test("a process with nothing gets one although nobody holds more than the whole number above the share", () => {
  const all = named(4);
  const herd = new Herd([all, ["a0", "a1"]], [all, ["a2", "a3"]], [all, []]);
  while (herd.turn() > 0);
  expect(herd.held.toSorted((one, other) => one - other)).toEqual([1, 1, 2]);
});

test("a full process takes what only it may own, and lets another one go for it", () => {
  const herd = new Herd(
    [
      ["x", "y", "only"],
      ["x", "y"],
    ],
    [["x", "y"], []],
  );
  while (herd.turn() > 0);
  expect(herd.held.reduce((sum, held) => sum + held)).toBe(3);
  expect(Math.max(...herd.held)).toBe(2);
});

test("whatever each may own and holds: everything is held in the end, and then nothing moves any more", () => {
  const accounts = array(
    integer({ min: 0, max: 30 }).map((number) => `a${number}`),
    { maxLength: 30 },
  );
  assert(
    property(array(accounts, { minLength: 1, maxLength: 6 }), (lists) => {
      const taken = new Set<string>();
      const herd = new Herd(
        ...lists.map((list): [string[], string[]] => {
          const own = [...new Set(list)];
          const held = own.filter((account) => !taken.has(account));
          for (const account of held) taken.add(account);
          return [own, held];
        }),
      );
      let turns = 0;
      while (herd.turn() > 0 && turns < 500) turns += 1;
      expect(turns).toBeLessThan(500);
      expect(herd.held.reduce((sum, held) => sum + held, 0)).toBe(taken.size);
    }),
  );
});

test("processes with the same accounts differ by one at most", () => {
  assert(
    property(integer({ min: 1, max: 60 }), array(nat({ max: 60 }), { minLength: 1, maxLength: 7 }), (count, cuts) => {
      const all = named(count);
      const edges = cuts.map((cut) => Math.min(cut, count)).toSorted((one, other) => one - other);
      const herd = new Herd(
        ...edges.map((edge, index): [string[], string[]] => [all, all.slice(edges[index - 1] ?? 0, edge)]),
        [all, all.slice(edges.at(-1) ?? 0)],
      );
      while (herd.turn() > 0);
      expect(Math.max(...herd.held) - Math.min(...herd.held)).toBeLessThanOrEqual(1);
    }),
  );
});
