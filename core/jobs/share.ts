import type { Participant } from "./participants.js";

/** How many accounts a process holds in a fair fleet: between these two. */
interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** How much a process wants another account: it has less than its least, has room, or is full. */
type Need = 2 | 1 | 0;

/** A sum of fractions that should be whole may miss it by this. */
const rounding = 1e-9;
const nothing: Bounds = { least: 0, most: 0 };

/**
 * The fair share of one process among those that are live. Each account counts in equal parts for all who may own it,
 * so processes with the same accounts hold ceil(accounts / processes) at most, and those with different ones what is
 * theirs alone and their part of the rest.
 */
export class Share {
  readonly #self: Participant;
  readonly #others: readonly Participant[];
  readonly #bounds: ReadonlyMap<string, Bounds>;

  /** `self` is one of `live`. */
  constructor(self: Participant, live: readonly Participant[]) {
    this.#self = self;
    this.#others = live.filter(({ id }) => id !== self.id);
    this.#bounds = boundsOf(live);
  }

  /** The most that this process holds; what is above, it lets go. */
  get most(): number {
    return this.#boundsOf(this.#self).most;
  }

  /** Whether to take an account, holding `owned`: nobody who may own it needs it more. */
  accepts(account: string, owned: number): boolean {
    return !this.#needier(owned).some(({ accounts }) => accounts.has(account));
  }

  /** Whether to look for accounts at all: one may wait that nobody else needs more. */
  looksForMore(owned: number): boolean {
    const needier = this.#needier(owned);
    if (needier.length === 0) return true;
    if (needier.some(({ digest }) => digest === this.#self.digest)) return false;
    return [...this.#self.accounts].some((account) => !needier.some(({ accounts }) => accounts.has(account)));
  }

  /**
   * Which of the accounts that it holds to let go, the last ones first: those above its share that another one with
   * room may own; or a single one where another has less than its least, and no process holds more than this one.
   */
  surplus(held: readonly string[]): string[] {
    const over = held.length - this.most;
    if (over > 0) return givable(held, this.#needier(held.length)).slice(0, over);
    if (held.length <= this.#boundsOf(this.#self).least || !this.#isFullest(held.length)) return [];
    const needy = this.#others.filter((other) => this.#need(other) === 2);
    return givable(held, needy).slice(0, 1);
  }

  #needier(owned: number): Participant[] {
    const need = this.#need({ ...this.#self, owned });
    return this.#others.filter((other) => this.#need(other) > need);
  }

  #need(participant: Participant): Need {
    const { least, most } = this.#boundsOf(participant);
    if (participant.owned < least) return 2;
    return participant.owned < most ? 1 : 0;
  }

  /** Of those above their least, the one that holds most; the id decides between equals. */
  #isFullest(owned: number): boolean {
    return !this.#others.some((other) => {
      if (other.owned <= this.#boundsOf(other).least) return false;
      return other.owned > owned || (other.owned === owned && other.id < this.#self.id);
    });
  }

  #boundsOf({ digest }: Participant): Bounds {
    return this.#bounds.get(digest) ?? nothing;
  }
}

function givable(held: readonly string[], takers: readonly Participant[]): string[] {
  if (takers.length === 0) return [];
  return held.toReversed().filter((account) => takers.some(({ accounts }) => accounts.has(account)));
}

/** By the digest of their accounts: most processes have the same. */
function boundsOf(live: readonly Participant[]): Map<string, Bounds> {
  const groups = new Map<string, { accounts: ReadonlySet<string>; members: number }>();
  for (const { accounts, digest } of live) {
    groups.set(digest, { accounts, members: (groups.get(digest)?.members ?? 0) + 1 });
  }
  const all = [...groups.values()];
  const bounds = new Map<string, Bounds>();
  for (const [digest, { accounts }] of groups) {
    let share = 0;
    for (const account of accounts) {
      share += 1 / all.reduce((count, other) => count + (other.accounts.has(account) ? other.members : 0), 0);
    }
    bounds.set(digest, { least: Math.floor(share + rounding), most: Math.ceil(share - rounding) });
  }
  return bounds;
}
