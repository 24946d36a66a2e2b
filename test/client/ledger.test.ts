import { MemoryLedger } from "../../core/client/memory-ledger.js";
import { RedisLedger } from "../../core/client/redis-ledger.js";
import { Keyring } from "../../core/store/seal.js";
import { ledgerContract } from "../contracts/ledger.js";
import { redisKinds, testRedis } from "../support/redis.js";

ledgerContract("memory", async () => {
  const standing = { epoch: 1, isPaused: false };
  return {
    ledger: new MemoryLedger(standing),
    pause: async () => (standing.isPaused = true),
    changeOwner: async () => (standing.epoch += 1),
  };
});

for (const kind of redisKinds) {
  ledgerContract(`Redis, ${kind}`, async () => {
    const { connect, keys } = testRedis(kind);
    const redis = await connect();
    await redis.set(keys.account("bot", "epoch"), 1);
    return {
      ledger: new RedisLedger(redis, keys, Keyring.parse(Keyring.generate(), "the test's key"), "bot"),
      pause: () => redis.set(keys.account("bot", "paused"), "by a test"),
      changeOwner: () => redis.incr(keys.account("bot", "epoch")),
    };
  });
}
