import type { Redis } from "ioredis";
import { z } from "zod";
import { hearChannel, type Listener } from "../store/channel.js";
import type { Keys } from "../store/keys.js";

const message = z.object({ account: z.string(), why: z.enum(["credentials", "renewal", "due", "brake"]) });

/** Tells an account's owner, whichever process it is, that there is something to look at. */
export type Wake = z.output<typeof message>;

/** Sends it to every process of the fleet; answers how many heard it. */
export async function sendWake(redis: Redis, keys: Keys, wake: Wake): Promise<number> {
  return redis.publish(keys.fleet("wake"), JSON.stringify(wake));
}

/** Hears them on a connection of its own, until the answer is called. */
export async function hearWakes(redis: Redis, keys: Keys, listener: Listener<Wake>): Promise<() => void> {
  return hearChannel(redis, keys.fleet("wake"), message, listener);
}
