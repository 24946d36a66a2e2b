import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { GatheredRedis } from "../../core/store/gathered-redis.js";
import { testRedis } from "../support/redis.js";

const corner = testRedis();

/** A connection of this form to the Redis of the tests. */
async function connect(key: string): Promise<Redis> {
  const redis = new GatheredRedis(corner.url, { maxRetriesPerRequest: null });
  await redis.del(key);
  return redis;
}

test("commands of one turn wait for its end, leave together and are answered in order", async () => {
  const key = corner.keys.account("bot", "order");
  const redis = await connect(key);
  const answers = Promise.all([1, 2, 3].map((value) => redis.rpush(key, value)));
  expect(redis.stream.writableLength).toBeGreaterThan(0);
  const inTransaction = redis.multi().rpush(key, 4).lrange(key, 0, -1).exec();
  expect(await answers).toEqual([1, 2, 3]);
  expect(await inTransaction).toEqual([
    [null, 4],
    [null, ["1", "2", "3", "4"]],
  ]);
  expect(redis.stream.writableLength).toBe(0);
  redis.disconnect();
});

test("a connection that breaks before they have left sends them over the next one", async () => {
  const key = corner.keys.account("bot", "broken");
  const redis = await connect(key);
  const answers = Promise.all([redis.incr(key), redis.incr(key)]);
  redis.stream.destroy();
  expect(await answers).toEqual([1, 2]);
  expect(await redis.incr(key)).toBe(3);
  redis.disconnect();
});

test("what was sent just before the connection is closed is carried out", async () => {
  const key = corner.keys.account("bot", "closed");
  const redis = await connect(key);
  const left = redis.set(key, "there").catch(() => undefined);
  redis.disconnect();
  await left;
  const other = await connect(corner.keys.account("bot", "other"));
  await expect.poll(() => other.get(key)).toBe("there");
  other.disconnect();
});
