#!/usr/bin/env node
import "reflect-metadata";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "./accounts/account.js";
import type { Context, Services } from "./cli/context.js";
import { readEnvironment, type Environment } from "./cli/environment.js";
import { runProgram } from "./cli/program.js";
import type { ServerInfo } from "./mastodon/server-info.js";
import type { Plugin } from "./plugin.js";

/** How long Redis may take for what is done at the end. */
const giveBackMs = 1_000;

/**
 * The composition root: what the environment says becomes services, registered here by hand, from the store up to
 * the host. Heavy modules are imported when a command needs them.
 */
async function services(environment: Environment, fleet: Fleet<Plugin>): Promise<Services> {
  const { container, instanceCachingFactory } = await import("tsyringe");
  const { openStore } = await import("./store/server.js");
  const { connectRedis, RedisToken } = await import("./store/redis.js");
  const { RedisAddressToken } = await import("./store/redis-address.js");
  const { keysUnder, KeysToken } = await import("./store/keys.js");
  const { KeyringToken } = await import("./store/seal.js");
  const { loadKeyring } = await import("./store/key-file.js");
  const { AnnouncedKeys, AnnouncedKeysToken } = await import("./store/announced-keys.js");
  const { checkDataFormat } = await import("./store/data-format.js");
  const { createHttp } = await import("./mastodon/create-http.js");
  const { HttpToken } = await import("./mastodon/http.js");
  const { userAgent } = await import("./mastodon/user-agent.js");
  const { checkCron, createJobs } = await import("./jobs/bullmq-jobs.js");
  const { createOwnership } = await import("./jobs/bullmq-ownership.js");
  const { JobsToken } = await import("./jobs/jobs.js");
  const { OwnershipToken } = await import("./jobs/ownership.js");
  const { RedisVault } = await import("./auth/redis-vault.js");
  const { VaultToken } = await import("./auth/vault.js");
  const { MirrorDirectory } = await import("./auth/mirror-directory.js");
  const { MirroredVault } = await import("./auth/mirrored-vault.js");
  const { VaultMirror, VaultMirrorToken } = await import("./auth/vault-mirror.js");
  const { Budgets } = await import("./client/budgets.js");
  const { MeteredHttp } = await import("./client/metered-http.js");
  const { RedisBudgetStore } = await import("./client/redis-budget-store.js");
  const { VaultRows } = await import("./auth/vault-rows.js");
  const { OutagesToken } = await import("./auth/outages.js");
  const { RedisOutages } = await import("./auth/redis-outages.js");
  const { Pace } = await import("./auth/pace.js");
  const { StatusBoard } = await import("./host/status.js");
  const { Servers } = await import("./host/servers.js");
  const { CurrentFleet } = await import("./host/current-fleet.js");
  const { ProcessBoard } = await import("./host/process-board.js");
  const { CheckCronToken, FleetToken, ListenTimingToken, LoggerToken, ReadFleetToken, UserAgentToken } =
    await import("./host/tokens.js");
  const { createLogger } = await import("./cli/log.js");

  const { keyring, made } = await loadKeyring(environment);
  const store = await openStore({
    url: environment.redisUrl,
    dataDirectory: environment.dataDirectory,
    path: environment.path,
  });
  const { address } = store;
  const logger = await createLogger(environment.logLevel, process.stderr.isTTY);
  if (made !== undefined) {
    logger.warn({ file: made }, "made a key that tokens are encrypted with: keep a copy, without it they are lost");
  }
  const agent = userAgent(version, fleet.contact);
  const connections = createHttp({ userAgent: agent });
  const keys = keysUnder(environment.prefix);
  const closing: (() => Promise<unknown>)[] = [() => connections.close(), () => store.release()];
  const close = async () => {
    for (const step of closing) await step();
  };
  try {
    const redis = await connectRedis(address);
    closing.unshift(async () => redis.disconnect());
    await checkDataFormat(redis, keys);
    const announced = new AnnouncedKeys({ redis, keys, keyring, log: logger });
    await announced.start();
    closing.unshift(() => announced.stop());
    const { egress, windowScale } = environment;
    const budgets = new Budgets({ store: new RedisBudgetStore(redis, keys), keys, egress, windowScale });
    // What is not given back comes back with its window: a Redis that is away is not waited for.
    closing.unshift(async () => {
      const isBack = new AbortController();
      const patience = sleep(giveBackMs, undefined, { signal: isBack.signal }).catch(() => undefined);
      await Promise.race([budgets.release(), patience]).finally(() => isBack.abort());
    });
    const http = new MeteredHttp(connections, budgets);
    const directory = new MirrorDirectory(join(environment.dataDirectory, "vault", environment.prefix));
    const vault = new RedisVault(redis, keys, keyring);
    const mirror = new VaultMirror({ rows: new VaultRows(redis, keys), directory, keyring, vault, log: logger });
    // What still waits is the next process's; here too, a Redis that is away is not waited for.
    closing.unshift(() => Promise.race([mirror.stop(), sleep(giveBackMs, undefined, { ref: false })]));

    const root = container.createChildContainer();
    root.register(LoggerToken, { useValue: logger });
    root.register(UserAgentToken, { useValue: agent });
    root.register(ListenTimingToken, { useValue: {} });
    root.register(CheckCronToken, { useValue: checkCron });
    root.register(FleetToken, { useValue: new CurrentFleet(fleet) });
    root.register(ReadFleetToken, { useValue: () => loadFleet(environment) });
    root.register(RedisToken, { useValue: redis });
    root.register(RedisAddressToken, { useValue: address });
    root.register(KeysToken, { useValue: keys });
    root.register(KeyringToken, { useValue: keyring });
    root.register(HttpToken, { useValue: http });
    root.register(AnnouncedKeysToken, { useValue: announced });
    root.register(VaultMirrorToken, { useValue: mirror });
    root.register(VaultToken, { useValue: new MirroredVault(vault, mirror) });
    root.register(OutagesToken, { useValue: new RedisOutages(redis, keys) });
    root.register(Pace, { useValue: new Pace() });
    root.register(ProcessBoard, { useValue: new ProcessBoard(redis, keys) });
    root.register(StatusBoard, { useValue: new StatusBoard(redis, keys) });
    root.register(Budgets, { useValue: budgets });
    const learned = (origin: string, { software }: ServerInfo) => budgets.serverRuns(origin, software);
    root.register(Servers, { useValue: new Servers(http, learned) });
    const { prefix } = environment;
    root.register(JobsToken, {
      useFactory: instanceCachingFactory(() => {
        const jobs = createJobs({ address, prefix, log: logger });
        closing.unshift(() => jobs.close());
        return jobs;
      }),
    });
    root.register(OwnershipToken, {
      useFactory: instanceCachingFactory(() => createOwnership({ address, redis, keys, prefix, log: logger })),
    });
    return { container: root, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function loadFleet(environment: Environment): Promise<Fleet<Plugin>> {
  const { loadFleet: load } = await import("./accounts/load.js");
  const { loadPlugin } = await import("./host/load-plugin.js");
  return load<Plugin>({ file: environment.accountsFile, env: environment.variables, resolvePlugin: loadPlugin });
}

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const context: Context = {
  environment: ({ accounts }) => readEnvironment(process.env, accounts),
  fleet: loadFleet,
  services,
  serveHealth: async (...args) => (await import("./dashboard/health.js")).serveHealth(...args),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
};

await runProgram(process.argv, version, context);
