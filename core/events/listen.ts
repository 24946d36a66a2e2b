import { setTimeout as sleep } from "node:timers/promises";
import type { ServerInfo } from "../mastodon/server-info.js";
import { openStream, streamingAddress, type StreamAuth, type StreamEnd } from "../mastodon/stream.js";
import type { Stream, Subscription } from "../mastodon/stream.js";
import type { ServerEvent } from "./event.js";
import { oneAtATime } from "./one-at-a-time.js";
import { nextPollMs, type PollTiming } from "./polling.js";
import { eventIn } from "./subscriptions.js";

/** How an account hears of events at the moment. */
export interface Hearing {
  readonly mode: "streaming" | "polling" | "none";
  readonly connected: boolean;
}

/** How long things take while listening, in milliseconds. */
export interface ListenTiming extends PollTiming {
  /** What a stream did not carry, or brought out of order, is read at the latest then. */
  readonly catchUpEveryMs: number;
  /** The longest pause before the next connection. */
  readonly longestPauseMs: number;
  /** A connection that stood this long was a good one: the next pause is short again. */
  readonly goodConnectionMs: number;
  /** How long a stream may carry nothing, not even an answer to a ping. */
  readonly silenceMs: number;
}

const usualTiming: ListenTiming = {
  pollFastestMs: 15_000,
  pollSlowestMs: 5 * 60_000,
  catchUpEveryMs: 5 * 60_000,
  longestPauseMs: 60_000,
  goodConnectionMs: 60_000,
  silenceMs: 75_000,
};

/** Who may try to connect, and who tells what came of it. */
export interface Gate {
  /** Resolves when a connection may be tried; rejects when the signal aborts. */
  enter(signal: AbortSignal): Promise<void>;
  /** The server answered, whatever it said. */
  answered(): void;
  /** It did not. */
  failed(end: StreamEnd): void;
}

