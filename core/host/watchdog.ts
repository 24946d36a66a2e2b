import { randomUUID } from "node:crypto";
import { url as inspectorUrl } from "node:inspector";
import { getHeapStatistics } from "node:v8";
import { Worker } from "node:worker_threads";
import type { RedisAddress } from "../store/redis-address.js";
import type { WatchBoard } from "./watch-board.js";

/** How often the loop says that it turns. */
const beatMs = 100;

/** What V8 counts to the limit for what is young, beside the old space that `--max-old-space-size` sets and that runs out. */
const youngBytes = 48 * 1_048_576;

/** What the watching thread is given. */
export interface WatchdogSettings {
  readonly shared: SharedArrayBuffer;
  readonly address: RedisAddress;
  readonly prefix: string;
  /** Tells this life of this process from all others. */
  readonly process: string;
}

/**
 * Watches the event loop from a thread of its own. What runs while the loop stands still or the heap fills up is noted in
 * Redis; a process whose loop stands still for good is ended, so that others take its accounts over. Answers how to
 * end the watching.
 */
export function startWatchdog(board: WatchBoard, address: RedisAddress, prefix: string): () => Promise<void> {
  // At a breakpoint the loop stands still, too.
  if (inspectorUrl() !== undefined) return async () => undefined;
  const settings: WatchdogSettings = { shared: board.shared, address, prefix, process: randomUUID() };
  const thread = new Worker(new URL("./watchdog-thread.js", import.meta.url), { workerData: settings });
  thread.unref();
  const beat = () => {
    const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics();
    board.beat(used / Math.max(limit - youngBytes, limit / 2));
  };
  beat();
  const beating = setInterval(beat, beatMs).unref();
  return async () => {
    await thread.terminate();
    clearInterval(beating);
  };
}
