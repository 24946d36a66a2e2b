import type { Redis } from "ioredis";
import type { ZodType } from "zod";

/** Hears what is said on a channel, on a connection of its own, until the answer is called. Other messages are passed over. */
export async function hearChannel<T>(
  redis: Redis,
  channel: string,
  schema: ZodType<T>,
  onMessage: (message: T) => void,
): Promise<() => void> {
  const subscriber = redis.duplicate();
  subscriber.on("message", (_channel, text) => {
    const message = schema.safeParse(parsed(text));
    if (message.success) onMessage(message.data);
  });
  // Connection errors are said by the connection that is duplicated here; this one reconnects by itself.
  subscriber.on("error", () => undefined);
  await subscriber.connect();
  await subscriber.subscribe(channel);
  return () => subscriber.disconnect();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
