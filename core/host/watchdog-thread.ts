import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { workerData } from "node:worker_threads";
import type { Redis } from "ioredis";
import { keysUnder } from "../store/keys.js";
import { causeWords, CrashBook, type CrashCause } from "./crash-book.js";
import { WatchBoard, type Watched } from "./watch-board.js";
import type { WatchdogSettings } from "./watchdog.js";

const tickMs = 100;
/** Without a beat for so long, what runs is noted: it may eat the memory, and nobody could note it afterwards. */
const notedAfterMs = 500;
/** So much of the heap in use, and what runs is noted. */
const fullShare = 0.85;
/** Longer than the process keeps its accounts without renewing their locks: by then others have them. */
const endedAfterMs = 10_000;
const lastNoteMs = 2_000;

const settings = workerData as WatchdogSettings;
const board = new WatchBoard(settings.shared);
const keys = keysUnder(settings.prefix);
/** By account, what is noted in Redis. */
const noted = new Map<string, ReadonlySet<string>>();
let connecting: Promise<Redis> | undefined;
let noting: Promise<void> | undefined;
let lastBeat = board.beats;
/** Ticks of this thread, not time: while the whole process is stopped, nothing stands still for longer than it. */
let missed = 0;

setInterval(() => {
  const { beats } = board;
  missed = beats === lastBeat ? missed + 1 : 0;
  lastBeat = beats;
  const stillMs = missed * tickMs;
  const cause = stillMs >= notedAfterMs ? "blocked" : board.heapShare >= fullShare ? "memory" : undefined;
  const running = cause === undefined ? [] : board.running();
  if (running.length > 0 || noted.size > 0) {
    noting ??= note(causeNow(cause), running)
      .catch(() => (connecting = undefined))
      .then(() => (noting = undefined));
  }
  if (stillMs >= endedAfterMs && stillMs < endedAfterMs + tickMs) void end(running);
}, tickMs);

/** A loop that stands still because the heap is full is the heap's fault. */
function causeNow(cause: CrashCause | undefined): CrashCause {
  return board.heapShare >= fullShare ? "memory" : (cause ?? "blocked");
}

/** Makes what is noted in Redis what runs now; nothing where all is well again. */
async function note(cause: CrashCause, running: readonly Watched[]): Promise<void> {
  connecting ??= import("../store/redis.js").then(({ connectRedis }) => connectRedis(settings.address));
  const redis = await connecting;
  for (const account of new Set([...noted.keys(), ...running.map((one) => one.account)])) {
    const book = new CrashBook(redis, keys, account);
    const own = running.filter((one) => one.account === account);
    const riders = new Set(own.map(({ rider }) => rider));
    await book.mark(settings.process, cause, own);
    await book.unmark(
      settings.process,
      [...(noted.get(account) ?? [])].filter((rider) => !riders.has(rider)),
    );
    if (riders.size === 0) noted.delete(account);
    else noted.set(account, riders);
  }
}

async function end(running: readonly Watched[]): Promise<void> {
  await Promise.race([Promise.resolve(noting), sleep(lastNoteMs)]);
  const cause = causeWords(causeNow("blocked"));
  const what = running.map(({ account, event, rider }) => `${account}/${rider} at ${event}`).join(", ");
  const msg = `${cause} for ${endedAfterMs / 1_000} s: the process ends, others take its accounts over. It ran: ${what || "nothing that is known"}`;
  // The log of the process is in the thread that stands still.
  writeSync(2, `${JSON.stringify({ level: 60, time: Date.now(), pid: process.pid, running, msg })}\n`);
  process.kill(process.pid, "SIGKILL");
}
