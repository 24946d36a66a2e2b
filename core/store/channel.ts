import type { Redis } from "ioredis";
import type { ZodType } from "zod";

/** Who hears what is said on a channel. */
export interface Listener<T> {
  readonly onMessage: (message: T) => void;
  /** The connection was lost and is back: what was said meanwhile was not heard. */
  readonly onGap?: () => void;
  /** A connection that is silent for so long, although it was asked for a sign of life, is opened anew. Default 15 s. */
  readonly silenceMs?: number;
}

const usualSilenceMs = 15_000;

/** Hears what is said on a channel, on a connection of its own, until the answer is called. Other messages are passed over. */
export async function hearChannel<T>(
  redis: Redis,
  channel: string,
  schema: ZodType<T>,
  { onGap, onMessage, silenceMs = usualSilenceMs }: Listener<T>,
): Promise<() => void> {
  const subscriber = redis.duplicate({ socketTimeout: silenceMs });
  subscriber.on("message", (_channel, text) => {
    const message = schema.safeParse(parsed(text));
    if (message.success) onMessage(message.data);
  });
  // Connection errors are said by the connection that is duplicated here; this one reconnects by itself.
  subscriber.on("error", () => undefined);
  await subscriber.connect();
  await subscriber.subscribe(channel);
  // From here on it is ready again only after it was lost. It has to hear again before what was missed is looked for.
  subscriber.on("ready", () => void subscriber.subscribe(channel).then(onGap, () => undefined));
  // It sends nothing otherwise, and would not notice that the other end is gone.
  const signsOfLife = setInterval(() => void subscriber.ping().catch(() => undefined), silenceMs);
  return () => {
    clearInterval(signsOfLife);
    subscriber.disconnect();
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
