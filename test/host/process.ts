import "reflect-metadata";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { container, type DependencyContainer, type InjectionToken } from "tsyringe";
import type { Account, Fleet } from "../../core/accounts/account.js";
import { Authorization } from "../../core/auth/authorization.js";
import { MirrorDirectory } from "../../core/auth/mirror-directory.js";
import { OutagesToken } from "../../core/auth/outages.js";
import { Pace } from "../../core/auth/pace.js";
import { RedisOutages } from "../../core/auth/redis-outages.js";
import { RedisVault } from "../../core/auth/redis-vault.js";
import { VaultMirror, VaultMirrorToken } from "../../core/auth/vault-mirror.js";
import { VaultRows } from "../../core/auth/vault-rows.js";
import { VaultToken } from "../../core/auth/vault.js";
import { Budgets } from "../../core/client/budgets.js";
import { RedisBudgetStore } from "../../core/client/redis-budget-store.js";
import type { ListenTiming } from "../../core/events/listen.js";
import { FleetHost } from "../../core/host/fleet-host.js";
import { neededScopes } from "../../core/host/needed-scopes.js";
import { Servers } from "../../core/host/servers.js";
import { StatusBoard, type AccountStatus, type RiderStatus } from "../../core/host/status.js";
import { CurrentFleet } from "../../core/host/current-fleet.js";
import { ProcessBoard } from "../../core/host/process-board.js";
import {
  CheckCronToken,
  FleetToken,
  ListenTimingToken,
  LoggerToken,
  ReadFleetToken,
  UserAgentToken,
} from "../../core/host/tokens.js";
import { sendWake } from "../../core/host/wake.js";
import { checkCron, createJobs } from "../../core/jobs/bullmq-jobs.js";
import { createOwnership } from "../../core/jobs/bullmq-ownership.js";
import { JobsToken, type Jobs } from "../../core/jobs/jobs.js";
import { OwnershipToken } from "../../core/jobs/ownership.js";
import { createHttp } from "../../core/mastodon/create-http.js";
import { HttpToken } from "../../core/mastodon/http.js";
import type { Plugin } from "../../core/plugin.js";
import { KeysToken } from "../../core/store/keys.js";
import { RedisToken } from "../../core/store/redis.js";
import { Keyring, KeyringToken } from "../../core/store/seal.js";
import type { Sandbox } from "../../sandbox/index.js";
import { tokenFor } from "../sandbox/bot.js";
import type { TestRedis } from "../support/redis.js";
import { HandOwnership } from "./hand-tenure.js";
import { keptLog, type Line } from "./log-lines.js";

export const keyring = Keyring.parse(Buffer.alloc(32, 7).toString("base64"), "the test");

interface ProcessOptions {
  readonly redis: TestRedis;
  readonly accounts: readonly Account<Plugin>[];
  /** `locks`: as a fleet does it; `by-hand`, the default: it gets every account at once. */
  /** The path of its accounts.yaml. */
  readonly file?: string;
  /** How long things take while listening. */
  readonly listenTiming?: Partial<ListenTiming>;
  readonly ownership?: "locks" | "by-hand";
}

/** One process of a fleet, composed as the composition root does it. */
export class FleetProcess {
  readonly lines: Line[];
  readonly connection: Redis;
  readonly jobs: Jobs;
  readonly #redis: TestRedis;
  #fleet: Fleet<Plugin>;
  readonly #container: DependencyContainer;
  readonly #host: FleetHost;
  readonly #mirrorPath = mkdtempSync(join(tmpdir(), "howdah-test-mirror-"));
  #isRunning = false;

