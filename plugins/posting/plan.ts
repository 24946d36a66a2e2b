import type { Item, Reading, Validators } from "./feed.js";

/** What is kept between two runs. */
export interface Memory {
  /** The feed it belongs to: another address starts anew. */
  readonly feed: string;
  readonly validators: Validators;
  /** Marks of the items that were dealt with or wait. */
  readonly seen: readonly string[];
  /** New items that wait for their run, oldest first. */
  readonly waiting: readonly Item[];
}

/** What a reading brought, small enough to be kept with the run. */
export interface News {
  readonly validators: Validators;
  /** Of everything that the feed shows. */
  readonly marks: readonly string[];
  /** What has not been seen, oldest first. */
  readonly fresh: readonly Item[];
}

/** What a run does: the items to post, oldest first, and what to remember once they are. */
export interface Plan {
  readonly post: readonly Item[];
  readonly memory: Memory;
}

/** What counts as news. */
export interface Bounds {
  readonly backlog: number;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
}

const maxWaiting = 100;
/** How many marks are kept of items that have left the feed, should it show them again. */
const maxGone = 1000;

/** What is new in a feed; the first time, all that it holds is old, but for the backlog. */
export function newsIn(
  { items, validators }: Extract<Reading, { kind: "items" }>,
  memory: Memory | undefined,
  { backlog, notBefore }: Bounds,
): News {
  const ordered = oldestFirst(withoutRepeats(items));
  const seen = new Set(memory?.seen);
  const fresh =
    memory === undefined
      ? ordered.slice(ordered.length - Math.min(backlog, ordered.length))
      : ordered.filter(({ mark, published }) => !seen.has(mark) && (published === null || published >= notBefore));
  return { validators, marks: ordered.map(({ mark }) => mark), fresh };
}

/** The next run: news goes behind what waits already. */
export function planRun(memory: Memory, news: News | undefined, maxPerRun: number): Plan {
  const seen = new Set(memory.seen);
  // Another run may have dealt with some of the news since it was read.
  const queue = [...memory.waiting, ...(news?.fresh ?? []).filter(({ mark }) => !seen.has(mark))];
  return {
    post: queue.slice(0, maxPerRun),
    memory: {
      feed: memory.feed,
      validators: news?.validators ?? memory.validators,
      seen: news === undefined ? memory.seen : remember(news.marks, memory.seen),
      waiting: queue.slice(maxPerRun).slice(-maxWaiting),
    },
  };
}

/** All that the feed shows now, however long it is, or it would be new again; and some of what it showed before. */
function remember(current: readonly string[], before: readonly string[]): string[] {
  const shown = new Set(current);
  const gone = before.filter((mark) => !shown.has(mark));
  return [...gone.slice(-maxGone), ...shown];
}

function withoutRepeats(items: readonly Item[]): Item[] {
  const met = new Set<string>();
  return items.filter(({ mark }) => {
    const repeated = met.has(mark);
    met.add(mark);
    return !repeated;
  });
}

/** By date where every item has one; else feeds put the newest first. */
function oldestFirst(items: readonly Item[]): Item[] {
  const reversed = items.toReversed();
  if (items.some((item) => item.published === null)) return reversed;
  return reversed.toSorted((a, b) => (a.published ?? 0) - (b.published ?? 0));
}
