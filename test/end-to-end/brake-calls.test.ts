import type { Redis } from "ioredis";
import { beforeAll, expect, test } from "vitest";
import { testRedis } from "../support/redis.js";
import { eventually } from "./eventually.js";
import { fleetOf, type Fleet } from "./fleet.js";

// `bot pause` and `bot resume` while no process runs: what they say, and what is wrong with a call.

const { connect, env, keys } = testRedis();
let redis: Redis;
let fleet: Fleet;

beforeAll(async () => {
  redis = await connect();
  fleet = await fleetOf({
    accounts: { newsbot: {}, greeter: {}, far: { server: "https://far.example" } },
    environment: env,
  });
  await fleet.write(
    "accounts.yaml",
    JSON.stringify({
      contact: "ops@example.org",
      accounts: {
        newsbot: { server: "${SANDBOX_URL}" },
        greeter: { server: "${SANDBOX_URL}" },
        far: { server: "https://far.example" },
      },
    }),
  );
});

async function pausedNow(): Promise<string[]> {
  const rows = await fleet.status();
  return rows.filter(({ paused }) => paused !== null).map(({ account }) => account);
}

test("what is wrong with a call is said, and nothing is changed", async () => {
  const calls: [words: string[], what: RegExp][] = [
    [["pause"], /which accounts are meant is not said, or in two ways\n +name them, or add --server/],
    [["pause", "newsbot", "--all"], /or in two ways/],
    [["resume"], /which accounts are meant is not said/],
    [
      ["pause", "newsbto"],
      /there is no account newsbto in accounts.yaml\n +did you mean newsbot\? the accounts are: newsbot, /,
    ],
    [["resume", "newsbot", "nobody"], /there is no account nobody/],
    [["pause", "--server", "far.exmaple"], /no account .* is on far.exmaple\n +did you mean far.example\?/],
    [["pause", "--all", "--for", "soon"], /--for soon is no duration\n +write a number and a unit/],
    [["pause", "--all", "--for", "0m"], /--for 0m is no duration/],
    [["pause", "--all", "--reason", "x".repeat(501)], /--reason is longer than 500 characters/],
  ];
  for (const [words, what] of calls) {
    const { code, stderr, stdout } = await fleet.bot(...words);
    expect([words, code, stderr, stdout]).toEqual([words, 2, expect.stringMatching(what), ""]);
  }
  expect(await pausedNow()).toEqual([]);
});

test("accounts are paused by name, by server or all, twice in a row, and resumed alike", async () => {
  const first = await fleet.bot("pause", "newsbot", "--reason", "line one\nline two");
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toBe("paused: newsbot\nthey write again after: bot resume newsbot\n");
  const { host } = new URL(fleet.sandbox.url);
  const second = await fleet.bot("pause", "--server", host, "--for", "2h", "--json");
  const rows = JSON.parse(second.stdout) as { paused: { since: string; until: string } }[];
  expect(rows).toMatchObject([
    { account: "newsbot", before: { reason: "line one line two", until: null }, finished: 0, unknown: [] },
    { account: "greeter", before: null, paused: { reason: "" } },
  ]);
  const { since = "", until = "" } = rows[1]?.paused ?? {};
  expect(Date.parse(until) - Date.parse(since)).toBe(7_200_000);
  expect(await pausedNow()).toEqual(["newsbot", "greeter"]);
  const resumed = await fleet.bot("resume", "--all");
  expect(resumed).toMatchObject({ code: 0, stderr: "" });
  expect(resumed.stdout).toBe(
    "write again: newsbot, greeter\nnot paused: far\nno process runs them: what waits is handled when one does (bot run)\n",
  );
  expect((await fleet.bot("resume", "far")).stdout).toBe("not paused: far; there is nothing to resume\n");
  expect(JSON.parse((await fleet.bot("resume", "far", "--json")).stdout)).toEqual([{ account: "far", ended: null }]);
  expect(await pausedNow()).toEqual([]);
});

test("a pause for a time ends by itself", async () => {
  await fleet.bot("pause", "newsbot", "--for", "5s");
  await eventually("it has ended", async () => (await pausedNow()).length === 0);
});

test("an account that only another host's file has is paused by its name, if it has ever run", async () => {
  await redis.set(keys.account("elsewhere", "epoch"), 3);
  expect((await fleet.bot("pause", "elsewhere")).stdout).toContain("paused: elsewhere\n");
  expect(await redis.exists(keys.account("elsewhere", "paused"))).toBe(1);
  expect((await fleet.bot("resume", "elsewhere")).stdout).toContain("write again: elsewhere\n");
});

async function pausedNames(): Promise<string[]> {
  const names = ["oldname", "newname"];
  const found = await Promise.all(names.map((name) => redis.exists(keys.account(name, "paused"))));
  return names.filter((_name, index) => found[index] === 1);
}

test("until a renamed account is settled, what still runs under its old name is stopped too", async () => {
  await redis.set(keys.account("oldname", "counts"), "something is stored");
  const entry = { server: fleet.sandbox.url, was: "oldname" };
  await fleet.write("renamed.yaml", JSON.stringify({ accounts: { newname: entry } }));
  await fleet.bot("pause", "--all", "--accounts", "renamed.yaml");
  expect(await pausedNames()).toEqual(["oldname", "newname"]);
  await fleet.bot("resume", "newname", "--accounts", "renamed.yaml");
  expect(await pausedNames()).toEqual([]);
});

test("the brake works where accounts.yaml is broken", async () => {
  await redis.set(keys.account("newsbot", "epoch"), 1);
  await fleet.write("broken.yaml", "accounts: [");
  const { code, stderr, stdout } = await fleet.bot("pause", "--all", "--accounts", "broken.yaml");
  expect([code, stdout]).toEqual([0, expect.stringContaining("paused: elsewhere, newsbot\n")]);
  expect(stderr).toContain("broken.yaml is wrong");
  expect((await fleet.bot("resume", "newsbot", "--accounts", "broken.yaml")).stdout).toContain(
    "write again: newsbot\n",
  );
  const wrong = await fleet.bot("pause", "greeter", "--accounts", "broken.yaml");
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("broken.yaml:")]);
});
