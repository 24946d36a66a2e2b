/**
 * How much heap idle clients take: `node --expose-gc idle-heap.js`. Each is what a rider keeps from its set-up, with an
 * account's outlet of its own; it was asked for two groups, and its server told it a limit. Sends its points to its
 * parent.
 */
import { Redis } from "ioredis";
import { bucketsOf } from "../../core/client/buckets.js";
import { createClient } from "../../core/client/create-client.js";
import { createHttp } from "../../core/mastodon/create-http.js";
import { operations } from "../../core/mastodon/operations.js";
import type { HeapPoint } from "./messages.js";
import { budgets, callerOf, keyring, outletOf } from "./outlet.js";

const redis = new Redis({ lazyConnect: true });
const shared = {
  origin: "http://127.0.0.1:1",
  http: createHttp({ userAgent: "howdah-bench" }),
  redis,
  keyring: keyring(),
  budgets: budgets(redis),
};
const { signal } = new AbortController();

function idleClient(number: number): unknown {
  const outlet = outletOf(shared, `account-${number}`);
  outlet.budget.note(bucketsOf(operations.timelines.home, {}), {
    limit: 1_000_000_000,
    left: 999_999_999,
    resetsAt: Date.now() + 300_000,
  });
  const client = createClient<"read:statuses" | "write:statuses">(outlet, callerOf(signal));
  return typeof client.timelines.home === "function" && typeof client.statuses.create === "function" && client;
}

function usedHeap(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const clients: unknown[] = [];
const points = [100, 1_000, 2_500, 5_000].map((count): HeapPoint => {
  while (clients.length < count) clients.push(idleClient(clients.length));
  return { clients: clients.length, heapBytes: usedHeap() };
});
process.send?.(points);
process.disconnect?.();
