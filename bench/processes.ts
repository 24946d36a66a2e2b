import { fork, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { Redis } from "ioredis";

/** The processes of a run; none outlives this one. */
export class Processes {
  readonly #children: ChildProcess[] = [];
  readonly #fileOf: (source: string) => string;

  /** `fileOf` gives the compiled form of a source. */
  constructor(fileOf: (source: string) => string) {
    this.#fileOf = fileOf;
    process.once("exit", () => this.end());
  }

  /** Starts a source of the benches with a channel for messages. */
  fork(source: string, args: readonly string[] = [], execArgv: string[] = []): ChildProcess {
    return this.#kept(fork(this.#fileOf(source), args, { execArgv }));
  }

  /** Starts a source of the product, as an operator would: without a channel. */
  run(source: string, args: readonly string[], environment: Readonly<Record<string, string>>): ChildProcess {
    const stdio: ["ignore", "inherit", "inherit"] = ["ignore", "inherit", "inherit"];
    const child = this.#kept(spawn(process.execPath, [this.#fileOf(source), ...args], { env: environment, stdio }));
    child.once("exit", (code) => {
      // What was measured is gone, and whoever waits for it would wait for good.
      if (code !== null && code !== 0) process.exit(1);
    });
    return child;
  }

  /** Starts a Redis that keeps nothing on disk, and gives its URL. */
  async redis(): Promise<string> {
    const program = ["redis-server", "valkey-server"].find((name) => spawnSync(name, ["--version"]).status === 0);
    if (program === undefined) throw new Error("the bench needs redis-server or valkey-server on the path");
    const port = await freePort();
    const settings = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--port", String(port)];
    this.#kept(spawn(program, settings, { stdio: "ignore" }));
    const url = `redis://127.0.0.1:${port}`;
    const redis = new Redis(url, { maxRetriesPerRequest: 50, retryStrategy: () => 50 });
    // Refused until it listens; after the last retry the ping fails.
    redis.on("error", () => {});
    await redis.ping().finally(() => redis.disconnect());
    return url;
  }

  /** Ends what still runs. */
  end(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  #kept(child: ChildProcess): ChildProcess {
    this.#children.push(child);
    return child;
  }
}

/** The next message of a child; rejects where it ends instead. */
export function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a process of the bench ended with ${code ?? "a signal"}`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message as T);
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
