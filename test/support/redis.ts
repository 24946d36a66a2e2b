import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { afterAll, inject } from "vitest";
import { keysUnder, type Keys } from "../../core/store/keys.js";
import { connectRedis } from "../../core/store/redis.js";
import type { RedisAddress } from "../../core/store/redis-address.js";

/** A corner of the run's Redis server that no other test uses. */
export interface TestRedis {
  readonly url: string;
  readonly address: RedisAddress;
  /** Random: what `BOT_PREFIX` is for a fleet. */
  readonly prefix: string;
  readonly keys: Keys;
  /** For child processes: `spawn(..., { env: { ...process.env, ...redis.env } })`. */
  readonly env: { readonly REDIS_URL: string; readonly BOT_PREFIX: string };
  /** A connection that is closed by itself when the test file ends. */
  connect(): Promise<Redis>;
}

const connections: Redis[] = [];

afterAll(() => {
  for (const redis of connections.splice(0)) redis.disconnect();
});

/** A server by itself, and the only node of a cluster. */
export const redisKinds = ["single", "cluster"] as const;

/**
 * A real Redis under a random prefix; call it once per file, or per test where tests must not see each other. A cluster,
 * unless the test says otherwise: it refuses scripts and transactions that span two slots, and is no different else.
 */
export function testRedis(kind: (typeof redisKinds)[number] = "cluster"): TestRedis {
  const url = inject(kind === "cluster" ? "clusterUrl" : "redisUrl");
  const prefix = `test-${randomBytes(6).toString("hex")}`;
  return {
    url,
    address: { url },
    prefix,
    keys: keysUnder(prefix),
    env: { REDIS_URL: url, BOT_PREFIX: prefix },
    connect: async () => {
      const redis = await connectRedis({ url });
      connections.push(redis);
      return redis;
    },
  };
}

/** Removes everything under a prefix; key by key, for a cluster. */
export async function emptied(redis: Redis, prefix: string): Promise<void> {
  for (const name of await redis.keys(`${prefix}:*`)) await redis.del(name);
}
