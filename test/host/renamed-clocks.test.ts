import { afterEach, expect, onTestFinished, test } from "vitest";
import { tickJob } from "../../core/events/clock.js";
import { definePlugin } from "../../core/plugin.js";
import { startSandbox } from "../../sandbox/index.js";
import { eventually } from "../end-to-end/eventually.js";
import { testRedis } from "../support/redis.js";
import { accountOf, riding } from "./accounts.js";
import { closeProcesses, FleetProcess } from "./process.js";

afterEach(closeProcesses);

test("the clocks of a renamed account tick under its new name, and one tick that was on its way is not lost", async () => {
  const redis = testRedis();
  const sandbox = await startSandbox({ users: ["bot"] });
  onTestFinished(() => sandbox.close());
  const ticks: string[] = [];
  const plugin = definePlugin({
    name: "clock",
    scopes: ["read"],
    setup({ account, every }) {
      every("beat", { minutes: 60 }, () => ticks.push(account.name));
    },
  });
  const before = accountOf("old", sandbox.url, [riding(plugin)]);
  const after = { ...accountOf("new", sandbox.url, [riding(plugin)]), was: "old" };

  const first = await FleetProcess.compose({ redis, accounts: [before], ownership: "locks" });
  await first.authorize(before, sandbox, "bot");
  await first.start();
  await eventually("the clock is set", async () => (await first.jobs.repeated(tickJob)).length === 1);
  await first.stop();
  await first.jobs.close(0);

  const second = await FleetProcess.compose({ redis, accounts: [after], ownership: "locks" });
  await second.jobs.add(tickJob, { account: "old", rider: "clock", name: "beat" });
  await second.start();
  await eventually("the tick is handled", () => ticks.length > 0);
  expect(ticks).toEqual(["new"]);
  await eventually("the old clock is gone", async () => {
    const repeated = await second.jobs.repeated(tickJob);
    return repeated.length === 1 && repeated[0] === "new/clock/beat";
  });
  expect(await second.status("new")).toMatchObject({ account: "new", state: "ready" });
});
