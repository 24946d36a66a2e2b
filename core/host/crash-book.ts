import type { Redis } from "ioredis";
import { z } from "zod";
import type { Keys } from "../store/keys.js";
import type { Watched } from "./watch-board.js";

/** What took a process down, or is about to. `blocked`: the event loop stood still. `memory`: the heap was full. */
export type CrashCause = "blocked" | "memory";

/** So long a crash counts. */
const countedMs = 60 * 60 * 1_000;
/** So many of different processes within that time, and the rider is held. */
const mostCrashes = 2;

const mark = z.object({
  at: z.number(),
  cause: z.enum(["blocked", "memory"]),
  running: z.array(z.object({ event: z.string(), invocation: z.string() })),
});
const held = z.object({ since: z.number(), cause: z.enum(["blocked", "memory"]), event: z.string() });

/** Why a rider is not run any more until a human says so. Times are milliseconds since the epoch. */
export type HeldRider = z.output<typeof held>;

/** What is known of an account's riders: who is held, and what ran when a process went down. */
export interface CrashRecord {
  readonly held: ReadonlyMap<string, HeldRider>;
  /** `rider invocation` */
  readonly suspected: ReadonlySet<string>;
}

/** What an account's riders did to their processes. Names and kinds of events only, nothing of what they hold. */
export class CrashBook {
  readonly #redis: Redis;
  readonly #marks: string;
  readonly #held: string;

  constructor(redis: Redis, keys: Keys, account: string) {
    this.#redis = redis;
    this.#marks = keys.account(account, "crashes");
    this.#held = keys.account(account, "held");
  }

  /** What of the account runs in a process that seems to go down. It stays if the process does. */
  async mark(process: string, cause: CrashCause, running: readonly Watched[]): Promise<void> {
    const byRider = byRiderOf(running);
    const rows = [...byRider].map(([rider, own]) => {
      const events = own.map(({ event, invocation }) => ({ event, invocation }));
      return [`${rider} ${process}`, JSON.stringify({ at: Date.now(), cause, running: events })] as const;
    });
    if (rows.length === 0) return;
    await this.#redis.hset(this.#marks, Object.fromEntries(rows));
    await this.#redis.pexpire(this.#marks, countedMs);
  }

  /** The process lives. */
  async unmark(process: string, riders: readonly string[]): Promise<void> {
    if (riders.length > 0) await this.#redis.hdel(this.#marks, ...riders.map((rider) => `${rider} ${process}`));
  }

  /** What came to its end took nothing down: it only ran beside it. */
  async acquit(rider: string, invocation: string): Promise<void> {
    const marks = (await this.#readMarks()).filter(
      (each) => each.rider === rider && each.running.some((one) => one.invocation === invocation),
    );
    if (marks.length > 0) await this.#redis.hdel(this.#marks, ...marks.map(({ field }) => field));
  }

  /** Reads what is known; riders that have taken two processes down are held from here on. */
  async read(): Promise<CrashRecord> {
    const [stored, marks] = await Promise.all([this.#redis.hgetall(this.#held), this.#readMarks()]);
    const known = new Map<string, HeldRider>();
    for (const [rider, text] of Object.entries(stored)) {
      const row = held.safeParse(parsed(text));
      if (row.success) known.set(rider, row.data);
    }
    const recent = marks.filter(({ at }) => at > Date.now() - countedMs).toSorted((a, b) => a.at - b.at);
    for (const rider of new Set(recent.map((each) => each.rider))) {
      const own = recent.filter((each) => each.rider === rider);
      const last = own.at(-1);
      if (known.has(rider) || last === undefined || own.length < mostCrashes) continue;
      const row = { since: Date.now(), cause: last.cause, event: last.running.at(-1)?.event ?? "" };
      await this.#redis.hset(this.#held, rider, JSON.stringify(row));
      known.set(rider, row);
    }
    const suspected = recent.flatMap(({ rider, running }) => running.map((one) => suspicion(rider, one.invocation)));
    return { held: known, suspected: new Set(suspected) };
  }

  /** Lets a rider run again, as if it had never taken a process down; false: it was not held. */
  async release(rider: string): Promise<boolean> {
    const fields = (await this.#readMarks()).filter((each) => each.rider === rider).map(({ field }) => field);
    if (fields.length > 0) await this.#redis.hdel(this.#marks, ...fields);
    return (await this.#redis.hdel(this.#held, rider)) === 1;
  }

  async #readMarks() {
    const rows = Object.entries(await this.#redis.hgetall(this.#marks));
    return rows.flatMap(([field, text]) => {
      const row = mark.safeParse(parsed(text));
      // A rider's name holds no space.
      return row.success ? [{ ...row.data, field, rider: field.slice(0, field.indexOf(" ")) }] : [];
    });
  }
}

/** How an invocation is named among those that are suspected. */
export function suspicion(rider: string, invocation: string): string {
  return `${rider} ${invocation}`;
}

const causes: Readonly<Record<CrashCause, string>> = {
  blocked: "the event loop stood still",
  memory: "the memory ran out",
};

/** What took the process down, in words. */
export function causeWords(cause: CrashCause): string {
  return causes[cause];
}

/** Why the rider is held, and what lets it run again. */
export function heldWords(account: string, rider: string, { cause, event }: HeldRider): string {
  const what = `it took two processes down within an hour, last at ${event} (${causeWords(cause)})`;
  return `${what}; correct the plugin, then let it run again with: bot retry --account ${account} --rider ${rider}`;
}

function byRiderOf(running: readonly Watched[]): Map<string, Watched[]> {
  const found = new Map<string, Watched[]>();
  for (const one of running) found.set(one.rider, [...(found.get(one.rider) ?? []), one]);
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
