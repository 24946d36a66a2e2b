import type { Redis } from "ioredis";
import { beforeEach, expect, test } from "vitest";
import { testRedis, type TestRedis } from "../support/redis.js";
import { eventually } from "./eventually.js";
import { fleetOf, yamlOf, type Fleet } from "./fleet.js";

const following = { plugins: [{ use: "following" }] };
const old = yamlOf({ newsbot: following });
const renamed = yamlOf({ headlines: { was: "newsbot", ...following } });

let corner: TestRedis;
let redis: Redis;
let fleet: Fleet;

beforeEach(async () => {
  corner = testRedis();
  redis = await corner.connect();
  fleet = await fleetOf({
    accounts: old,
    sandbox: { users: ["newsbot", "early", "late"] },
    environment: corner.env,
  });
  await fleet.authorize("newsbot");
});

async function isReady(): Promise<boolean> {
  return (await fleet.statusOf("headlines")).state === "ready";
}

async function under(name: string): Promise<string[]> {
  const keys = await redis.keys(`${corner.keys.account(name)}:*`);
  return keys.filter((key) => !/}:(?:epoch|batch)$/.test(key));
}

test("without was: it is nobody, and its person is refused with the cure", async () => {
  await fleet.write("accounts.yaml", yamlOf({ headlines: following }));
  expect(await fleet.statusOf("headlines")).toMatchObject({ state: "needs_authorization", token: null });
  const refused = await fleet.bot("auth", "headlines", "--code", await fleet.code("headlines", "newsbot"));
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("@newsbot belongs to the account newsbot already");
  expect(refused.stderr).toContain("if headlines is a new name of newsbot, write was: newsbot under it");
  await fleet.write("accounts.yaml", old);
  expect((await fleet.bot("doctor", "newsbot")).code).toBe(0);
});

test("while a process runs the old name, two with the new file move it, and nothing is lost or doubled", async () => {
  const before = await fleet.run();
  await fleet.listening("newsbot");
  await fleet.sandbox.actAs("early").accounts.follow({ id: fleet.idOf("newsbot") });
  await eventually("it followed back", () => fleet.count("newsbot", "accounts.follow") === 1);

  await fleet.write("accounts.yaml", renamed);
  await Promise.all([fleet.run(), fleet.run()]);
  await eventually("the old name is let go, and the new one is ready", isReady);
  expect((await fleet.bot("status")).stderr).toContain(`outdated: process ${before.child.pid} on `);
  await fleet.sandbox.actAs("late").accounts.follow({ id: fleet.idOf("newsbot") });
  await eventually("it goes on where it was", () => fleet.count("newsbot", "accounts.follow") === 2);
  await fleet.listening("newsbot");
  await eventually("both are counted", async () => (await fleet.statusOf("headlines")).riders[0]?.handled === 2);
  const status = await fleet.statusOf("headlines");
  expect(status).toMatchObject({ handle: "newsbot", token: { generation: 1 }, riders: [{ handled: 2, failed: 0 }] });
  expect(fleet.count("newsbot", "accounts.follow")).toBe(2);
  expect(await under("newsbot")).toEqual([]);
});

test("killed while it moves, the next process does the rest", async () => {
  const seeds = 6_000;
  const seeding = redis.pipeline();
  const seed = (name: string, index: number) => corner.keys.account(name, "invocation", `seed/${index}`);
  for (let index = 0; index < seeds; index += 1) seeding.hset(seed("newsbot", index), "value", index);
  await seeding.exec();
  await fleet.write("accounts.yaml", renamed);
  const killed = fleet.start(["run"]);
  await eventually("a part is moved", async () => (await under("headlines")).some((key) => key.includes("seed/")));
  await killed.end("SIGKILL");
  const [here, there] = [await under("newsbot"), await under("headlines")];
  expect(here.some((key) => key.includes("seed/"))).toBe(true);
  expect(there.some((key) => key.includes("seed/"))).toBe(true);

  await fleet.run();
  await eventually("the new name is ready", isReady);
  expect(await under("newsbot")).toEqual([]);
  expect((await under("headlines")).filter((key) => key.includes("seed/"))).toHaveLength(seeds);
  expect(await redis.hget(seed("headlines", 17), "value")).toBe("17");
  expect(await redis.exists(corner.keys.fleet("renaming"))).toBe(0);
});

test("bot auth moves it where no process runs, and so does bot revoke", async () => {
  await fleet.write("accounts.yaml", renamed);
  expect(await fleet.statusOf("headlines")).toMatchObject({
    state: "held",
    reason: "it is still stored as newsbot, and becomes headlines when a process runs it",
  });
  const address = await fleet.bot("auth", "headlines", "--url");
  expect(address).toMatchObject({ code: 0, stderr: "" });
  expect(await under("newsbot")).toEqual([]);
  expect((await fleet.statusOf("headlines")).token?.generation).toBe(1);
  expect((await fleet.authorize("headlines", "newsbot")).stdout).toContain("headlines is @newsbot");

  await fleet.write("accounts.yaml", yamlOf({ newsbot: { was: "headlines", ...following } }));
  const revoked = await fleet.bot("revoke", "newsbot", "--yes");
  expect(revoked.stdout).toContain("newsbot: the token is revoked");
  expect(await under("headlines")).toEqual([]);
});
