import "reflect-metadata";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { InForce } from "../../core/host/in-force.js";
import { Removals } from "../../core/host/removals.js";
import { definePlugin } from "../../core/plugin.js";
import { startSandbox } from "../../sandbox/index.js";
import { eventually } from "../end-to-end/eventually.js";
import { testRedis } from "../support/redis.js";
import { accountOf, riding } from "./accounts.js";
import { closeProcesses, FleetProcess } from "./process.js";

afterEach(closeProcesses);

const dayMs = 24 * 60 * 60 * 1_000;

test("an account that is taken out ends with its clocks; its token stays for 30 days, and then goes", async () => {
  const sandbox = await startSandbox({ users: ["bot", "other"] });
  onTestFinished(() => sandbox.close());
  const ticking = definePlugin({
    name: "ticking",
    scopes: ["read"],
    setup: ({ cron }) => cron("yearly", "0 0 1 1 *", () => undefined),
  });
  const [bot, other] = [accountOf("bot", sandbox.url, [riding(ticking)]), accountOf("other", sandbox.url, [])];
  const redis = testRedis();
  const process = await FleetProcess.compose({ redis, accounts: [bot, other] });
  await process.start();
  await process.authorize(bot, sandbox, "bot");
  const clocks = redis.keys.account("bot", "clocks");
  await eventually("its clock ticks", async () => (await process.connection.hlen(clocks)) === 1);

  const inForce = process.resolve(InForce);
  const without = await inForce.mark({ file: "accounts.yaml", contact: undefined, accounts: [other] });
  await inForce.propose(without, { by: "reload", over: 1 });
  await eventually("it is let go", async () => (await process.status("bot"))?.owner === null);
  await eventually("its clocks have ended", async () => (await process.connection.hlen(clocks)) === 0);

  const removals = process.resolve(Removals);
  const credentials = redis.keys.account("bot", "credentials", sandbox.url);
  await removals.look(Date.now() + 29 * dayMs);
  expect(await process.connection.hexists(credentials, "access_token")).toBe(1);
  expect(await inForce.removed()).toHaveLength(1);
  await removals.look(Date.now() + 31 * dayMs);
  expect(await process.connection.hexists(credentials, "access_token")).toBe(0);
  expect(await inForce.removed()).toEqual([]);
  // Its person may become another account's.
  await process.authorize(accountOf("new", sandbox.url, []), sandbox, "bot");
});
