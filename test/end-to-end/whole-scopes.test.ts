import { beforeAll, expect, test } from "vitest";
import { testRedis } from "../support/redis.js";
import { fleetOf, type Fleet } from "./fleet.js";

const redis = testRedis();
let fleet: Fleet;

beforeAll(async () => {
  fleet = await fleetOf({
    accounts: { poster: { plugins: [{ use: "following" }] } },
    sandbox: { users: ["poster"], dialect: "pixelfed" },
    environment: redis.env,
  });
});

test("on a server that knows whole scopes only, bot auth and bot check say what is asked for instead", async () => {
  const before = await fleet.bot("check", "--json");
  expect(JSON.parse(before.stdout)).toMatchObject([{ asked_as: null }]);
  expect((await fleet.bot("check")).stdout).not.toContain("asked for as");

  const done = await fleet.bot("auth", "poster", "--code", await fleet.code("poster"));
  expect(done.stdout).toMatch(/^poster is @poster on .*: ready\nthis server knows whole scopes only: .* read write;/);

  const after = await fleet.bot("check", "--json");
  expect(JSON.parse(after.stdout)).toMatchObject([{ account: "poster", asked_as: "read write" }]);
  expect((await fleet.bot("check")).stdout).toContain(
    "    asked for as: read write   (the server knows no finer scopes)\n",
  );
});
