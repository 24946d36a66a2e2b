import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { withLease } from "../../core/store/lease.js";
import { testRedis } from "../support/redis.js";

const corner = testRedis();
const key = (name: string) => corner.keys.fleet("lease", name);

test("one holder at a time, over several connections, and each gets its turn", async () => {
  const connections = await Promise.all(Array.from({ length: 4 }, () => corner.connect()));
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await sleep(2);
    inside -= 1;
    return "done";
  };
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, at) => {
      const redis = connections[at % 4];
      if (redis === undefined) throw new Error("no connection");
      return withLease(redis, key("turns"), 10_000, work);
    }),
  );
  expect([results.every((result) => result === "done"), most]).toEqual([true, 1]);
});

test("is given back also where the work fails, with the work's own error", async () => {
  const redis = await corner.connect();
  const failing = withLease(redis, key("failing"), 60_000, () => Promise.reject(new Error("no luck")));
  await expect(failing).rejects.toThrow("no luck");
  expect(await redis.exists(key("failing"))).toBe(0);
});

test("of a holder that died passes on", async () => {
  const redis = await corner.connect();
  await redis.set(key("dead"), "a process that is gone", "PX", 50);
  expect(await withLease(redis, key("dead"), 10_000, () => Promise.resolve("mine"))).toBe("mine");
});

test("is not taken from the next holder by one that overstayed", async () => {
  const redis = await corner.connect();
  await withLease(redis, key("overstayed"), 10_000, () => redis.set(key("overstayed"), "the next holder"));
  expect(await redis.get(key("overstayed"))).toBe("the next holder");
});