  private constructor(options: ProcessOptions, connection: Redis) {
    const { accounts, redis } = options;
    const { address, keys, prefix } = redis;
    const { lines, logger } = keptLog();
    const http = createHttp({ userAgent: "howdah test" });
    const ownership =
      options.ownership === "locks"
        ? createOwnership({ address, redis: connection, keys, prefix, log: logger })
        : new HandOwnership(connection, keys);
    this.#redis = redis;
    this.#fleet = { file: options.file ?? "accounts.yaml", contact: undefined, accounts };
    this.lines = lines;
    this.connection = connection;
    this.jobs = createJobs({ address, prefix, log: logger });
    const root = container.createChildContainer();
    root.register(LoggerToken, { useValue: logger });
    root.register(UserAgentToken, { useValue: "howdah test" });
    root.register(ListenTimingToken, { useValue: options.listenTiming ?? {} });
    root.register(CheckCronToken, { useValue: checkCron });
    root.register(FleetToken, { useValue: new CurrentFleet(this.#fleet) });
    root.register(ReadFleetToken, { useValue: async () => this.#fleet });
    root.register(ProcessBoard, { useValue: new ProcessBoard(connection, keys) });
    root.register(RedisToken, { useValue: connection });
    root.register(KeysToken, { useValue: keys });
    root.register(KeyringToken, { useValue: keyring });
    root.register(HttpToken, { useValue: http });
    root.register(OutagesToken, { useValue: new RedisOutages(connection, keys) });
    root.register(Pace, { useValue: new Pace() });
    const vault = new RedisVault(connection, keys, keyring);
    root.register(VaultToken, { useValue: vault });
    const mirror = new VaultMirror({
      rows: new VaultRows(connection, keys),
      directory: new MirrorDirectory(this.#mirrorPath),
      keyring,
      vault,
      log: logger,
    });
    root.register(VaultMirrorToken, { useValue: mirror });
    root.register(StatusBoard, { useValue: new StatusBoard(connection, keys) });
    const store = new RedisBudgetStore(connection, keys);
    // The sandbox has no limits here: polling is not to be slowed down for their sake.
    root.register(Budgets, { useValue: new Budgets({ store, keys, egress: "default", limits: {} }) });
    root.register(Servers, { useValue: new Servers(http) });
    root.register(JobsToken, { useValue: this.jobs });
    root.register(OwnershipToken, { useValue: ownership });
    this.#container = root;
    this.#host = root.resolve(FleetHost);
  }

  /** Composes it; it does not run yet. */
  static async compose(options: ProcessOptions): Promise<FleetProcess> {
    const process = new FleetProcess(options, await options.redis.connect());
    processes.push(process);
    return process;
  }

  /** From now on its accounts.yaml, which it reads when it is told to, says this. */
  write(accounts: readonly Account<Plugin>[]): void {
    this.#fleet = { ...this.#fleet, accounts };
  }

  async start(): Promise<this> {
    this.#isRunning = true;
    await this.#host.start(this.#container);
    return this;
  }

  /** Lets its accounts go, as at SIGTERM. */
  async stop(): Promise<void> {
    if (this.#isRunning) await this.#host.stop();
    this.#isRunning = false;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.jobs.close(0);
    rmSync(this.#mirrorPath, { recursive: true, force: true });
    await this.#container.resolve(HttpToken).close();
  }

  /** Gives the account a token of its person, as `bot auth` does, for what it needs or for other scopes. */
  async authorize(account: Account<Plugin>, sandbox: Sandbox, user: string, scope?: string): Promise<void> {
    const needed = neededScopes(account).scopes;
    const token = await tokenFor(sandbox, user, scope ?? needed.join(" "));
    const granted = scope === undefined ? needed : (scope.split(" ") as typeof needed);
    await this.#container.resolve(Authorization).adopt(account, granted, token);
    await sendWake(this.connection, this.#redis.keys, { account: account.name, why: "credentials" });
  }

  /** One of its services. */
  resolve<T>(token: InjectionToken<T>): T {
    return this.#container.resolve(token);
  }

  async status(account: string): Promise<AccountStatus | undefined> {
    return (await this.#container.resolve(StatusBoard).read(account))?.status;
  }

  async riderStatus(account: string, rider: string): Promise<RiderStatus | undefined> {
    return (await this.status(account))?.riders.find(({ name }) => name === rider);
  }
}

const processes: FleetProcess[] = [];

/** Ends every process that was composed. */
export async function closeProcesses(): Promise<void> {
  await Promise.all(processes.splice(0).map((process) => process.close()));
}
