import type { Redis } from "ioredis";
import { HowdahError } from "../errors.js";

/** Redis names why it stores nothing: memory or disk full, a snapshot that failed, a replica, too few replicas. */
const codes = /\b(?:OOM|MISCONF|READONLY|NOREPLICAS)\b/;
const probeKeptMs = 1_000;

/** Why Redis stores nothing at this moment; undefined: it does. `key` is written for a moment. */
export async function refusalNow(redis: Redis, key: string): Promise<HowdahError | undefined> {
  try {
    await redis.set(key, "", "PX", probeKeptMs);
    return undefined;
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal instanceof HowdahError) return refusal;
    throw error;
  }
}

/** Goes on where Redis only refuses to store; throws anything else. */
export function unlessRefused(error: unknown): undefined {
  if (asRefusal(error) === error) throw error;
}

/**
 * `REDIS_REFUSED` where an error of a command says that Redis takes no changes now, else the error itself. Redis puts
 * its code into the error's text, and nowhere else.
 */
export function asRefusal(error: unknown): unknown {
  const code = error instanceof Error ? codes.exec(error.message)?.[0] : undefined;
  if (code === undefined) return error;
  return new HowdahError("REDIS_REFUSED", `Redis stores nothing at the moment (${code})`, {
    cure: "make room on its disk or in its memory; what waits goes on by itself",
    cause: error,
  });
}
