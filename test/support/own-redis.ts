import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";

/** As durable as the shipped Redis: each write is on the disk before it is acknowledged. */
const durable = ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"];

/** A Redis server that a test may kill and start again over the same data. */
export class OwnRedis {
  readonly url: string;
  readonly #directory: string;
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.#port = port;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async start(): Promise<OwnRedis> {
    const redis = new OwnRedis(await mkdtemp(join(tmpdir(), "howdah-redis-")), await freePort());
    await redis.#run();
    return redis;
  }

  /** Ends it, by a signal that it may catch or not, and starts it again after a while. */
  async restart(signal: "SIGTERM" | "SIGKILL", awayMs: number): Promise<void> {
    await this.#end(signal);
    await new Promise((resolve) => setTimeout(resolve, awayMs));
    await this.#run();
  }

  async close(): Promise<void> {
    await this.#end("SIGKILL");
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #run(): Promise<void> {
    const settings = [...durable, "--bind", "127.0.0.1", "--port", String(this.#port), "--dir", this.#directory];
    // A test may make its disk unwritable.
    settings.push("--enable-protected-configs", "yes");
    this.#process = spawn("redis-server", settings, { stdio: "ignore" });
    const redis = new Redis(this.url, { maxRetriesPerRequest: 200, retryStrategy: () => 50 });
    // Refused until it listens, and while it reads its data.
    redis.on("error", () => undefined);
    await redis.ping().finally(() => redis.disconnect());
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const running = this.#process;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, "exit");
    running.kill(signal);
    await ended;
  }
}

/** A port that nothing listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
