import { afterEach, beforeEach, expect, test } from "vitest";
import { RedisBudgetStore } from "../../core/client/redis-budget-store.js";
import { definePlugin } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { accountOf, riding } from "./accounts.js";
import { mention } from "./desk.js";
import { closeProcesses, FleetProcess } from "./process.js";

let sandbox: Sandbox;
let redis: TestRedis;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "zoe"] });
  redis = testRedis();
});
afterEach(async () => {
  await closeProcesses();
  await sandbox.close();
});

const echo = definePlugin({
  name: "echo",
  scopes: ["read:notifications", "write:statuses"],
  setup: ({ on }) => on("notification.mention", async ({ reply }) => reply("yes")),
});

test("an account that is let go gives back what it has leased and not used", async () => {
  const account = accountOf("bot", sandbox.url, [riding(echo)]);
  const process = await FleetProcess.compose({ redis, accounts: [account] });
  await process.authorize(account, sandbox, "bot");
  await process.start();
  await sandbox.waitForStreams((open) => open.some(({ streams }) => streams.length > 0));
  await mention(sandbox, "are you there?");
  const answers = () => sandbox.requests().filter(({ operation }) => operation === "statuses.create");
  await expect.poll(answers, soon).toHaveLength(1);
  const store = new RedisBudgetStore(process.connection, redis.keys);
  const levels = () => store.levels([redis.keys.account("bot", "budget", "rider", "echo")]);
  const { riderPerHour } = account.caps;
  const [leased] = await levels();
  expect(leased?.left).toBeLessThan(riderPerHour - 1);
  await process.stop();
  expect(await levels()).toMatchObject([{ limit: riderPerHour, left: riderPerHour - 1 }]);
});
