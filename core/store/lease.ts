import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";

const release = `
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0`;

/**
 * Runs `work` in one process at a time per key. A holder that dies loses the lease after `holdMs`; `work` must end
 * before that, and what it stores must stand on its own (compare-and-set), because a lease cannot fence.
 */
export async function withLease<T>(redis: Redis, key: string, holdMs: number, work: () => Promise<T>): Promise<T> {
  const holder = randomUUID();
  while ((await redis.set(key, holder, "PX", holdMs, "NX")) === null) await sleep(25 + Math.random() * 75);
  try {
    return await work();
  } finally {
    await redis.eval(release, 1, key, holder);
  }
}
