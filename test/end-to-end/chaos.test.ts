import { expect, test } from "vitest";
import { fleetScenario } from "../chaos/fleet-scenario.js";
import { chaos } from "../chaos/seed.js";

/** A short seed of what `npm run test:chaos fleet` does at length. */
const { dice } = chaos("fleet", 1, { CHAOS_SEED: "12" });
const size = { accounts: 6, processes: 3, events: 200, eventsPerSecond: 6, settleMs: 5 * 60_000 };

test(
  "mentions are answered once each, whatever happens to processes, Redis, sockets and the server",
  {
    timeout: 8 * 60_000,
  },
  async () => {
    const { answered, doubled, faults, lost } = await fleetScenario(size, dice(0));
    console.log(faults.join("\n"));
    expect({ lost, doubled }).toEqual({ lost: [], doubled: [] });
    expect(answered).toBe(size.events);
    expect(faults.length).toBeGreaterThan(2);
  },
);
