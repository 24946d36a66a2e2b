import { expect, onTestFinished, test } from "vitest";
import { RedisDeliveryStore } from "../../core/host/redis-delivery-store.js";
import { tickRecord } from "../../core/host/tick-record.js";
import { definePlugin } from "../../core/plugin.js";
import { connectRedis } from "../../core/store/redis.js";
import { startSandbox } from "../../sandbox/index.js";
import { OwnRedis } from "../support/own-redis.js";
import { testRedis } from "../support/redis.js";
import { soon } from "../support/soon.js";
import { accountOf, riding } from "./accounts.js";
import { closeProcesses, FleetProcess, keyring } from "./process.js";

test("what an account was told while its process could not hear it is looked for when it can again", async () => {
  const sandbox = await startSandbox({ users: ["bot"] });
  const server = await OwnRedis.start();
  const redis = await connectRedis({ url: server.url });
  onTestFinished(async () => {
    await closeProcesses();
    redis.disconnect();
    await server.close();
    await sandbox.close();
  });
  const ticks: number[] = [];
  const poet = definePlugin({
    name: "poet",
    setup: ({ every }) => every("rare", { hours: 8 }, ({ dueAt }) => void ticks.push(dueAt.getTime())),
  });
  const account = accountOf("bot", sandbox.url, [riding(poet)]);
  const corner = { ...testRedis(), url: server.url, address: { url: server.url }, connect: async () => redis };
  const process = await FleetProcess.compose({ redis: corner, accounts: [account] });
  await process.authorize(account, sandbox, "bot");
  await process.start();
  await expect.poll(async () => (await process.riderStatus("bot", "poet"))?.state, soon).toBe("running");

  const store = new RedisDeliveryStore(redis, corner.keys, keyring, "bot");
  await store.putDue(tickRecord({ rider: "poet", name: "rare", dueAt: 1_000, jitterMs: 0 }));
  expect(ticks).toEqual([]);
  await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
  await expect.poll(() => ticks, soon).toEqual([1_000]);
});
