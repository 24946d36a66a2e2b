import { expect, test } from "vitest";
import { checkDataFormat } from "../../core/store/data-format.js";
import { testRedis } from "../support/redis.js";

test("marks a fresh place, and takes its own mark again", async () => {
  const { connect, keys } = testRedis();
  const redis = await connect();
  await checkDataFormat(redis, keys);
  await checkDataFormat(redis, keys);
  expect(await redis.get(keys.fleet("data-format"))).toBe("1");
});

test.each(["2", "99", "from the future"])("refuses data of format %j, and leaves the mark", async (stored) => {
  const { connect, keys } = testRedis();
  const redis = await connect();
  await redis.set(keys.fleet("data-format"), stored);
  await expect(checkDataFormat(redis, keys)).rejects.toMatchObject({
    code: "DATA_NEWER",
    cure: "run the newer version of Howdah, or another BOT_PREFIX",
  });
  expect(await redis.get(keys.fleet("data-format"))).toBe(stored);
});
