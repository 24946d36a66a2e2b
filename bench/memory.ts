import { setTimeout as delay } from "node:timers/promises";
import { goal, slope, type Bench, type Findings, type Row } from "./bench.js";
import { ended, type Bed } from "./fleet/fleet.js";
import { onBed } from "./fleet/on-bed.js";
import { residentBytes } from "./fleet/process-figures.js";
import { allConnected, noneConnected } from "./fleet/waiting.js";

/** What each further account that only listens costs in memory. */
export const memory: Bench = {
  name: "memory",
  summary: "memory of an idle streaming account, with a bare ws socket beside it",
  run: ({ quick }) =>
    onBed((bed) => measure(bed, quick ? [2, 10] : [1_000, 2_000, 3_500, 5_000], quick ? 100 : 15_000)),
};

type Side = (bed: Bed, accounts: number, settleMs: number) => Promise<number>;

async function measure(bed: Bed, counts: readonly number[], settleMs: number): Promise<Findings> {
  const rows: Row[] = [];
  const kilobytes: number[] = [];
  for (const [name, side] of [
    ["howdah, bot run", ofHowdah],
    ["bare ws", ofWs],
  ] as const) {
    const points = await pointsOf(side, bed, counts, settleMs);
    const each = slope(points) / 1_024;
    kilobytes.push(each);
    const megabytes = points.map(([accounts, bytes]) => [`MB at ${accounts}`, bytes / 1_048_576] as const);
    rows.push({ side: name, figures: { "KB each": each, ...Object.fromEntries(megabytes) } });
  }
  return {
    conditions: [
      `resident memory ${settleMs / 1_000} s after the last socket stood, a fresh process for each number of accounts`,
      "each account has one rider that listens to its home timeline; nothing happens on it",
    ],
    tables: [{ title: "idle accounts", rows }],
    goals: [goal("resident KB per idle streaming account", kilobytes[0] ?? Number.NaN, { atMost: 40 })],
  };
}

async function pointsOf(side: Side, bed: Bed, counts: readonly number[], settleMs: number) {
  const points: (readonly [number, number])[] = [];
  for (const accounts of counts) points.push([accounts, await side(bed, accounts, settleMs)]);
  return points;
}

async function ofHowdah(bed: Bed, accounts: number, settleMs: number): Promise<number> {
  const fleet = await bed.fleet(accounts);
  try {
    const child = fleet.start();
    await allConnected(bed, accounts);
    await delay(settleMs);
    return await residentBytes(child);
  } finally {
    await fleet.end();
    await noneConnected(bed);
  }
}

async function ofWs(bed: Bed, accounts: number, settleMs: number): Promise<number> {
  const child = await bed.bare("ws", { accounts });
  try {
    await allConnected(bed, accounts);
    await delay(settleMs);
    return await residentBytes(child);
  } finally {
    await ended(child, "SIGKILL");
    await noneConnected(bed);
  }
}
