import { setTimeout as delay } from "node:timers/promises";
import type { Bed } from "./fleet.js";

/** Waits until the server has a subscribed socket for each account. */
export async function allConnected(bed: Bed, count: number): Promise<void> {
  while ((await bed.order({ ask: "sockets" })) < count) await delay(10);
}

/** Waits until the server has none. */
export async function noneConnected(bed: Bed): Promise<void> {
  while ((await bed.order({ ask: "sockets" })) > 0) await delay(10);
}

/** Waits until the server was asked for so many timelines, of all that it was ever asked for. */
export async function timelinesRead(bed: Bed, count: number): Promise<void> {
  while ((await bed.order({ ask: "timelines" })) < count) await delay(10);
}

/** Seconds that the work takes. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}
