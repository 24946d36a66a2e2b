import { afterEach, expect, onTestFinished, test } from "vitest";
import { definePlugin } from "../../core/plugin.js";
import { startSandbox } from "../../sandbox/index.js";
import { eventually } from "../end-to-end/eventually.js";
import { testRedis } from "../support/redis.js";
import { accountOf, riding } from "./accounts.js";
import { closeProcesses, FleetProcess } from "./process.js";

afterEach(closeProcesses);

// A server that refuses a token again and again is looked at ever less often: after eight times, a minute in all.
test("each token that an operator brings is taken up at once, however many there were before", async () => {
  const sandbox = await startSandbox({ users: ["bot"] });
  onTestFinished(() => sandbox.close());
  const plugin = definePlugin({ name: "idle", scopes: ["read"], setup: () => undefined });
  const account = accountOf("bot", sandbox.url, [riding(plugin)]);
  const process = await FleetProcess.compose({ redis: testRedis(), accounts: [account] });
  await process.start();
  for (let generation = 1; generation <= 9; generation += 1) {
    await process.authorize(account, sandbox, "bot");
    await eventually(`token ${generation} is in use`, async () => {
      const status = await process.status("bot");
      return status?.state === "ready" && status.token?.generation === generation;
    });
  }
  expect((await process.status("bot"))?.token?.generation).toBe(9);
});
