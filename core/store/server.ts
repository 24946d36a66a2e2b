import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { HowdahError } from "../errors.js";
import { takeLock, type HeldLock } from "./lock.js";
import type { RedisAddress } from "./redis-address.js";
import { prepareServerPlace, type ServerPlace } from "./server-place.js";
import { lastLogLine, spawnServer } from "./server-process.js";

/** What `openStore` needs to know. */
export interface StoreOptions {
  /** `REDIS_URL`: that server is used, and none is run here. */
  readonly url?: string | undefined;
  /** `BOT_DATA`: the embedded server's data, socket and log are in its `redis/`. */
  readonly dataDirectory: string;
  /** Where programs are searched (`PATH`); default the usual places. */
  readonly path?: string | undefined;
}

/** A Redis server that runs as long as somebody has it open. */
export interface Store {
  readonly address: RedisAddress;
  /** Leaves; the last one out stops an embedded server and waits until its data is on the disk. */
  release(): Promise<void>;
}

/** The name of the connections whose number says how many have the server open. */
const memberName = "howdah-member";
const lockWaitMs = 30_000;
const startWaitMs = 15_000;
const answerWaitMs = 5_000;
/** How long a server that a dead process started may need until it listens. */
const orphanWaitMs = 1_000;
const rejoinPauseMs = 500;

/**
 * Finds the fleet's Redis server: the one at `url`, else the embedded one, which the first process starts, later ones
 * join and the last one out stops. It outlives a process that is killed, and is started again if it dies itself.
 * Throws REDIS_MISSING, REDIS_UNREACHABLE, or CONFIG_INVALID where the data directory cannot be used.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  if (options.url !== undefined && options.url !== "") {
    return { address: { url: options.url }, release: () => Promise.resolve() };
  }
  const place = await prepareServerPlace(options.dataDirectory);
  const membership = new Membership(options);
  await membership.join();
  let released: Promise<void> | undefined;
  return { address: { socket: place.socket }, release: () => (released ??= membership.leave()) };
}

/** One process's part in the embedded server: a named connection that the kernel closes whatever happens to us. */
class Membership {
  readonly #options: StoreOptions;
  #connection: Redis | undefined;
  #rejoining: Promise<void> | undefined;
  #leaving = false;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  async join(): Promise<void> {
    const place = await prepareServerPlace(this.#options.dataDirectory);
    const connection = await underLock(place, async ({ abandoned }) => {
      const running = await connectWithin(place, abandoned ? orphanWaitMs : 0);
      const redis = running ?? (await start(place, this.#options.path));
      await counted(redis, place);
      return redis;
    });
    await loaded(connection, place);
    connection.once("end", () => {
      this.#rejoining = this.#rejoin();
    });
    this.#connection = connection;
  }

  async leave(): Promise<void> {
    this.#leaving = true;
    await this.#rejoining;
    const connection = this.#connection;
    if (connection?.status !== "ready") return;
    const place = await prepareServerPlace(this.#options.dataDirectory);
    await underLock(place, () => leaveServer(connection, place)).finally(() => connection.disconnect());
  }

  /** The server died under us: whoever notices first starts it again. */
  async #rejoin(): Promise<void> {
    while (!this.#leaving) {
      try {
        return await this.join();
      } catch {
        await delay(rejoinPauseMs);
      }
    }
  }
}

async function underLock<T>(place: ServerPlace, work: (lock: HeldLock) => Promise<T>): Promise<T> {
  const lock = await takeLock(place.socketDirectory, lockWaitMs).catch((cause: unknown) => {
    throw unreachable(place, `its directory cannot be locked (${reasonOf(cause)})`, cause);
  });
  try {
    return await work(lock);
  } finally {
    await lock.release();
  }
}

async function start(place: ServerPlace, path: string | undefined): Promise<Redis> {
  const child = await spawnServer(place, path);
  const deadline = Date.now() + startWaitMs;
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    const redis = await connectWithin(place, 0);
    if (redis) return redis;
    await delay(20);
  }
  child.kill("SIGKILL");
  return failed(place, "did not start");
}

/** Undefined where no server listens `waitMs` from now. Throws where one does and is silent. */
async function connectWithin(place: ServerPlace, waitMs: number): Promise<Redis | undefined> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const redis = await connect(place);
    if (redis || Date.now() >= deadline) return redis;
    await delay(20);
  }
}

async function connect(place: ServerPlace): Promise<Redis | undefined> {
  const redis = new Redis(place.socket, {
    lazyConnect: true,
    enableReadyCheck: false, // Members join also while the server still loads its data.
    maxRetriesPerRequest: 0,
    commandTimeout: answerWaitMs,
    retryStrategy: () => null,
  });
  let failure: NodeJS.ErrnoException | undefined;
  redis.on("error", (error: NodeJS.ErrnoException) => (failure = error));
  const timer = setTimeout(() => redis.disconnect(), answerWaitMs);
  try {
    await redis.connect();
    return redis;
  } catch (cause) {
    redis.disconnect();
    if (failure?.code === "ENOENT" || failure?.code === "ECONNREFUSED") return undefined;
    return await failed(place, "does not answer", failure ?? cause);
  } finally {
    clearTimeout(timer);
  }
}

/** Makes the connection a member's, also while the server still reads its data. */
async function counted(redis: Redis, place: ServerPlace): Promise<void> {
  try {
    await redis.client("SETNAME", memberName);
  } catch (cause) {
    redis.disconnect();
    await failed(place, "does not answer", cause);
  }
}

/** Waits until the server has read its data. */
async function loaded(redis: Redis, place: ServerPlace): Promise<void> {
  for (;;) {
    try {
      await redis.ping();
      return;
    } catch (cause) {
      if (!reasonOf(cause).startsWith("LOADING")) {
        redis.disconnect();
        await failed(place, "does not answer", cause);
      }
      await delay(100);
    }
  }
}

/** Stops the server where ours is the only member's connection, and returns once it has ended; else ours is one less. */
async function leaveServer(redis: Redis, place: ServerPlace): Promise<void> {
  try {
    await redis.ping(); // By the next command the server has noticed every connection that ended before this one.
    const clients = String(await redis.client("LIST"));
    const members = clients.split("\n").filter((line) => line.split(" ").includes(`name=${memberName}`));
    if (members.length > 1) await redis.client("SETNAME", "howdah-left");
    else await stop(redis);
  } catch (cause) {
    await failed(place, "does not stop", cause);
  }
}

async function stop(redis: Redis): Promise<void> {
  const ended = once(redis, "end", { signal: AbortSignal.timeout(answerWaitMs) });
  const told = redis.shutdown("NOSAVE").catch(() => undefined); // Its answer is that the connection ends.
  await Promise.all([ended, told]);
}

/** Throws what happened with why, and the last that the server wrote. */
async function failed(place: ServerPlace, what: string, cause?: unknown): Promise<never> {
  const why = cause === undefined ? "" : ` (${reasonOf(cause)})`;
  throw unreachable(place, `${what}${why}: ${await lastLogLine(place)}`, cause);
}

function unreachable(place: ServerPlace, what: string, cause?: unknown): HowdahError {
  return new HowdahError("REDIS_UNREACHABLE", `the Redis server of ${place.directory} ${what}`, {
    cure: `see ${place.directory}/redis.log, or set REDIS_URL to another server`,
    cause,
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
