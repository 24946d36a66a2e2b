/** Vitest's global set-up: one Redis server for the whole run, in a container where an engine has the image. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { TestProject } from "vitest/node";
import { connectRedis } from "../../core/store/redis.js";

declare module "vitest" {
  interface ProvidedContext {
    redisUrl: string;
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

/** Starts the server, says once which kind it is, and hands its URL to the tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = (await inContainer()) ?? (await asProcess()) ?? fromEnvironment();
  if (!redis) throw new Error(`the tests need Redis: install redis-server, or set REDIS_URL, or pull ${image}`);
  process.once("SIGTERM", () => void redis.stop().finally(() => process.exit(143)));
  console.log(`Redis for the tests: ${redis.kind}, ${redis.url}`);
  project.provide("redisUrl", redis.url);
  return () => redis.stop();
}

async function inContainer(): Promise<RunningRedis | undefined> {
  process.env["TESTCONTAINERS_RYUK_DISABLED"] = "true";
  const { GenericContainer, ImageName, getContainerRuntimeClient } = await import("testcontainers");
  const engine = await getContainerRuntimeClient().catch(() => undefined);
  if (!engine || !(await engine.image.exists(ImageName.fromString(image)))) return undefined;
  const container = await new GenericContainer(image)
    .withCommand(["timeout", longestRun, "redis-server", ...settings, "--bind", "0.0.0.0", "--protected-mode", "no"])
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

async function asProcess(): Promise<RunningRedis | undefined> {
  const program = programs.find((name) => spawnSync(name, ["--version"]).status === 0);
  if (program === undefined) return undefined;
  const port = await freePort();
  const child = spawn(program, [...settings, "--bind", "127.0.0.1", "--port", String(port)], { stdio: "ignore" });
  process.once("exit", () => child.kill());
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
    const redis = await connectRedis({ url }).catch(() => undefined);
    if (redis) {
      redis.disconnect();
      return;
    }
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
