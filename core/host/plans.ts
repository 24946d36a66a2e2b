import { inject, injectable } from "tsyringe";
import type { EntryMark, MarkedFleet } from "./entry-marks.js";
import { InForce, type Configuration } from "./in-force.js";
import { StatusBoard } from "./status.js";

/** What becomes of one account. */
export interface AccountChange {
  readonly account: string;
  readonly change: "added" | "changed" | "renamed" | "removed";
  /** In words: what is different. */
  readonly what: readonly string[];
}

/** What putting a file in force would do. */
export interface Plan {
  /** What is in force now; 0: nothing. */
  readonly generation: number;
  readonly changes: readonly AccountChange[];
  /** How many accounts stay as they are. */
  readonly unchanged: number;
  /** How many accounts some process runs. */
  readonly running: number;
  /** Those of them that would end. */
  readonly stops: readonly string[];
  /** Whether these are more than a fifth. */
  readonly isDrastic: boolean;
}

/** Compares a file with what is in force. */
@injectable()
export class Plans {
  readonly #inForce: InForce;
  readonly #board: StatusBoard;

  constructor(@inject(InForce) inForce: InForce, @inject(StatusBoard) board: StatusBoard) {
    this.#inForce = inForce;
    this.#board = board;
  }

  /** What putting this file in force would do at this moment. */
  async of(own: MarkedFleet): Promise<Plan> {
    const now = await this.#inForce.read();
    const names = [...(now?.entries.keys() ?? [])];
    const rows = await Promise.all(names.map((name) => this.#board.read(name)));
    return planOf(now, own, new Set(names.filter((_, index) => rows[index]?.isFresh === true)));
  }
}

/** The differences between what is in force and a file, with what runs. */
export function planOf(now: Configuration | undefined, own: MarkedFleet, running: ReadonlySet<string>): Plan {
  const before = now?.entries ?? new Map<string, EntryMark>();
  const claimed = new Set([...own.marks.values()].map(({ was }) => was));
  const changes: AccountChange[] = [];
  for (const [account, mark] of own.marks) {
    const old = before.get(account);
    if (old?.digest === mark.digest) continue;
    const { was } = mark;
    const renamed = old === undefined && was !== undefined ? before.get(was) : undefined;
    if (renamed !== undefined) changes.push({ account, change: "renamed", what: [`was ${was}`] });
    else if (old === undefined) changes.push({ account, change: "added", what: [] });
    else changes.push({ account, change: "changed", what: differences(old, mark) });
  }
  const removed = [...before.keys()].filter((name) => !own.marks.has(name) && !claimed.has(name));
  for (const account of removed) changes.push({ account, change: "removed", what: [] });
  const stops = removed.filter((name) => running.has(name));
  return {
    generation: now?.generation ?? 0,
    changes: changes.toSorted((one, other) => one.account.localeCompare(other.account)),
    unchanged: own.marks.size - changes.filter(({ change }) => change !== "removed").length,
    running: running.size,
    stops,
    isDrastic: stops.length * 5 > running.size,
  };
}

function differences(old: EntryMark, mark: EntryMark): string[] {
  const what: string[] = [];
  if (old.server !== mark.server) what.push(`server ${old.server} becomes ${mark.server}`);
  else if (old.settings !== mark.settings) what.push("its settings");
  for (const [rider, digest] of Object.entries(mark.riders)) {
    const before = old.riders[rider];
    if (before === undefined) what.push(`plugin ${rider} is new`);
    else if (before !== digest) what.push(`plugin ${rider} is another, or has other settings`);
  }
  for (const rider of Object.keys(old.riders)) if (!(rider in mark.riders)) what.push(`plugin ${rider} goes`);
  const more = mark.scopes.filter((scope) => !old.scopes.includes(scope));
  const less = old.scopes.filter((scope) => !mark.scopes.includes(scope));
  if (more.length > 0) what.push(`needs ${more.join(" ")} as well`);
  if (less.length > 0) what.push(`needs ${less.join(" ")} no more`);
  return what.length > 0 ? what : ["the order of its plugins"];
}
