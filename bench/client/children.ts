import { fork, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { Redis } from "ioredis";
import type { HeapPoint, Round, SideName, Tally, Target } from "./messages.js";

/** The processes of a run; none outlives this one. */
export class Children {
  readonly #children: ChildProcess[] = [];
  readonly #fileOf: (source: string) => string;

  constructor(fileOf: (source: string) => string) {
    this.#fileOf = fileOf;
    process.once("exit", () => this.end());
  }

  /** Starts the server and gives its origin. */
  server(): Promise<string> {
    return message<string>(this.#fork("bench/client/server.ts"));
  }

  /** Starts a side, and gives the function that lets it run a round. */
  async side(name: SideName, target: Target): Promise<(round: Round) => Promise<Tally>> {
    const child = this.#fork("bench/client/side.ts", [name, JSON.stringify(target)], ["--no-warnings"]);
    await message(child);
    return async (round) => {
      child.send(round);
      return message<Tally>(child);
    };
  }

  idleHeap(): Promise<HeapPoint[]> {
    return message<HeapPoint[]>(this.#fork("bench/client/idle-heap.ts", [], ["--expose-gc"]));
  }

  /** Starts a Redis that keeps nothing on disk, and gives its URL. */
  async redis(): Promise<string> {
    const program = ["redis-server", "valkey-server"].find((name) => spawnSync(name, ["--version"]).status === 0);
    if (program === undefined) throw new Error("the bench needs redis-server or valkey-server on the path");
    const port = await freePort();
    const settings = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--port", String(port)];
    this.#children.push(spawn(program, settings, { stdio: "ignore" }));
    const url = `redis://127.0.0.1:${port}`;
    const redis = new Redis(url, { maxRetriesPerRequest: 50, retryStrategy: () => 50 });
    // Refused until it listens; after the last retry the ping fails.
    redis.on("error", () => {});
    await redis.ping().finally(() => redis.disconnect());
    return url;
  }

  end(): void {
    for (const child of this.#children) child.kill();
  }

  #fork(source: string, args: readonly string[] = [], execArgv: string[] = []): ChildProcess {
    const child = fork(this.#fileOf(source), args, { execArgv });
    this.#children.push(child);
    return child;
  }
}

/** The next message of a child; rejects where it ends instead. */
function message<T>(child: ChildProcess): Promise<T> {
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
