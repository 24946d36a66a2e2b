import { setTimeout as sleep } from "node:timers/promises";
import type { ServerInfo } from "../mastodon/server-info.js";
import { openStream, streamingAddress, type StreamAuth, type StreamEnd } from "../mastodon/stream.js";
import type { Subscription } from "../mastodon/stream.js";
import type { ServerEvent } from "./event.js";
import { eventIn } from "./subscriptions.js";

/** How an account hears of events at the moment. */
export interface Hearing {
  readonly mode: "streaming" | "polling" | "none";
  readonly connected: boolean;
}

/** What listening needs, and whom it tells. */
export interface ListenOptions {
  readonly info: Pick<ServerInfo, "streaming">;
  readonly subscriptions: readonly Subscription[];
  readonly userAgent: string;
  readonly signal: AbortSignal;
  /** The token in force; throws where there is none. */
  accessToken(): string;
  onEvent(event: ServerEvent): void;
  onHearing(hearing: Hearing): void;
  /** The connection is gone: from now on something may be missed. */
  onGap(): void;
  /** Reads what was missed. Called at each start, each reconnect, and from time to time. */
  catchUp(): Promise<void>;
  /** The server refused the token at the upgrade, or closed as it does when a token is revoked. */
  onRefused(): void;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

const pollEveryMs = 60_000;
/** Streams have been seen to stay open and carry nothing: what they lost is read at the latest then. */
const catchUpEveryMs = 5 * 60_000;
const longestPauseMs = 60_000;
/** A connection that stood this long was a good one: the next pause is short again. */
const goodConnectionMs = 60_000;

/** The ways a token travels, the best first; servers that refuse one are asked in the next. */
const authWays: readonly StreamAuth[] = ["header", "query", "protocol"];

/** Listens until the signal aborts: a socket that is opened again and again, or polling where the server has none. */
export async function listen(options: ListenOptions): Promise<void> {
  const { info, signal, subscriptions } = options;
  if (subscriptions.length === 0) {
    options.onHearing({ mode: "none", connected: false });
    return untilAborted(signal);
  }
  if (info.streaming === undefined) return poll(options);
  let failures = 0;
  let way = 0;
  while (!signal.aborted) {
    const startedAt = Date.now();
    const end = await holdSocket(options, info.streaming, authWays[way] ?? "header");
    if (signal.aborted) return;
    options.onHearing({ mode: "streaming", connected: false });
    options.log.info({ ...end }, "the stream ended");
    if (end.kind === "refused") way = (way + 1) % authWays.length;
    // Only once no way was left is it the token that was refused, and not how it travelled.
    if ((end.kind === "refused" && way === 0) || end.kind === "closed") options.onRefused();
    failures = Date.now() - startedAt > goodConnectionMs ? 0 : failures + 1;
    // What cannot be streamed at the moment is polled: the notifications come, if later.
    if (failures > 2) await options.catchUp().catch(() => undefined);
    await pause(failures, signal);
  }
}

async function poll(options: ListenOptions): Promise<void> {
  while (!options.signal.aborted) {
    const connected = await options.catchUp().then(
      () => true,
      (error: unknown) => {
        options.log.warn({ err: error }, "polling failed");
        return false;
      },
    );
    options.onHearing({ mode: "polling", connected });
    await sleep(pollEveryMs * (0.9 + Math.random() * 0.2), undefined, { signal: options.signal }).catch(
      () => undefined,
    );
  }
}

/** One socket from its opening to its end. */
function holdSocket(options: ListenOptions, base: string, auth: StreamAuth): Promise<StreamEnd> {
  return new Promise((resolve) => {
    let backstop: NodeJS.Timeout | undefined;
    const read = () => {
      options.catchUp().catch((error: unknown) => {
        if (!options.signal.aborted) options.log.warn({ err: error }, "catching up failed");
      });
    };
    const stream = openStream({
      url: streamingAddress(base),
      token: options.accessToken(),
      auth,
      userAgent: options.userAgent,
      signal: options.signal,
      onOpen: () => {
        options.onHearing({ mode: "streaming", connected: true });
        read();
        backstop = setInterval(read, catchUpEveryMs);
      },
      onFrame: (frame) => {
        const event = eventIn(frame);
        if (event !== undefined) options.onEvent(event);
      },
      onRefusal: (refusal) => options.log.warn({ ...refusal }, "a subscription was refused"),
      onClose: (end) => {
        clearInterval(backstop);
        options.onGap();
        resolve(end);
      },
    });
    for (const subscription of options.subscriptions) stream.subscribe(subscription);
  });
}

/** Exponential with full jitter, so that a server that comes back is not met by everyone at once. */
async function pause(failures: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(longestPauseMs, 1_000 * 2 ** Math.min(failures, 10));
  await sleep(250 + Math.random() * longest, undefined, { signal }).catch(() => undefined);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
