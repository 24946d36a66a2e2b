import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { defineJob } from "../../core/jobs/jobs.js";
import { createJobs } from "../../core/jobs/bullmq-jobs.js";
import { describeAddress, isRedisUrl } from "../../core/store/redis-address.js";
import { connectRedis } from "../../core/store/redis.js";
import { keysUnder } from "../../core/store/keys.js";
import { hearWakes, sendWake, type Wake } from "../../core/host/wake.js";
import { z } from "zod";
import { gatewayTo } from "../support/gateway.js";
import { freePort } from "../support/own-redis.js";
import { testRedis } from "../support/redis.js";
import { Sentinels } from "../support/sentinels.js";
import { soon } from "../support/soon.js";

describe("an address", () => {
  test.each([
    ["redis://localhost:6379", "redis://localhost:6379"],
    ["rediss://me:hush@redis.example:6380/2", "rediss://redis.example:6380/2"],
    [
      "redis+sentinel://one.example:26380,two.example/herd",
      "herd of the sentinels one.example:26380, two.example:26379",
    ],
    ["rediss+sentinel://me:hush@one.example/herd?sentinel_password=quiet", "herd of the sentinels one.example:26379"],
    ["redis+sentinel://[::1]:26380/herd", "herd of the sentinels [::1]:26380"],
  ])("%s is named without its secrets", (url, words) => {
    expect([isRedisUrl(url), describeAddress({ url })]).toEqual([true, words]);
  });

  test.each([
    "localhost:6379",
    "http://localhost",
    "redis+sentinel://one.example:26379",
    "redis+sentinel://one.example:26379/",
    "redis+sentinel://one.example:port/herd",
    "redis+sentinel://,/herd",
    "redis+sentinel:///herd",
  ])("%s is none", (url) => {
    expect(isRedisUrl(url)).toBe(false);
  });
});

describe("a cluster", () => {
  const children: ChildProcess[] = [];
  const directories: string[] = [];

  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  });

  async function node() {
    const directory = mkdtempSync(join(tmpdir(), "howdah-cluster-"));
    directories.push(directory);
    const [port, bus] = [await freePort(), await freePort()];
    const place = ["--port", `${port}`, "--cluster-port", `${bus}`, "--bind", "127.0.0.1", "--dir", directory];
    children.push(spawn("redis-server", ["--save", "", "--cluster-enabled", "yes", ...place], { stdio: "ignore" }));
    const { Redis } = await import("ioredis");
    const redis = new Redis(port, { maxRetriesPerRequest: 200, retryStrategy: () => 50 });
    redis.on("error", () => undefined);
    await redis.ping();
    return { url: `redis://127.0.0.1:${port}`, port, bus, redis };
  }

  test("of one node is a server like any other", async () => {
    const { connect } = testRedis("cluster");
    expect(await (await connect()).ping()).toBe("PONG");
  });

  test("without all of its slots, or of several nodes, is refused with what would do", async () => {
    const [first, second] = [await node(), await node()];
    await first.redis.call("CLUSTER", "ADDSLOTSRANGE", 0, 8_000);
    const cure = expect.stringContaining("one node that has every slot");
    await expect(connectRedis({ url: first.url })).rejects.toMatchObject({
      code: "REDIS_REFUSED",
      message: expect.stringContaining("has 8001 of 16384 slots"),
      cure,
    });
    await second.redis.call("CLUSTER", "ADDSLOTSRANGE", 8_001, 16_383);
    await first.redis.call("CLUSTER", "MEET", "127.0.0.1", second.port, second.bus);
    await expect
      .poll(() => connectRedis({ url: first.url }).catch((error: Error) => error.message), soon)
      .toContain("is one of 2 nodes of a cluster");
    first.redis.disconnect();
    second.redis.disconnect();
  });
});

test(
  "a connection on which nothing passes any more is opened anew, and what waits for an answer gets one",
  { timeout: 60_000 },
  async () => {
    const { url } = testRedis();
    const gateway = await gatewayTo(Number(new URL(url).port), new URL(url).hostname);
    const redis = await connectRedis({ url: `redis://127.0.0.1:${gateway.port}` });
    try {
      gateway.freeze();
      expect(await redis.ping()).toBe("PONG");
      expect(gateway.connections()).toBe(2);
    } finally {
      redis.disconnect();
      await gateway.close();
    }
  },
);

test("sentinels lead to the server that takes writes, also after that one has died", { timeout: 60_000 }, async () => {
  const sentinels = await Sentinels.start();
  const address = { url: sentinels.url };
  const redis = await connectRedis(address);
  const keys = keysUnder("sentinels");
  const woken: Wake[] = [];
  const stopHearing = await hearWakes(redis, keys, { onMessage: (wake) => woken.push(wake) });
  const log = { warn: () => undefined, error: () => undefined };
  const jobs = createJobs({ address, prefix: "sentinels", log });
  const timer = defineJob("timer", z.object({ number: z.number() }));
  const taken: number[] = [];
  try {
    await jobs.take(timer, async ({ data }) => void taken.push(data.number));
    await jobs.add(timer, { number: 1 });
    await expect.poll(() => taken, soon).toEqual([1]);
    await sentinels.killPrimary();
    await redis.set(keys.fleet("after"), "the failover");
    expect(await redis.get(keys.fleet("after"))).toBe("the failover");
    expect(redis.stream.remotePort).toBe(await sentinels.primary());
    await jobs.add(timer, { number: 2 });
    await expect.poll(() => taken, { ...soon, timeout: 40_000 }).toEqual([1, 2]);
    const wake = { account: "bot", why: "due" } as const;
    await expect
      .poll(async () => {
        await sendWake(redis, keys, wake);
        return woken[0];
      }, soon)
      .toEqual(wake);
  } finally {
    await jobs.close();
    stopHearing();
    redis.disconnect();
    await sentinels.close();
  }
});

test("sentinels that do not answer are named", async () => {
  const url = "redis+sentinel://me:hush@127.0.0.1:1,127.0.0.1:2/herd";
  const failing = connectRedis({ url });
  await expect(failing).rejects.toMatchObject({
    code: "REDIS_UNREACHABLE",
    message: expect.stringContaining("herd of the sentinels 127.0.0.1:1, 127.0.0.1:2 does not answer"),
  });
  await expect(failing).rejects.not.toMatchObject({ message: expect.stringContaining("hush") });
});
