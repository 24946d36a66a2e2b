import { goal, median, type Bench, type Findings } from "./bench.js";
import { ended, type Bed } from "./fleet/fleet.js";
import { onBed } from "./fleet/on-bed.js";
import { allConnected, noneConnected, secondsOf } from "./fleet/waiting.js";

/** As many requests at a time as the product has connections to a server. */
const atATime = 16;

/** From the start of a process until all its cached accounts stream. */
export const coldstart: Bench = {
  name: "coldstart",
  summary: "1,000 cached accounts from the start of the process to streaming, against the bare requests and sockets",
  run: ({ quick }) => onBed((bed) => measure(bed, quick ? 10 : 1_000, quick ? 1 : 5)),
};

async function measure(bed: Bed, accounts: number, rounds: number): Promise<Findings> {
  const [ours, bare]: [number[], number[]] = [[], []];
  const verifies: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = await bed.order({ ask: "requests" });
    ours.push(await ofHowdah(bed, accounts));
    verifies.push((await bed.order({ ask: "requests" })) - before);
    bare.push(await ofBare(bed, accounts));
  }
  return {
    conditions: [
      `medians over ${rounds} rounds, the sides taking turns, a fresh process each; the clock begins before the process`,
      `bare: verify_credentials, then the socket, ${atATime} at a time, with undici and ws`,
      "the accounts' credentials are cached, as after a restart",
    ],
    tables: [
      {
        title: `${accounts} accounts`,
        rows: [
          { side: "howdah, bot run", figures: { seconds: median(ours), requests: median(verifies) } },
          { side: "bare requests and sockets", figures: { seconds: median(bare), requests: 2 * accounts } },
        ],
      },
    ],
    goals: [
      goal("time to streaming / bare", median(ours.map((seconds, round) => seconds / (bare[round] ?? seconds))), {
        atMost: 1.5,
      }),
    ],
  };
}

async function ofHowdah(bed: Bed, accounts: number): Promise<number> {
  const fleet = await bed.fleet(accounts);
  try {
    return await secondsOf(async () => {
      fleet.start();
      await allConnected(bed, accounts);
    });
  } finally {
    await fleet.end();
    await noneConnected(bed);
  }
}

async function ofBare(bed: Bed, accounts: number): Promise<number> {
  let child: Awaited<ReturnType<Bed["bare"]>> | undefined;
  const seconds = await secondsOf(async () => {
    child = await bed.bare("ws", { accounts, verifyFirst: atATime });
    await allConnected(bed, accounts);
  });
  if (child !== undefined) await ended(child, "SIGKILL");
  await noneConnected(bed);
  return seconds;
}
