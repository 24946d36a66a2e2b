import type { Redis } from "ioredis";
import { HowdahError } from "../errors.js";

/** Redis names why it stores nothing: what is said of it, and what helps. */
const refusals: ReadonlyMap<string, readonly [reason: string, cure: string]> = new Map([
  ["OOM", ["its memory is full", "give it more memory (maxmemory)"]],
  ["MISCONF", ["it cannot save to its disk", "make room on its disk, and see its log"]],
  ["READONLY", ["it is a replica", "let REDIS_URL name its primary, or the sentinels"]],
  ["NOREPLICAS", ["too few replicas follow it", "bring its replicas back, or change min-replicas-to-write"]],
]);
const codes = new RegExp(`\\b(?:${[...refusals.keys()].join("|")})\\b`);
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
  const refusal = code === undefined ? undefined : refusals.get(code);
  if (refusal === undefined) return error;
  const [reason, cure] = refusal;
  return new HowdahError("REDIS_REFUSED", `Redis stores nothing at the moment: ${reason} (${code})`, {
    cure: `${cure}; what waits goes on by itself then`,
    cause: error,
  });
}
