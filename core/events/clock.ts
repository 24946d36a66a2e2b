import { createHash } from "node:crypto";
import { z } from "zod";
import { defineJob, type Jobs, type Repeat } from "../jobs/jobs.js";
import { nextTick, tickTimes } from "../jobs/tick-times.js";

/** A tick of one rider's clock; whoever takes it puts it on the account's due list. */
export const tickJob = defineJob(
  "tick",
  z.object({ account: z.string(), rider: z.string(), name: z.string(), jitterMs: z.number().optional() }),
);

/** What a tick's job says. */
export type TickData = z.output<typeof tickJob.schema>;

/** What becomes of ticks that came due while nobody was there: the last one counts, all do, or none does. */
export type Missed = "last" | "all" | "none";

/** A `cron` or `every` that a rider asked for. */
export interface ClockEntry {
  readonly rider: string;
  readonly name: string;
  readonly repeat: Repeat;
  /** How long after its time a tick is handled, in milliseconds. */
  readonly jitterMs: number;
  readonly missed: Missed;
}

/** Where an account's clocks are written down, by `rider/clock`. */
export interface ClockBook {
  clocks(): Promise<ReadonlyMap<string, string>>;
  keepClock(id: string, text: string): Promise<void>;
  dropClock(id: string): Promise<void>;
}

/** The jitter of a clock whose plugin does not say otherwise. */
export const usualJitterMs = 120_000;
/** Of the ticks that were missed so many count at most. */
export const mostMissed = 100;
/** A tick of a clock whose missed ones do not count may be so late. */
export const missedAfterMs = 60_000;

/**
 * Makes exactly these clocks tick for the account: new ones begin, changed ones change, others end. The book names
 * what ticks before it begins, and until it has ended.
 */
export async function setClocks(
  jobs: Jobs,
  book: ClockBook,
  account: string,
  clocks: readonly ClockEntry[],
): Promise<void> {
  const wanted = new Map(clocks.map((clock) => [clockId(clock), clock]));
  const known = await book.clocks();
  for (const id of known.keys()) {
    if (wanted.has(id)) continue;
    await jobs.endRepeat(tickJob, `${account}/${id}`);
    await book.dropClock(id);
  }
  for (const [id, clock] of wanted) {
    const { jitterMs, name, repeat, rider } = clock;
    const before = read(known.get(id));
    if (before === undefined || !isSame(before.repeat, repeat)) {
      await book.keepClock(id, JSON.stringify({ repeat, since: Date.now() }));
    }
    await jobs.repeat(tickJob, `${account}/${id}`, repeat, { account, rider, name, jitterMs });
  }
}

/** Ends what ticks under an account's old name: the book came along, the clocks begin anew under the new one. */
export async function endClocks(jobs: Jobs, book: ClockBook, oldName: string): Promise<void> {
  for (const id of (await book.clocks()).keys()) await jobs.endRepeat(tickJob, `${oldName}/${id}`);
}

/** When ticks of a clock came due that never came to an end, the oldest first: since the last one, or since it stands. */
export async function missedTicks(
  book: ClockBook,
  clock: ClockEntry,
  last: number | undefined,
  now: number,
): Promise<number[]> {
  if (clock.missed === "none") return [];
  const since = read((await book.clocks()).get(clockId(clock)))?.since;
  if (since === undefined) return [];
  const after = Math.max(since, last ?? 0);
  // The times of an interval follow from one of them only.
  if ("everyMs" in clock.repeat && after !== last) return [];
  return tickTimes(clock.repeat, { after, until: now, most: clock.missed === "all" ? mostMissed : 1 });
}

/**
 * How long after their time a clock's ticks are handled: the same for each tick, so that their distances stay, and another
 * for each clock, so that a fleet does not act all at once. At most a quarter of the time between two ticks.
 */
export function clockJitterMs(account: string, clock: Omit<ClockEntry, "jitterMs">, limitMs: number): number {
  // An interval has a phase of its own.
  if ("everyMs" in clock.repeat) return 0;
  const { cron, timezone } = clock.repeat;
  const first = nextTick(cron, timezone, Date.now());
  const gapMs = nextTick(cron, timezone, first) - first;
  const mostMs = Math.min(limitMs, Math.floor(gapMs / 4));
  const spread =
    createHash("sha256")
      .update(`${account}/${clockId(clock)}`)
      .digest()
      .readUInt32BE(0) /
    2 ** 32;
  return Math.floor(spread * (mostMs + 1));
}

function clockId({ name, rider }: Pick<ClockEntry, "rider" | "name">): string {
  return `${rider}/${name}`;
}

function read(text: string | undefined): { repeat: Repeat; since: number } | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as { repeat: Repeat; since: number });
}

function isSame(before: Repeat, repeat: Repeat): boolean {
  return JSON.stringify(before) === JSON.stringify(repeat);
}
