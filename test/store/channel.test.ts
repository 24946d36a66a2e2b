import { onTestFinished, expect, test } from "vitest";
import { z } from "zod";
import { hearChannel } from "../../core/store/channel.js";
import { connectRedis } from "../../core/store/redis.js";
import { gatewayTo } from "../support/gateway.js";
import { testRedis } from "../support/redis.js";
import { soon } from "../support/soon.js";

async function hearing(silenceMs: number) {
  const { connect, keys, url } = testRedis();
  const gateway = await gatewayTo(Number(new URL(url).port), new URL(url).hostname);
  const redis = await connectRedis({ url: `redis://127.0.0.1:${gateway.port}` });
  const channel = keys.fleet("channel");
  const heard: (number | "gap")[] = [];
  const stop = await hearChannel(redis, channel, z.number(), {
    onMessage: (number) => heard.push(number),
    onGap: () => heard.push("gap"),
    silenceMs,
  });
  onTestFinished(async () => {
    stop();
    redis.disconnect();
    await gateway.close();
  });
  const speaker = await connect();
  return { channel, gateway, heard, say: (text: string) => speaker.publish(channel, text) };
}

test("what is said is heard; what is nothing of the channel's is passed over", async () => {
  const { heard, say } = await hearing(15_000);
  for (const text of ["1", "what", '{"2": 3}', "4"]) await say(text);
  await expect.poll(() => heard, soon).toEqual([1, 4]);
});

test("a connection that nothing passes on any more is opened anew, and says that something may have been missed", async () => {
  const { gateway, heard, say } = await hearing(1_000);
  await say("1");
  await expect.poll(() => heard, soon).toEqual([1]);
  gateway.freeze();
  await say("2");
  await expect.poll(() => heard, soon).toEqual([1, "gap"]);
  await say("3");
  await expect.poll(() => heard, soon).toEqual([1, "gap", 3]);
});
