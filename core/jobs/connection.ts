import type { Redis } from "ioredis";
import { redisAt } from "../store/redis.js";
import type { RedisAddress } from "../store/redis-address.js";

/** What jobs and ownership write to the log: a pino logger fits. */
export interface JobsLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A half-open socket is given up after this long without an answer: longer than BullMQ ever blocks (10 s). */
const socketTimeoutMs = 15_000;
const connectTimeoutMs = 5_000;

/**
 * A connection as BullMQ wants it: commands wait through a reconnect instead of failing. It connects on first use;
 * BullMQ duplicates it where it needs a blocking one.
 */
export function queueConnection(address: RedisAddress): Redis {
  return redisAt(address, {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    maxRetriesPerRequest: null,
    socketTimeout: socketTimeoutMs,
    retryStrategy: (attempt: number) => Math.min(50 * attempt, 2_000),
  });
}

/** Ends a connection at once. One that has ended already is left alone: ioredis would wait 2 s for its end once more. */
export function endConnection(connection: Redis): void {
  if (connection.status !== "end") connection.disconnect();
}

/** An id that BullMQ accepts, whatever the caller's looks like: no colon, never an integer. */
export function encodeId(id: string): string {
  return `id-${encodeURIComponent(id)}`;
}

/** The caller's id again; undefined where it is none of ours. */
export function decodeId(encoded: string): string | undefined {
  return encoded.startsWith("id-") ? decodeURIComponent(encoded.slice(3)) : undefined;
}

const sameErrorPauseMs = 30_000;

/** Logs connection errors, each text at most every 30 s: while Redis is down every connection reports each attempt. */
export function connectionErrorLog(log: JobsLog): (error: Error) => void {
  const lastLogged = new Map<string, number>();
  return (error) => {
    const now = performance.now();
    const before = lastLogged.get(error.message);
    if (before !== undefined && now - before < sameErrorPauseMs) return;
    if (lastLogged.size > 100) lastLogged.clear();
    lastLogged.set(error.message, now);
    log.warn({ err: error }, "jobs: Redis or BullMQ reports an error");
  };
}

/** What a caught value says, whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
