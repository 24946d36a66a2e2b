import type { Redis } from "ioredis";
import type { InjectionToken } from "tsyringe";
import { HowdahError } from "../errors.js";
import { GatheredRedis } from "./gathered-redis.js";
import { unlessRefused } from "./refusal.js";
import { describeAddress, parseSentinels, type RedisAddress } from "./redis-address.js";

const connectTimeoutMs = 5_000;
/** A connection on which nothing is answered for so long is opened anew: the other end may be gone without a word. */
const cutOffMs = 15_000;

/** How a connection is made and kept. */
interface ConnectionOptions {
  readonly lazyConnect: true;
  readonly connectTimeout: number;
  readonly maxRetriesPerRequest: null;
  readonly socketTimeout?: number;
  /** In milliseconds, after so many attempts (from 1); null: give up. */
  readonly retryStrategy: (attempt: number) => number | null;
}

/** Makes a connection, which opens as its options say. Where the address names sentinels, each opening asks them anew. */
export function redisAt(address: RedisAddress, options: ConnectionOptions): Redis {
  const withCutOff = { socketTimeout: cutOffMs, ...options };
  if ("socket" in address) return new GatheredRedis(address.socket, withCutOff);
  const sentinels = parseSentinels(address.url);
  if (sentinels === undefined) return new GatheredRedis(address.url, withCutOff);
  const { hosts, isEncrypted, name, password, sentinelPassword, username } = sentinels;
  return new GatheredRedis({
    ...withCutOff,
    sentinels: hosts.map((host) => ({ ...host })),
    name,
    username,
    password,
    sentinelPassword,
    sentinelRetryStrategy: options.retryStrategy,
    ...(isEncrypted && { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }),
  });
}

/**
 * Connects, or throws `REDIS_UNREACHABLE` or `REDIS_REFUSED` with the address (never its password).
 * Once connected it reconnects by itself, and commands wait meanwhile.
 */
export async function connectRedis(address: RedisAddress): Promise<Redis> {
  let everReady = false;
  const redis = redisAt(address, {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt: number) => (everReady ? Math.min(50 * attempt, 2_000) : null),
  });
  let lastError: Error | undefined;
  redis.on("error", (error: Error) => (lastError = error));
  try {
    await redis.connect();
    // One that stores nothing now refuses even this, and answers all the same.
    await redis.ping().catch(unlessRefused);
    everReady = true;
  } catch (error) {
    redis.disconnect();
    throw unreachable(address, lastError ?? error);
  }
  const problem = await clusterProblem(redis);
  if (problem === undefined) return redis;
  redis.disconnect();
  throw new HowdahError("REDIS_REFUSED", `Redis at ${describeAddress(address)} ${problem}`, {
    cure: "use a server by itself, a cluster of one node that has every slot, or sentinels (docs/scaling.md)",
  });
}

const slots = 16_384;

/** A node that has a part of the keys only would refuse the others one by one. A server that does not say is taken. */
async function clusterProblem(redis: Redis): Promise<string | undefined> {
  const said = await redis.info("cluster").catch(() => "");
  if (!said.includes("cluster_enabled:1")) return undefined;
  const facts = new Map(
    [...String(await redis.call("CLUSTER", "INFO")).matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [
      name,
      value,
    ]),
  );
  const [nodes, assigned] = [Number(facts.get("cluster_size")), Number(facts.get("cluster_slots_assigned"))];
  if (nodes > 1) return `is one of ${nodes} nodes of a cluster, which share the keys between them`;
  return assigned < slots ? `is a node of a cluster that has ${assigned} of ${slots} slots` : undefined;
}

function unreachable(address: RedisAddress, cause: unknown): HowdahError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (/WRONGPASS|NOAUTH|NOPERM/.test(reason)) {
    return new HowdahError("REDIS_REFUSED", `Redis at ${describeAddress(address)} refuses the password`, {
      cure: "put the right user and password into REDIS_URL (redis://user:password@host:6379)",
      cause,
    });
  }
  return new HowdahError("REDIS_UNREACHABLE", `Redis at ${describeAddress(address)} does not answer (${reason})`, {
    cure: "start it, or correct REDIS_URL; without REDIS_URL a redis-server from the path is used",
    cause,
  });
}

/** The injection token of the fleet's Redis connection. */
export const RedisToken: InjectionToken<Redis> = Symbol("Redis");
