import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { goal, median, type Bench, type Findings } from "./bench.js";
import type { Bed } from "./fleet/fleet.js";
import { onBed } from "./fleet/on-bed.js";
import { cpuMicros } from "./fleet/process-figures.js";
import { allConnected, noneConnected, timelinesRead } from "./fleet/waiting.js";

/** An account without a place asks for the newest post first, and then reads as everybody does. */
const readsOfNewcomer = 2;

interface Pace {
  readonly few: number;
  readonly many: number;
  readonly rounds: number;
  readonly events: number;
  readonly settleMs: number;
}

/** Whether an event costs the same in a large fleet as in a small one. */
export const growth: Bench = {
  name: "growth",
  summary: "CPU per event at 5,000 accounts against 100 in one process",
  run: ({ quick }) =>
    onBed((bed) =>
      measure(
        bed,
        quick
          ? { few: 2, many: 10, rounds: 1, events: 100, settleMs: 100 }
          : { few: 100, many: 5_000, rounds: 3, events: 5_000, settleMs: 5_000 },
      ),
    ),
};

/** What a fleet's process took. */
interface Cost {
  /** Microseconds per event, what the process takes when nothing happens taken off. */
  readonly perEvent: number;
  /** Of a core, when nothing happens. */
  readonly idlePercent: number;
}

async function measure(bed: Bed, pace: Pace): Promise<Findings> {
  const small = await costAt(bed, pace.few, pace);
  const large = await costAt(bed, pace.many, pace);
  const row = (side: string, cost: Cost) => ({
    side,
    figures: { "CPU us/event": cost.perEvent, "idle, % of a core": cost.idlePercent },
  });
  return {
    conditions: [
      `medians over ${pace.rounds} rounds of ${pace.events} events, one a millisecond, spread over all accounts`,
      "the two costs apart: CPU per event is without what the process takes in as long a time without events, before and after; that is the idle column",
      "an event is handled, acknowledged in Redis and told in the account's status, each account's by itself: ten a second and account with few accounts, one in five seconds with many",
    ],
    tables: [{ title: "one process", rows: [row(`${pace.few} accounts`, small), row(`${pace.many} accounts`, large)] }],
    goals: [goal("CPU per event, many accounts / few", large.perEvent / small.perEvent, { atMost: 1.2 })],
  };
}

async function costAt(bed: Bed, accounts: number, { events, rounds, settleMs }: Pace): Promise<Cost> {
  const fleet = await bed.fleet(accounts);
  try {
    const timelines = await bed.order({ ask: "timelines" });
    const child = fleet.start();
    await allConnected(bed, accounts);
    await timelinesRead(bed, timelines + readsOfNewcomer * accounts);
    await fleet.mirrored();
    await bed.order({ ask: "burst", events, everyMs: 1 });
    await delay(settleMs);
    const costs: Cost[] = [];
    for (let round = 0; round < rounds; round += 1) costs.push(await roundOf(bed, child, events));
    return {
      perEvent: median(costs.map((cost) => cost.perEvent)),
      idlePercent: median(costs.map((cost) => cost.idlePercent)),
    };
  } finally {
    await fleet.end();
    await noneConnected(bed);
  }
}

/** Half of the time without events lies before them and half behind, so that what still settles weighs on neither side. */
async function roundOf(bed: Bed, child: ChildProcess, events: number): Promise<Cost> {
  const idleMs = events / 2;
  const idleBefore = await microsIn(child, () => delay(idleMs));
  const started = performance.now();
  const busy = await microsIn(child, async () => {
    await bed.order({ ask: "burst", events, everyMs: 1 });
    // What was coalesced is stored.
    await delay(500);
  });
  const tookMs = performance.now() - started;
  const idleAfter = await microsIn(child, () => delay(idleMs));
  const idlePerMs = (idleBefore + idleAfter) / (2 * idleMs);
  return { perEvent: (busy - idlePerMs * tookMs) / events, idlePercent: idlePerMs / 10 };
}

/** CPU time that the process takes while something else is done, in microseconds. */
async function microsIn(child: ChildProcess, work: () => Promise<unknown>): Promise<number> {
  const before = await cpuMicros(child);
  await work();
  return (await cpuMicros(child)) - before;
}
