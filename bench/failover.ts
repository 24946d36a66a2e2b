import { setTimeout as delay } from "node:timers/promises";
import { goal, type Bench, type Findings } from "./bench.js";
import { ended, type Bed } from "./fleet/fleet.js";
import { onBed } from "./fleet/on-bed.js";
import { allConnected, noneConnected, secondsOf } from "./fleet/waiting.js";

/** How long accounts are without a stream when their process ends. */
export const failover: Bench = {
  name: "failover",
  summary: "one of three processes killed, or told to stop, until all its accounts stream again",
  run: ({ quick }) => onBed((bed) => measure(bed, quick ? 6 : 60, quick ? 1 : 5)),
};

const processes = 3;
/** For the accounts to spread over the processes. */
const spreadMs = 15_000;
const noticedWithinMs = 15_000;

/** What a round took from the signal on, in seconds. */
interface Taken {
  readonly untilAllStream: number;
  readonly untilGone: number;
}

async function measure(bed: Bed, accounts: number, rounds: number): Promise<Findings> {
  const killed = await afterSignal(bed, "SIGKILL", accounts, rounds);
  const told = await afterSignal(bed, "SIGTERM", accounts, rounds);
  const row = (side: string, taken: readonly Taken[], figure: keyof Taken) => {
    const seconds = taken.map((round) => round[figure]);
    return { side, figures: { "shortest, s": Math.min(...seconds), "longest, s": Math.max(...seconds) } };
  };
  const longest = (taken: readonly Taken[]) => Math.max(...taken.map(({ untilAllStream }) => untilAllStream));
  return {
    conditions: [
      `${rounds} rounds each with ${accounts} accounts over ${processes} processes, one of which owns a share`,
      "from the signal until the server has a subscribed socket of every account again; the longest of the rounds counts",
    ],
    tables: [
      {
        title: "until all stream",
        rows: [row("kill -9", killed, "untilAllStream"), row("SIGTERM", told, "untilAllStream")],
      },
      { title: "until the process is gone", rows: [row("SIGTERM", told, "untilGone")] },
    ],
    goals: [
      goal("kill -9, longest, s", longest(killed), { atMost: 10 }),
      goal("SIGTERM, longest, s", longest(told), { atMost: 2 }),
    ],
  };
}

async function afterSignal(
  bed: Bed,
  signal: "SIGKILL" | "SIGTERM",
  accounts: number,
  rounds: number,
): Promise<Taken[]> {
  const taken: Taken[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const fleet = await bed.fleet(accounts);
    try {
      const [first] = Array.from({ length: processes }, () => fleet.start());
      await allConnected(bed, accounts);
      await delay(spreadMs);
      await allConnected(bed, accounts);
      if (first === undefined) continue;
      const gone = secondsOf(() => ended(first, signal));
      const untilAllStream = await secondsOf(async () => {
        await someGone(bed, accounts);
        await allConnected(bed, accounts);
      });
      taken.push({ untilAllStream, untilGone: await gone });
    } finally {
      await fleet.end();
      await noneConnected(bed);
    }
  }
  return taken;
}

/** The server has noticed that a process ends. Throws where it had no account: then nothing is measured. */
async function someGone(bed: Bed, accounts: number): Promise<void> {
  const deadline = performance.now() + noticedWithinMs;
  while ((await bed.order({ ask: "sockets" })) === accounts) {
    if (performance.now() > deadline) throw new Error("the process that ended owned no account");
    await delay(1);
  }
}
