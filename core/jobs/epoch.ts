import type { Redis } from "ioredis";

/** Rises only from the value that was read: a process that was stopped in between cannot raise its successor's. */
const raiseFrom = `
if (redis.call("GET", KEYS[1]) or "0") ~= ARGV[1] then return 0 end
return redis.call("INCR", KEYS[1])`;

/**
 * The next epoch at `key`; undefined if `stillOwner` says no. Read, ask for the lock, raise if unchanged: an owner
 * of the past, stopped at any point of this, leaves the epoch of the present owner alone.
 */
export async function raiseEpoch(
  redis: Redis,
  key: string,
  stillOwner: () => Promise<boolean>,
): Promise<number | undefined> {
  for (;;) {
    const before = (await redis.get(key)) ?? "0";
    if (!(await stillOwner())) return undefined;
    const raised = Number(await redis.eval(raiseFrom, 1, key, before));
    if (raised > 0) return raised;
  }
}
