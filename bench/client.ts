import { Redis } from "ioredis";
import { keysUnder } from "../core/store/keys.js";
import { goal, median, slope, type Bench, type Findings, type Goal, type Row, type Table } from "./bench.js";
import { build } from "./build.js";
import { Children } from "./client/children.js";
import { ledgerOf, type HeapPoint, type Round, type SideName, type Tally, type Target } from "./client/messages.js";

/** The scoped client against raw undici and against the two clients of Mastodon's API in JavaScript. */
export const client: Bench = {
  name: "client",
  summary: "the scoped client against raw undici, masto and megalodon; memory of idle clients",
  run: async ({ quick }) => {
    const children = new Children(await build());
    try {
      return await measure(children, quick ? quickly : thoroughly);
    } finally {
      children.end();
    }
  },
};

interface Pace {
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
}

const thoroughly: Pace = { rounds: 9, roundMs: 1_000, warmUpMs: 1_500 };
const quickly: Pace = { rounds: 2, roundMs: 100, warmUpMs: 100 };

interface Comparison {
  readonly title: string;
  readonly inFlight: number;
  readonly sides: readonly SideName[];
}

const reads: Comparison = {
  title: "reads, 16 in flight",
  inFlight: 16,
  sides: ["howdah reads", "undici reads", "masto reads", "megalodon reads"],
};
const singleReads: Comparison = {
  title: "reads, one at a time",
  inFlight: 1,
  sides: ["howdah reads", "undici reads"],
};
const writes: Comparison = { title: "writes, 16 in flight", inFlight: 16, sides: ["howdah writes", "undici writes"] };
const singleWrites: Comparison = { ...writes, title: "writes, one at a time", inFlight: 1 };

const rowNames: Readonly<Record<SideName, string>> = {
  "howdah reads": "howdah, full chain",
  "undici reads": "undici request",
  "masto reads": "masto",
  "megalodon reads": "megalodon",
  "howdah writes": "howdah, ledger and audit",
  "undici writes": "undici request + two SET",
};

type Runs = ReadonlyMap<SideName, (round: Round) => Promise<Tally>>;
/** The tallies of each side, by round. */
type Tallies = ReadonlyMap<SideName, readonly Tally[]>;

async function measure(children: Children, pace: Pace): Promise<Findings> {
  const heap = await children.idleHeap();
  const target: Target = { origin: await children.server(), redisUrl: await children.redis() };
  const names = [...reads.sides, ...writes.sides];
  const runs: Runs = new Map(
    await Promise.all(names.map(async (name) => [name, await children.side(name, target)] as const)),
  );
  const tables: Table[] = [];
  const goals: Goal[] = [];
  for (const comparison of [reads, singleReads, writes, singleWrites]) {
    const tallies = await compare(comparison, runs, pace, target.redisUrl);
    tables.push(tableOf(comparison, tallies));
    goals.push(...goalsOf(comparison, tallies));
  }
  goals.push(goal("heap per idle client, KB (100 to 5,000)", bytesPerClient(heap) / 1024, { atMost: 4 }));
  return { conditions: conditionsOf(pace), tables, goals };
}

function conditionsOf({ rounds, roundMs }: Pace): string[] {
  return [
    `medians over ${rounds} rounds of ${roundMs / 1000} s, the sides taking turns; ratios are medians of each round's ratio`,
    "each side alone in its process, as built JavaScript; every side parses the JSON that comes",
    "the server is a bare node:http one on loopback: 3 KB of statuses with Mastodon's headers, no limits in force",
    "Redis on loopback without persistence; 3 posts an invocation",
  ];
}

/** Lets the sides take turns; each round begins with another side. */
async function compare(
  { inFlight, sides }: Comparison,
  runs: Runs,
  { roundMs, rounds, warmUpMs }: Pace,
  redisUrl: string,
): Promise<Tallies> {
  const tallies = new Map<SideName, Tally[]>(sides.map((side) => [side, []]));
  for (let round = -1; round < rounds; round += 1) {
    const isWarmUp = round === -1;
    for (let turn = 0; turn < sides.length; turn += 1) {
      const side = sides[(turn + round + 1) % sides.length];
      const run = side && runs.get(side);
      if (side === undefined || run === undefined) continue;
      await emptyLedger(redisUrl);
      const tally = await run({ inFlight, durationMs: isWarmUp ? warmUpMs : roundMs });
      if (!isWarmUp) tallies.get(side)?.push(tally);
    }
  }
  return tallies;
}

/** Redis without the entries of the round before, and with the epoch that admission asks for. */
async function emptyLedger(redisUrl: string): Promise<void> {
  const redis = new Redis(redisUrl);
  await redis.flushall();
  await redis.set(keysUnder(ledgerOf.prefix).account(ledgerOf.account, "epoch"), ledgerOf.epoch);
  await redis.quit();
}

const throughput = ({ calls, seconds }: Tally) => calls / seconds;
const cpu = ({ calls, cpuMicros }: Tally) => cpuMicros / calls;

function tableOf({ title }: Comparison, tallies: Tallies): Table {
  const rows = [...tallies].map(([side, of]): Row => ({
    side: rowNames[side],
    figures: { "calls/s": median(of.map(throughput)), "CPU us/call": median(of.map(cpu)) },
  }));
  return { title, rows };
}

function goalsOf(comparison: Comparison, tallies: Tallies): Goal[] {
  const { title } = comparison;
  const ratio = (of: (tally: Tally) => number, ours: SideName, theirs: SideName) => {
    const other = tallies.get(theirs) ?? [];
    return median((tallies.get(ours) ?? []).map((tally, round) => of(tally) / of(other[round] ?? tally)));
  };
  switch (comparison) {
    case reads:
      return [
        goal(`${title}: throughput / undici`, ratio(throughput, "howdah reads", "undici reads"), { atLeast: 0.75 }),
        goal(`${title}: CPU / undici`, ratio(cpu, "howdah reads", "undici reads"), { atMost: 1.35 }),
        goal(`${title}: throughput / masto`, ratio(throughput, "howdah reads", "masto reads"), { atLeast: 6 }),
        goal(`${title}: CPU of masto / ours`, ratio(cpu, "masto reads", "howdah reads"), { atLeast: 6 }),
        goal(`${title}: throughput / megalodon`, ratio(throughput, "howdah reads", "megalodon reads"), { atLeast: 3 }),
        goal(`${title}: CPU of megalodon / ours`, ratio(cpu, "megalodon reads", "howdah reads"), { atLeast: 3 }),
      ];
    case singleReads:
      return [
        goal(`${title}: throughput / undici`, ratio(throughput, "howdah reads", "undici reads"), { atLeast: 0.8 }),
      ];
    default:
      return [
        goal(`${title}: throughput / undici + Redis`, ratio(throughput, "howdah writes", "undici writes"), {
          atLeast: 0.8,
        }),
      ];
  }
}

function bytesPerClient(points: readonly HeapPoint[]): number {
  return slope(points.map(({ clients, heapBytes }) => [clients, heapBytes]));
}
