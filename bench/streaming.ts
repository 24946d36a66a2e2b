import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { goal, median, type Bench, type Findings, type Row } from "./bench.js";
import type { BareSide } from "./fleet/bare.js";
import { ended, type Bed, type Fleet } from "./fleet/fleet.js";
import { cpuMicros } from "./fleet/process-figures.js";
import { allConnected, noneConnected } from "./fleet/waiting.js";
import { onBed } from "./fleet/on-bed.js";
import { message } from "./processes.js";

/** Events from socket to handled, against bare `ws` and the two clients of Mastodon's API in JavaScript. */
export const streaming: Bench = {
  name: "streaming",
  summary: "events from the socket to handled and acknowledged, against ws, masto and megalodon",
  run: ({ quick }) =>
    onBed((bed) =>
      measure(bed, quick ? { rounds: 1, events: 300, warmUp: 50 } : { rounds: 5, events: 20_000, warmUp: 5_000 }),
    ),
};

interface Pace {
  readonly rounds: number;
  readonly events: number;
  readonly warmUp: number;
}

/** What a side took for the events of a round. */
interface Tally {
  readonly seconds: number;
  readonly cpuMicros: number;
}

type Side = "howdah" | BareSide;
const sides: readonly Side[] = ["howdah", "ws", "masto", "megalodon"];
const accounts = 1;

const rowNames: Readonly<Record<Side, string>> = {
  howdah: "howdah, acknowledged",
  ws: "ws + two JSON.parse",
  masto: "masto",
  megalodon: "megalodon",
};

async function measure(bed: Bed, pace: Pace): Promise<Findings> {
  const tallies = new Map<Side, Tally[]>(sides.map((side) => [side, []]));
  for (let round = 0; round < pace.rounds; round += 1) {
    for (let turn = 0; turn < sides.length; turn += 1) {
      const side = sides[(turn + round) % sides.length];
      if (side === undefined) continue;
      tallies.get(side)?.push(side === "howdah" ? await ofHowdah(bed, pace) : await ofBare(bed, side, pace));
    }
  }
  const of = (side: Side, figure: keyof Tally) => (tallies.get(side) ?? []).map((tally) => tally[figure]);
  const ratio = (figure: keyof Tally, theirs: Side) =>
    median(of("howdah", figure).map((ours, round) => (of(theirs, figure)[round] ?? Number.NaN) / ours));
  const rows = sides.map((side): Row => ({
    side: rowNames[side],
    figures: {
      "events/s": pace.events / median(of(side, "seconds")),
      "CPU us/event": median(of(side, "cpuMicros")) / pace.events,
    },
  }));
  return {
    conditions: [
      `medians over ${pace.rounds} rounds of ${pace.events} status events of 3 KB on one socket, the sides taking turns`,
      "each side alone in its process, fresh in each round, after a warm-up; the server sends as fast as the socket takes it",
      "howdah is bot run with one rider; an event counts once it is acknowledged in Redis",
    ],
    tables: [{ title: "one account", rows }],
    goals: [
      goal("throughput / ws", ratio("seconds", "ws"), { atLeast: 0.75 }),
      goal("CPU of ws / ours", ratio("cpuMicros", "ws"), { atLeast: 0.75 }),
      goal("throughput / masto", ratio("seconds", "masto"), { atLeast: 6 }),
      goal("CPU of masto / ours", ratio("cpuMicros", "masto"), { atLeast: 6 }),
      goal("throughput / megalodon", ratio("seconds", "megalodon"), { atLeast: 0.85 }),
      goal("CPU of megalodon / ours", ratio("cpuMicros", "megalodon"), { atLeast: 0.85 }),
    ],
  };
}

async function ofHowdah(bed: Bed, { events, warmUp }: Pace): Promise<Tally> {
  const fleet = await bed.fleet(accounts);
  try {
    const child = fleet.start();
    await allConnected(bed, accounts);
    return await timed(bed, child, { events, warmUp }, (count) => handled(fleet, count));
  } finally {
    await fleet.end();
    await noneConnected(bed);
  }
}

async function ofBare(bed: Bed, side: BareSide, pace: Pace): Promise<Tally> {
  const child = await bed.bare(side, { accounts });
  await allConnected(bed, accounts);
  try {
    return await timed(bed, child, pace, async (count) => {
      const reached = message(child);
      child.send(count);
      await reached;
    });
  } finally {
    await ended(child, "SIGKILL");
    await noneConnected(bed);
  }
}

/** Sends the events and waits until they came; the warm-up first. */
async function timed(
  bed: Bed,
  child: ChildProcess,
  { events, warmUp }: Pick<Pace, "events" | "warmUp">,
  reached: (count: number) => Promise<void>,
): Promise<Tally> {
  await Promise.all([reached(warmUp), bed.order({ ask: "burst", events: warmUp, everyMs: 0 })]);
  await delay(500);
  const [cpu, started] = [await cpuMicros(child), performance.now()];
  await Promise.all([reached(warmUp + events), bed.order({ ask: "burst", events, everyMs: 0 })]);
  const seconds = (performance.now() - started) / 1_000;
  return { seconds, cpuMicros: (await cpuMicros(child)) - cpu };
}

async function handled(fleet: Fleet, count: number): Promise<void> {
  while ((await fleet.handled(accounts)) < count) await delay(10);
}
