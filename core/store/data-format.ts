import type { Redis } from "ioredis";
import { HowdahError } from "../errors.js";
import type { Keys } from "./keys.js";

/** The form of what this version stores; it rises when an older version could not read it. */
const dataFormat = 1;

/** Refuses data that a newer version wrote. Throws DATA_NEWER. */
export async function checkDataFormat(redis: Redis, keys: Keys): Promise<void> {
  const key = keys.fleet("data-format");
  if ((await redis.get(key)) === null) await redis.set(key, dataFormat, "NX");
  const stored = Number(await redis.get(key));
  if (stored <= dataFormat) return;
  throw new HowdahError("DATA_NEWER", `Redis holds data of format ${stored}, this version knows ${dataFormat}`, {
    cure: "run the newer version of Howdah, or another BOT_PREFIX",
  });
}
