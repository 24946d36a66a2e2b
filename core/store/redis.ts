import { Redis } from "ioredis";
import type { InjectionToken } from "tsyringe";
import { HowdahError } from "../errors.js";

/** Where a Redis server listens: a URL (`redis://`, `rediss://`) or the path of its socket. */
export type RedisAddress = { readonly url: string } | { readonly socket: string };

const connectTimeoutMs = 5_000;

/**
 * Connects, or throws `REDIS_UNREACHABLE` or `REDIS_REFUSED` with the address (never its password).
 * Once connected it reconnects by itself, and commands wait meanwhile.
 */
export async function connectRedis(address: RedisAddress): Promise<Redis> {
  let everReady = false;
  const shared = {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt: number) => (everReady ? Math.min(50 * attempt, 2_000) : null),
  };
  const redis = "socket" in address ? new Redis(address.socket, shared) : new Redis(address.url, shared);
  let lastError: Error | undefined;
  redis.on("error", (error: Error) => (lastError = error));
  try {
    await redis.connect();
    await redis.ping();
    everReady = true;
    return redis;
  } catch (error) {
    redis.disconnect();
    throw unreachable(address, lastError ?? error);
  }
}

/** The address without user and password, fit for messages and logs. */
export function describeAddress(address: RedisAddress): string {
  if ("socket" in address) return address.socket;
  try {
    const url = new URL(address.url);
    return `${url.protocol}//${url.host}${url.pathname === "/" ? "" : url.pathname}`;
  } catch {
    return "the address in REDIS_URL";
  }
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
