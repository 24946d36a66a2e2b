import type { ChildProcess } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { RedisVault } from "../../core/auth/redis-vault.js";
import { RedisDeliveryStore } from "../../core/host/redis-delivery-store.js";
import { keysUnder } from "../../core/store/keys.js";
import { Keyring } from "../../core/store/seal.js";
import { message, type Processes } from "../processes.js";
import { accountName, tokenOf, type Answered, type BareOrder, type Order } from "./messages.js";
import type { BareSide } from "./bare.js";

const prefix = "bench";
const accountsAtOnce = 200;

/** What rides the accounts of the benches: it takes each post of the home timeline, and does nothing with it. */
const counter = `import { definePlugin } from "howdah";
export default definePlugin({
  name: "counter",
  scopes: ["read:statuses"],
  setup({ on }) {
    on("timeline.home", () => undefined);
  },
});
`;

/** A server and a Redis of the benches, and fleets on them, one at a time. */
export class Bed {
  readonly origin: string;
  readonly #processes: Processes;
  readonly #server: ChildProcess;
  readonly #redisUrl: string;
  readonly #key = Keyring.generate();
  readonly #folder: string;

  private constructor(processes: Processes, server: ChildProcess, origin: string, redisUrl: string, folder: string) {
    this.#processes = processes;
    this.#server = server;
    this.origin = origin;
    this.#redisUrl = redisUrl;
    this.#folder = folder;
  }

  static async make(processes: Processes): Promise<Bed> {
    const server = processes.fork("bench/fleet/server.ts");
    const origin = await message<string>(server);
    const folder = await mkdtemp(join(tmpdir(), "howdah-bench-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    return new Bed(processes, server, origin, await processes.redis(), folder);
  }

  /** Gives the server an order and waits for its answer. */
  async order(order: Order): Promise<number> {
    this.#server.send(order);
    return (await message<Answered>(this.#server)).value;
  }

  /** Starts a bare side that has a socket for each account; resolves when all stand. */
  async bare(side: BareSide, order: Omit<BareOrder, "origin">): Promise<ChildProcess> {
    const child = this.#processes.fork("bench/fleet/bare.ts", [
      side,
      JSON.stringify({ ...order, origin: this.origin }),
    ]);
    await message(child);
    return child;
  }

  /** Puts accounts with their tokens into an emptied Redis; nothing runs yet. */
  async fleet(accounts: number): Promise<Fleet> {
    const redis = new Redis(this.#redisUrl);
    await redis.flushall();
    const keys = keysUnder(prefix);
    const keyring = Keyring.parse(this.#key, "the bench");
    const vault = new RedisVault(redis, keys, keyring);
    for (let start = 0; start < accounts; start += accountsAtOnce) {
      const batch = Array.from({ length: Math.min(accountsAtOnce, accounts - start) }, (_, index) => start + index);
      await Promise.all(batch.map((account) => this.#cache(vault, account)));
    }
    const directory = await mkdtemp(join(this.#folder, "fleet-"));
    await writeFile(join(directory, "counter.js"), counter);
    await writeFile(join(directory, "accounts.yaml"), accountsFile(accounts, this.origin));
    const environment = {
      PATH: process.env["PATH"] ?? "",
      REDIS_URL: this.#redisUrl,
      BOT_PREFIX: prefix,
      BOT_KEY: this.#key,
      BOT_DATA: join(directory, "data"),
      LOG_LEVEL: "error",
    };
    const store = (account: number) => new RedisDeliveryStore(redis, keys, keyring, accountName(account));
    return new Fleet({ accounts, directory, environment, processes: this.#processes, redis, store });
  }

  async #cache(vault: RedisVault, account: number): Promise<void> {
    const token = {
      accessToken: tokenOf(account),
      refreshToken: undefined,
      scopes: ["read:accounts", "read:statuses"],
      expiresAt: undefined,
      obtainedAt: Date.now(),
      appScopes: undefined,
    };
    await vault.store({ name: accountName(account), server: this.origin }, token, 0);
  }
}

interface FleetOptions {
  readonly accounts: number;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly processes: Processes;
  readonly redis: Redis;
  readonly store: (account: number) => RedisDeliveryStore;
}

/** The accounts of one run, and the processes that run them. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #running = new Set<ChildProcess>();

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  get accounts(): number {
    return this.#options.accounts;
  }

  /** Starts one more process, as `bot run` does. */
  start(): ChildProcess {
    const { directory, environment, processes } = this.#options;
    const file = join(directory, "accounts.yaml");
    const child = processes.run("core/main.ts", ["run", "--accounts", file], environment);
    this.#running.add(child);
    return child;
  }

  /** Events that were handled and acknowledged so far, of the first `accounts`. */
  async handled(accounts: number): Promise<number> {
    const stores = Array.from({ length: accounts }, (_, account) => this.#options.store(account));
    const counts = await Promise.all(stores.map((store) => store.counts("counter")));
    return counts.reduce((sum, { handled }) => sum + handled, 0);
  }

  /** Resolves when all accounts are in the mirror of the vault, which a first start writes while nobody waits. */
  async mirrored(): Promise<void> {
    const folder = join(this.#options.directory, "data", "vault", prefix, "accounts");
    const count = async () => (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json")).length;
    while ((await count()) < this.accounts) await delay(100);
  }

  /** Ends all its processes and takes its files away. */
  async end(): Promise<void> {
    for (const child of this.#running) await ended(child, "SIGKILL");
    this.#options.redis.disconnect();
    await rm(this.#options.directory, { recursive: true, force: true });
  }
}

/** Ends a process and waits until it is gone. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}

function accountsFile(accounts: number, origin: string): string {
  const entries = Array.from(
    { length: accounts },
    (_, account) => `  ${accountName(account)}: { server: "${origin}" }`,
  );
  return ["defaults:", "  plugins: [{ use: ./counter.js }]", "accounts:", ...entries, ""].join("\n");
}
