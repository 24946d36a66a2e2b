import { once } from "node:events";
import { readdir, rename, rm } from "node:fs/promises";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A lock that this process holds. */
export interface HeldLock {
  /** Whether the holder before this one died holding it. */
  readonly abandoned: boolean;
  /** Hands the lock on. */
  release(): Promise<void>;
}

interface Turn {
  readonly number: number;
  readonly state: "held" | "free";
}

/** How often a refused connection is tried again: between bind and listen a live holder refuses too. */
const deathChecks = 4;
const deathCheckMs = 25;

/** Nobody listens any more, the file is gone, the holder hung up with data in flight, or our time is over. */
const passing = ["ECONNREFUSED", "ENOENT", "ECONNRESET", "ABORT_ERR"];

/**
 * Takes the lock in `directory`, waiting up to `waitMs` (then throws), among all processes that see the directory.
 *
 * The holder of turn N listens on the socket `lock.N`, so the kernel says whether it lives, whatever killed it and
 * in whichever container it runs. Turns only rise: `lock.N` becomes `free.N` when it is handed on, and the newest
 * turn's file stays, so nobody takes a turn twice.
 */
export async function takeLock(directory: string, waitMs: number): Promise<HeldLock> {
  const deadline = Date.now() + waitMs;
  while (Date.now() < deadline) {
    const last = newest(await turnsIn(directory));
    if (last.state === "held" && (await isAlive(socketOf(directory, last.number), deadline))) continue;
    const held = await take(directory, last.number + 1);
    if (held) return { abandoned: last.state === "held", release: held };
  }
  throw new Error("another process holds the lock");
}

/** Listens on the turn's socket; undefined where another process was faster. */
async function take(directory: string, number: number): Promise<(() => Promise<void>) | undefined> {
  const waiting = new Set<Socket>();
  const server = createServer((socket) => waiting.add(socket.on("error", () => undefined)));
  const path = socketOf(directory, number);
  if (!(await listens(server, path))) return undefined;
  const turns = await turnsIn(directory);
  const close = () => {
    server.close();
    for (const socket of waiting) socket.destroy();
  };
  if (turns.some((turn) => turn.number > number || (turn.number === number && turn.state === "free"))) {
    close();
    return undefined;
  }
  const older = turns.filter((turn) => turn.number < number);
  await Promise.all(older.map((turn) => rm(join(directory, nameOf(turn)), { force: true })));
  return async () => {
    await rename(path, join(directory, nameOf({ number, state: "free" })));
    close();
  };
}

/** False where the path is taken. */
async function listens(server: Server, path: string): Promise<boolean> {
  server.listen(path);
  try {
    await once(server, "listening");
    return true;
  } catch (error) {
    if (codeOf(error) === "EADDRINUSE") return false;
    throw error;
  }
}

/** Waits while a process listens on `path` and holds on; false where none does. */
async function isAlive(path: string, deadline: number): Promise<boolean> {
  for (let tries = 0; tries < deathChecks; tries += 1) {
    const answer = await waitForEnd(path, deadline);
    if (answer !== "ECONNREFUSED") return true;
    await delay(deathCheckMs);
  }
  return false;
}

/** Connects and waits until the holder hangs up; gives the error's code where there was one. */
async function waitForEnd(path: string, deadline: number): Promise<string | undefined> {
  const socket = createConnection(path).resume();
  try {
    await once(socket, "connect");
    await once(socket, "close", { signal: AbortSignal.timeout(Math.max(1, deadline - Date.now())) });
    return undefined;
  } catch (error) {
    const code = codeOf(error);
    if (code === "EAGAIN") await delay(deathCheckMs); // Its queue of waiting processes is full.
    else if (!passing.includes(code)) throw error;
    return code;
  } finally {
    socket.on("error", () => undefined).destroy();
  }
}

async function turnsIn(directory: string): Promise<Turn[]> {
  const names = await readdir(directory);
  return names.flatMap((name) => {
    const [, word, digits] = /^(lock|free)\.(\d+)$/.exec(name) ?? [];
    return word ? [{ number: Number(digits), state: word === "lock" ? "held" : "free" } as const] : [];
  });
}

function newest(turns: readonly Turn[]): Turn {
  return turns.reduce<Turn>(
    (last, turn) => {
      if (turn.number > last.number) return turn;
      return turn.number === last.number && turn.state === "free" ? turn : last;
    },
    { number: 0, state: "free" },
  );
}

function nameOf({ number, state }: Turn): string {
  return `${state === "held" ? "lock" : "free"}.${number}`;
}

function socketOf(directory: string, number: number): string {
  return join(directory, nameOf({ number, state: "held" }));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
