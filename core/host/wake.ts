import type { Redis } from "ioredis";
import { z } from "zod";
import type { Keys } from "../store/keys.js";

const message = z.object({ account: z.string(), why: z.enum(["credentials", "renewal", "due", "brake"]) });

/** Tells an account's owner, whichever process it is, that there is something to look at. */
export type Wake = z.output<typeof message>;

/** Sends it to every process of the fleet; answers how many heard it. */
export async function sendWake(redis: Redis, keys: Keys, wake: Wake): Promise<number> {
  return redis.publish(keys.fleet("wake"), JSON.stringify(wake));
}

/** Hears them on a connection of its own, until the answer is called. */
export async function hearWakes(redis: Redis, keys: Keys, onWake: (wake: Wake) => void): Promise<() => void> {
  const subscriber = redis.duplicate();
  subscriber.on("message", (_channel, text) => {
    const wake = message.safeParse(parsed(text));
    if (wake.success) onWake(wake.data);
  });
  // Connection errors are said by the connection that is duplicated here; this one reconnects by itself.
  subscriber.on("error", () => undefined);
  await subscriber.connect();
  await subscriber.subscribe(keys.fleet("wake"));
  return () => subscriber.disconnect();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
