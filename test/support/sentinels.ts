import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "./own-redis.js";

const name = "herd";
const plain = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1"];

/** A server, a replica of it, and a sentinel that puts the replica in its place when it dies. */
export class Sentinels {
  readonly url: string;
  readonly #directory: string;
  readonly #children: ChildProcess[] = [];
  readonly #sentinelPort: number;

  private constructor(directory: string, sentinelPort: number) {
    this.#directory = directory;
    this.#sentinelPort = sentinelPort;
    // The first one is not there: the next is asked.
    this.url = `redis+sentinel://127.0.0.1:1,127.0.0.1:${sentinelPort}/${name}`;
  }

  static async start(): Promise<Sentinels> {
    const self = new Sentinels(await mkdtemp(join(tmpdir(), "howdah-sentinel-")), await freePort());
    const [primary, replica] = [await freePort(), await freePort()];
    await self.#run(primary, []);
    await self.#run(replica, ["--replicaof", "127.0.0.1", String(primary)]);
    const settings = [
      `sentinel monitor ${name} 127.0.0.1 ${primary} 1`,
      `sentinel down-after-milliseconds ${name} 500`,
      `sentinel failover-timeout ${name} 2000`,
    ];
    const file = join(self.#directory, "sentinel.conf");
    await writeFile(file, `${settings.join("\n")}\n`);
    self.#spawn([file, "--sentinel", "--port", String(self.#sentinelPort), "--dir", self.#directory]);
    await self.#until(async (sentinel) =>
      (await replicasOf(sentinel)).some(
        (row) => row.includes("master-link-status") && row[row.indexOf("master-link-status") + 1] === "ok",
      ),
    );
    return self;
  }

  /** The port of the server that takes writes. */
  async primary(): Promise<number> {
    return this.#ask(async (sentinel) =>
      Number(((await sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name)) as string[])[1]),
    );
  }

  /** Ends the server that takes writes, as a machine that loses its power does; returns once the other one does. */
  async killPrimary(): Promise<void> {
    const before = await this.primary();
    this.#children[0]?.kill("SIGKILL");
    await this.#until(async () => (await this.primary()) !== before);
  }

  async close(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #run(port: number, more: readonly string[]): Promise<void> {
    this.#spawn([...plain, "--port", String(port), "--dir", this.#directory, "--dbfilename", `${port}.rdb`, ...more]);
    const redis = new Redis(port, { maxRetriesPerRequest: 200, retryStrategy: () => 50 });
    redis.on("error", () => undefined);
    await redis.ping().finally(() => redis.disconnect());
  }

  #spawn(args: readonly string[]): void {
    const child = spawn("redis-server", args, { stdio: "ignore" });
    process.once("exit", () => child.kill("SIGKILL"));
    this.#children.push(child);
  }

  async #ask<T>(question: (sentinel: Redis) => Promise<T>): Promise<T> {
    const sentinel = new Redis(this.#sentinelPort, { maxRetriesPerRequest: 200, retryStrategy: () => 50 });
    sentinel.on("error", () => undefined);
    return question(sentinel).finally(() => sentinel.disconnect());
  }

  async #until(holds: (sentinel: Redis) => Promise<boolean>): Promise<void> {
    while (!(await this.#ask(holds))) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function replicasOf(sentinel: Redis): Promise<string[][]> {
  return (await sentinel.call("SENTINEL", "REPLICAS", name)) as string[][];
}
