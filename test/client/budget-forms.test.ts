import { MemoryBudgetStore } from "../../core/client/memory-budget-store.js";
import { RedisBudgetStore } from "../../core/client/redis-budget-store.js";
import { keysUnder } from "../../core/store/keys.js";
import { budgetContract } from "../contracts/budget.js";
import { testRedis } from "../support/redis.js";

budgetContract("in memory", () => {
  const store = new MemoryBudgetStore();
  return { keys: keysUnder("memory"), store: async () => store };
});

budgetContract("in Redis", () => {
  const { connect, keys } = testRedis();
  return { keys, store: async () => new RedisBudgetStore(await connect(), keys) };
});
