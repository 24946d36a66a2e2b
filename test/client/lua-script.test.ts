import { expect, it } from "vitest";
import { LuaScript } from "../../core/client/lua-script.js";
import { testRedis } from "../support/redis.js";

const redis = testRedis();

it("goes whole to a server that does not know it, and by its digest afterwards", async () => {
  const connection = await redis.connect();
  const key = redis.keys.fleet("counter");
  // Unlike any other, so that the server cannot know it.
  const script = new LuaScript(`return redis.call("INCRBY", KEYS[1], ARGV[1]) -- ${redis.prefix}`);
  const monitor = await (await redis.connect()).monitor();
  const seen: string[] = [];
  monitor.on("monitor", (_time: string, [command = "", ...args]: string[], source: string) => {
    if (args.includes(key) && source !== "lua") seen.push(command.toLowerCase());
  });
  expect(await script.run(connection, [key], [2])).toBe(2);
  expect(await script.run(connection, [key], [3])).toBe(5);
  await expect.poll(() => seen).toEqual(["evalsha", "eval", "evalsha"]);
  monitor.disconnect();
});

it("does not send an error of its own a second time", async () => {
  const connection = await redis.connect();
  const key = redis.keys.fleet("once");
  const script = new LuaScript(`redis.call("INCR", KEYS[1]); return redis.error_reply("OTHER no")`);
  await expect(script.run(connection, [key], [])).rejects.toThrow("OTHER no");
  expect(await connection.get(key)).toBe("1");
});
