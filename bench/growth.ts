import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { goal, median, type Bench, type Findings } from "./bench.js";
import type { Bed } from "./fleet/fleet.js";
import { onBed } from "./fleet/on-bed.js";
import { cpuMicros } from "./fleet/process-figures.js";
import { allConnected, noneConnected } from "./fleet/waiting.js";

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
          : { few: 100, many: 5_000, rounds: 5, events: 5_000, settleMs: 20_000 },
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
      "what the process takes in as long a time without events is taken off",
    ],
    tables: [{ title: "one process", rows: [row(`${pace.few} accounts`, small), row(`${pace.many} accounts`, large)] }],
    goals: [goal("CPU per event, many accounts / few", large.perEvent / small.perEvent, { atMost: 1.2 })],
  };
}

async function costAt(bed: Bed, accounts: number, { events, rounds, settleMs }: Pace): Promise<Cost> {
  const fleet = await bed.fleet(accounts);
  try {
    const child = fleet.start();
    await allConnected(bed, accounts);
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

async function roundOf(bed: Bed, child: ChildProcess, events: number): Promise<Cost> {
  const [before, started] = [await cpuMicros(child), performance.now()];
  await bed.order({ ask: "burst", events, everyMs: 1 });
  // What was coalesced is stored.
  await delay(500);
  const tookMs = performance.now() - started;
  const busy = await cpuMicros(child);
  await delay(tookMs);
  const idle = (await cpuMicros(child)) - busy;
  return { perEvent: (busy - before - idle) / events, idlePercent: idle / tookMs / 10 };
}
