import type { Findings } from "../bench.js";
import { build } from "../build.js";
import { Processes } from "../processes.js";
import { Bed } from "./fleet.js";

/** Measures on a fresh server and a fresh Redis, which end with it. */
export async function onBed(measure: (bed: Bed) => Promise<Findings>): Promise<Findings> {
  const processes = new Processes(await build());
  try {
    return await measure(await Bed.make(processes));
  } finally {
    processes.end();
  }
}