/** What listening needs, and whom it tells. */
export interface ListenOptions {
  readonly info: Pick<ServerInfo, "streaming">;
  /** Asked for at each connection. */
  subscriptions(): readonly Subscription[];
  readonly userAgent: string;
  readonly signal: AbortSignal;
  readonly timing?: Partial<ListenTiming>;
  /** The token in force; throws where there is none. */
  accessToken(): string;
  /** Lets a connection be tried, once it is its turn; while a server is down, one of a fleet tries at a time. */
  readonly gate?: Gate | undefined;
  /** Told of each socket before it is open. */
  onSocket?(socket: Stream): void;
  /** `streams`: where the server said that it belongs. */
  onEvent(event: ServerEvent, streams: readonly string[]): void;
  onHearing(hearing: Hearing): void;
  /**
   * Reads what was missed: at each start, each reconnect (`isAfterGap`), and from time to time. It is called one at a
   * time, and answers whether anything was new.
   */
  catchUp(isAfterGap: boolean): Promise<boolean>;
  /** The shortest interval between polls that the server's limits leave room for, in milliseconds. */
  leastPollMs?(): Promise<number>;
  /**
   * The server refused the token at the upgrade, or closed as it does when a token is revoked. No connection is tried
   * before what it returns has settled: by then the token was verified.
   */
  onRefused(): Promise<void> | void;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

/** The ways a token travels, the best first; servers that refuse one are asked in the next. */
const authWays: readonly StreamAuth[] = ["header", "query", "protocol"];
/** How servers refuse a token, or the way that it travelled; anything else says nothing about it. */
const tokenRefusals: readonly number[] = [400, 401, 403];

/** Listens until the signal aborts: a socket that is opened again and again, or polling where the server has none. */
export async function listen(options: ListenOptions): Promise<void> {
  const { info, signal } = options;
  if (options.subscriptions().length === 0) {
    options.onHearing({ mode: "none", connected: false });
    return untilAborted(signal);
  }
  const inTurn = { options, reading: reading(options), timing: timingOf(options) };
  if (info.streaming === undefined) return poll(inTurn);
  return stream(inTurn, info.streaming);
}

/** What listening goes by. An object for all of it, spread together, would take V8 a shape of its own for each account. */
interface Listening {
  readonly options: ListenOptions;
  readonly reading: Reading;
  readonly timing: ListenTiming;
}

interface Reading {
  /** From now on there is a gap, until a catch-up has read it. */
  gap(): void;
  /** One at a time. */
  catchUp(): Promise<void>;
  /** Whether the last catch-up brought anything new. */
  wasActive(): boolean;
}

/** A gap stays one until a catch-up that began after it has come to its end. */
function reading(options: ListenOptions): Reading {
  let hasGap = true;
  let isActive = false;
  const read = async () => {
    const isAfterGap = hasGap;
    hasGap = false;
    try {
      isActive = await options.catchUp(isAfterGap);
    } catch (error) {
      hasGap ||= isAfterGap;
      throw error;
    }
  };
  return { gap: () => void (hasGap = true), catchUp: oneAtATime(read), wasActive: () => isActive };
}

async function stream(listening: Listening, base: string): Promise<void> {
  const { options, reading, timing } = listening;
  const { signal } = options;
  let failures = 0;
  let way = 0;
  while (!signal.aborted) {
    await atTheGate(listening);
    if (signal.aborted) return;
    const startedAt = Date.now();
    const { end, wasOpen } = await holdSocket(listening, base, authWays[way] ?? "header");
    if (signal.aborted) return;
    if (!wasOpen) tellGate(options, end);
    reading.gap();
    options.onHearing({ mode: "streaming", connected: false });
    options.log.info({ ...end }, "the stream ended");
    const isRefused = end.kind === "refused" && tokenRefusals.includes(end.status);
    if (isRefused) way = (way + 1) % authWays.length;
    // Only once no way was left is it the token that was refused, and not how it travelled.
    if ((isRefused && way === 0) || (end.kind === "closed" && !end.byUs)) await options.onRefused();
    failures = Date.now() - startedAt > timing.goodConnectionMs ? 0 : failures + 1;
    // What cannot be streamed at the moment is polled: the notifications come, if later.
    if (failures > 2) void reading.catchUp().catch(() => undefined);
    const pauseMs = reconnectDelayMs(failures, timing.longestPauseMs);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Waits until a connection may be tried. What cannot be streamed meanwhile is polled: the API may stand elsewhere. */
async function atTheGate({ options, reading, timing }: Listening): Promise<void> {
  const { gate, signal } = options;
  if (gate === undefined) return;
  const meanwhile = setInterval(() => void reading.catchUp().catch(() => undefined), timing.longestPauseMs);
  await gate.enter(signal).catch(() => undefined);
  clearInterval(meanwhile);
}

/** What came of a connection that never stood. */
function tellGate({ gate }: ListenOptions, end: StreamEnd): void {
  if (end.kind === "refused" && end.status < 500) gate?.answered();
  else if (end.kind === "refused" || end.kind === "network") gate?.failed(end);
}

async function poll({ options, reading, timing }: Listening): Promise<void> {
  const { signal } = options;
  let intervalMs = timing.pollFastestMs;
  while (!signal.aborted) {
    const connected = await reading.catchUp().then(
      () => true,
      (error: unknown) => {
        if (!signal.aborted) options.log.warn({ err: error }, "polling failed");
        return false;
      },
    );
    if (signal.aborted) return;
    options.onHearing({ mode: "polling", connected });
    intervalMs = nextPollMs(intervalMs, connected && reading.wasActive(), timing);
    const pauseMs = Math.max(intervalMs, (await options.leastPollMs?.()) ?? 0) * (0.9 + Math.random() * 0.2);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** One socket from its opening to its end. */
function holdSocket(
  { options, reading, timing }: Listening,
  base: string,
  auth: StreamAuth,
): Promise<{ readonly end: StreamEnd; readonly wasOpen: boolean }> {
  const { signal } = options;
  return new Promise((resolve) => {
    let backstop: NodeJS.Timeout | undefined;
    let wasOpen = false;
    const read = () => {
      reading.catchUp().catch((error: unknown) => {
        if (!signal.aborted) options.log.warn({ err: error }, "catching up failed");
      });
    };
    const socket = openStream({
      url: streamingAddress(base),
      token: options.accessToken(),
      auth,
      userAgent: options.userAgent,
      signal,
      silenceMs: timing.silenceMs,
      onOpen: () => {
        if (signal.aborted) return;
        wasOpen = true;
        options.gate?.answered();
        options.onHearing({ mode: "streaming", connected: true });
        read();
        backstop = setInterval(read, timing.catchUpEveryMs);
      },
      onFrame: (frame) => {
        const event = eventIn(frame);
        if (event !== undefined) options.onEvent(event, frame.streams);
      },
      onRefusal: (refusal) => options.log.warn({ ...refusal }, "a subscription was refused"),
      onClose: (end) => {
        clearInterval(backstop);
        resolve({ end, wasOpen });
      },
    });
    options.onSocket?.(socket);
    for (const subscription of options.subscriptions()) socket.subscribe(subscription);
  });
}

/** Exponential with full jitter, so that a server that comes back is not met by everyone at once. */
export function reconnectDelayMs(failures: number, longestMs: number, random: () => number = Math.random): number {
  return Math.min(longestMs, 250 + random() * Math.min(longestMs, 1_000 * 2 ** Math.min(failures, 10)));
}

function timingOf({ timing }: ListenOptions): ListenTiming {
  return { ...usualTiming, ...timing };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
