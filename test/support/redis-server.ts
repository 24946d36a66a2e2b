/**
 * Vitest's global set-up: two Redis servers for the whole run, in containers where an engine has the image. One is the
 * only node of a cluster, which refuses whatever touches two of its slots at once.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    redisUrl: string;
    clusterUrl: string;
  }
}

interface RunningRedis {
  /** For the log: which kind of server it is. */
  readonly kind: string;
  readonly url: string;
  stop(): Promise<void>;
}

const image = "redis:7-bookworm";
const programs = ["redis-server", "valkey-server"];
/** A run that is killed cannot stop its container. */
const longestRun = "2h";
const settings = ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"];
const clusterSettings = [...settings, "--cluster-enabled", "yes"];

/** Starts the servers, says once which kind they are, and hands their URLs to the tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = await startOne(settings);
  const cluster = await startOne(clusterSettings);
  const stop = async () => {
    await Promise.all([redis.stop(), cluster.stop()]);
  };
  process.once("SIGTERM", () => void stop().finally(() => process.exit(143)));
  await giveAllSlots(cluster.url);
  console.log(
    `Redis for the tests: ${redis.kind}, ${redis.url}; a cluster of one node: ${cluster.kind}, ${cluster.url}`,
  );
  project.provide("redisUrl", redis.url);
  project.provide("clusterUrl", cluster.url);
  return stop;
}

async function startOne(wanted: readonly string[]): Promise<RunningRedis> {
  const redis = (await inContainer(wanted)) ?? (await asProcess(wanted)) ?? fromEnvironment();
  if (redis) return redis;
  throw new Error(`the tests need Redis: install redis-server, or set REDIS_URL, or pull ${image}`);
}

/** A server of an operator's own, which is used where none can be started, is no cluster and stays so. */
async function giveAllSlots(url: string): Promise<void> {
  const redis = new Redis(url);
  try {
    if (!(await redis.info("cluster")).includes("cluster_enabled:1")) return;
    await redis.call("CLUSTER", "ADDSLOTSRANGE", 0, 16_383);
    while (!String(await redis.call("CLUSTER", "INFO")).includes("cluster_state:ok")) await delay(20);
  } finally {
    redis.disconnect();
  }
}

async function inContainer(wanted: readonly string[]): Promise<RunningRedis | undefined> {
  process.env["TESTCONTAINERS_RYUK_DISABLED"] = "true";
  const { GenericContainer, ImageName, getContainerRuntimeClient } = await import("testcontainers");
  const engine = await getContainerRuntimeClient().catch(() => undefined);
  if (!engine || !(await engine.image.exists(ImageName.fromString(image)))) return undefined;
  const container = await new GenericContainer(image)
    .withCommand(["timeout", longestRun, "redis-server", ...wanted, "--bind", "0.0.0.0", "--protected-mode", "no"])
    .withExposedPorts(6379)
    .start()
    .catch((error: unknown) => console.log(`The Docker engine cannot start ${image}: ${String(error)}`));
  if (!container) return undefined;
  const url = `redis://${container.getHost()}:${container.getMappedPort(6379)}`;
  return {
    kind: `a container of ${image}`,
    url,
    stop: async () => {
      await container.stop();
    },
  };
}

async function asProcess(wanted: readonly string[]): Promise<RunningRedis | undefined> {
  const program = programs.find((name) => spawnSync(name, ["--version"]).status === 0);
  if (program === undefined) return undefined;
  const [port, busPort] = [await freePort(), await freePort()];
  // A node of a cluster notes down what it knows of it.
  const directory = mkdtempSync(join(tmpdir(), "howdah-redis-"));
  const bus = wanted === clusterSettings ? ["--cluster-port", String(busPort)] : [];
  const place = ["--bind", "127.0.0.1", "--port", String(port), "--dir", directory, ...bus];
  const child = spawn(program, [...wanted, ...place], { stdio: "ignore" });
  process.once("exit", () => {
    child.kill();
    rmSync(directory, { recursive: true, force: true });
  });
  const url = `redis://127.0.0.1:${port}`;
  await answering(url, child);
  return {
    kind: `a spawned ${program}`,
    url,
    stop: async () => {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

function fromEnvironment(): RunningRedis | undefined {
  const url = process.env["REDIS_URL"];
  return url === undefined ? undefined : { kind: "the server in REDIS_URL", url, stop: () => Promise.resolve() };
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the spawned Redis server exited with ${child.exitCode}`);
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    redis.on("error", () => undefined);
    const answers = await redis.ping().catch(() => undefined);
    redis.disconnect();
    if (answers !== undefined) return;
    await delay(50);
  }
  throw new Error("the spawned Redis server did not answer within 5 s");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
