import { beforeAll, expect, test } from "vitest";
import { testRedis } from "../support/redis.js";
import { eventually } from "./eventually.js";
import { fleetOf, type Fleet } from "./fleet.js";

const following = { plugins: [{ use: "following" }] };

let fleet: Fleet;

beforeAll(async () => {
  fleet = await fleetOf({
    accounts: { greeter: following, other: following },
    sandbox: { users: ["greeter", "other", "visitor"] },
    environment: testRedis().env,
  });
  await fleet.run();
  await Promise.all([fleet.authorize("greeter"), fleet.authorize("other")]);
  await fleet.listening("greeter", "other");
});

test("a revoked token needs its operator, and a new one brings the account back without a restart", async () => {
  expect(fleet.sandbox.revoke({ user: "greeter" })).toBe(1);
  await eventually("bot status says so", async () => (await fleet.statusOf("greeter")).state === "needs_authorization");
  const told = await fleet.statusOf("greeter");
  expect(told).toMatchObject({ cure: "run: bot auth greeter", token: null, owner: { epoch: 1 } });
  expect(told.reason).not.toBe("");
  expect((await fleet.bot("status")).stdout).toContain("run: bot auth greeter");
  expect((await fleet.statusOf("other")).state).toBe("ready");

  await fleet.sandbox.actAs("visitor").accounts.follow({ id: fleet.idOf("greeter") });
  const finished = await fleet.authorize("greeter");
  const begun = Date.now();
  expect(finished.stdout).toContain("greeter is @greeter");
  await eventually("it does what waited", () => fleet.count("greeter", "accounts.follow") === 1);
  expect(Date.now() - begun).toBeLessThan(5_000);
  expect((await fleet.statusOf("greeter")).token?.generation).toBeGreaterThan(1);
});
