import { MemoryBudgetStore } from "../../core/client/memory-budget-store.js";
import { RedisBudgetStore } from "../../core/client/redis-budget-store.js";
import { keysUnder } from "../../core/store/keys.js";
import { budgetContract } from "../contracts/budget.js";
import { redisKinds, testRedis } from "../support/redis.js";

budgetContract("in memory", () => {
  const store = new MemoryBudgetStore();
  return { keys: keysUnder("memory"), store: async () => store };
});

for (const kind of redisKinds) {
  budgetContract(`in Redis, ${kind}`, () => {
    const { connect, keys } = testRedis(kind);
    return { keys, store: async () => new RedisBudgetStore(await connect(), keys) };
  });
}
