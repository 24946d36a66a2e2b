import { expect, test } from "vitest";
import { fleetScenario } from "./fleet-scenario.js";
import { chaos } from "./seed.js";

const { dice, rounds } = chaos("fleet", 1);
const size = { accounts: 50, processes: 3, events: 10_000, eventsPerSecond: 100, settleMs: 5 * 60_000 };

test.each(Array.from({ length: rounds }, (_, round) => round))("round %i: all answered, none twice", async (round) => {
  const { answered, doubled, faults, lost, seconds, standing } = await fleetScenario(size, dice(round));
  console.log(
    `round ${round}: ${answered} answered, ${faults.length} faults, ${seconds} s\n  ${[...faults, ...standing].join("\n  ")}`,
  );
  expect({ lost, doubled }).toEqual({ lost: [], doubled: [] });
  expect(answered).toBe(size.events);
});
