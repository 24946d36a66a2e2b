import type { ChildProcess } from "node:child_process";
import { goal, median, type Bench, type Findings } from "./bench.js";
import { ended, type Bed, type Fleet } from "./fleet/fleet.js";
import { onBed } from "./fleet/on-bed.js";
import { cpuMicros } from "./fleet/process-figures.js";
import { allConnected, noneConnected, secondsOf, timelinesRead } from "./fleet/waiting.js";

/** From the start of a process until all its cached accounts stream. */
export const coldstart: Bench = {
  name: "coldstart",
  summary: "1,000 cached accounts from the start of the process to streaming, against the bare requests and sockets",
  run: ({ quick }) => onBed((bed) => measure(bed, quick ? 10 : 1_000, quick ? 1 : 5)),
};

/** What one start took, until all stream and until all have read what they missed. */
interface Start {
  readonly seconds: number;
  readonly caughtUpSeconds: number;
  readonly requests: number;
  readonly cpuSeconds: number;
}

async function measure(bed: Bed, accounts: number, rounds: number): Promise<Findings> {
  const [ours, bare]: [Start[], Start[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await ofHowdah(bed, accounts));
    bare.push(await ofBare(bed, accounts));
  }
  return {
    conditions: [
      `medians over ${rounds} rounds, the sides taking turns, a fresh process each; the clock begins before the process`,
      "howdah: the same accounts ran before and were told to stop, as at a restart: tokens, places and mirror are there",
      "bare: verify_credentials at the product's pace (one, then one more with each answer, up to ten), then the socket, with undici and ws",
      "CPU is the side's process's until all stream; requests are all until each account has read what it missed",
    ],
    tables: [
      {
        title: `${accounts} accounts`,
        rows: [
          { side: "howdah, bot run", figures: figuresOf(ours) },
          { side: "bare requests and sockets", figures: figuresOf(bare) },
        ],
      },
    ],
    goals: [
      goal(
        "time to streaming / bare",
        median(ours.map(({ seconds }, round) => seconds / (bare[round]?.seconds ?? seconds))),
        { atMost: 1.5 },
      ),
    ],
  };
}

function figuresOf(starts: readonly Start[]): Record<string, number> {
  return {
    "s to streaming": median(starts.map(({ seconds }) => seconds)),
    "s to caught up": median(starts.map(({ caughtUpSeconds }) => caughtUpSeconds)),
    "CPU s": median(starts.map(({ cpuSeconds }) => cpuSeconds)),
    requests: median(starts.map(({ requests }) => requests)),
  };
}

async function ofHowdah(bed: Bed, accounts: number): Promise<Start> {
  const fleet = await bed.fleet(accounts);
  try {
    await runBefore(bed, fleet, accounts);
    const timelines = await bed.order({ ask: "timelines" });
    const requests = await bed.order({ ask: "requests" });
    const started = performance.now();
    const child = fleet.start();
    await allConnected(bed, accounts);
    const seconds = (performance.now() - started) / 1_000;
    const cpuSeconds = (await cpuMicros(child)) / 1_000_000;
    await timelinesRead(bed, timelines + accounts);
    const caughtUpSeconds = (performance.now() - started) / 1_000;
    return { seconds, caughtUpSeconds, cpuSeconds, requests: (await bed.order({ ask: "requests" })) - requests };
  } finally {
    await fleet.end();
    await noneConnected(bed);
  }
}

/** Who has no place yet asks for the newest post first, and then reads as everybody does. */
async function runBefore(bed: Bed, fleet: Fleet, accounts: number): Promise<void> {
  const timelines = await bed.order({ ask: "timelines" });
  const child = fleet.start();
  await timelinesRead(bed, timelines + 2 * accounts);
  await ended(child, "SIGTERM");
  await noneConnected(bed);
}

async function ofBare(bed: Bed, accounts: number): Promise<Start> {
  const requests = await bed.order({ ask: "requests" });
  let child: ChildProcess | undefined;
  const seconds = await secondsOf(async () => {
    child = await bed.bare("ws", { accounts, verifyFirst: true });
    await allConnected(bed, accounts);
  });
  const cpuSeconds = child === undefined ? 0 : (await cpuMicros(child)) / 1_000_000;
  if (child !== undefined) await ended(child, "SIGKILL");
  await noneConnected(bed);
  return { seconds, caughtUpSeconds: seconds, cpuSeconds, requests: (await bed.order({ ask: "requests" })) - requests };
}
