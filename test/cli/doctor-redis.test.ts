import { describe, expect, test } from "vitest";
import { findingsOf } from "../../core/cli/doctor-check.js";
import { redisChecks, redisFacts, type RedisFacts } from "../../core/cli/doctor-redis.js";
import { testRedis } from "../support/redis.js";

const good = {
  redis_version: "7.2.4",
  role: "master",
  maxmemory_policy: "noeviction",
  aof_enabled: "1",
  aof_last_write_status: "ok",
  used_memory: "1048576",
  maxmemory: "0",
};

interface Change {
  readonly info?: Readonly<Record<string, string | undefined>>;
  readonly appendfsync?: string | undefined;
  readonly clockAheadMs?: number;
}

async function verdictsOf({ info = {}, ...rest }: Change = {}) {
  const said = Object.entries({ ...good, ...info }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const facts: RedisFacts = { appendfsync: "always", clockAheadMs: 0, roundTripMs: 2, ...rest, info: new Map(said) };
  return findingsOf(redisChecks, facts);
}

test("the settings of the shipped server are well, and need no cure", async () => {
  const findings = await verdictsOf();
  expect(findings.map(({ check, cure, verdict }) => [check, verdict, cure])).toEqual(
    redisChecks.map(({ name }) => [name, "ok", ""]),
  );
});

describe("each weaker setting has its verdict, what it gives up, and a cure", () => {
  test.each<[string, string, Change, RegExp]>([
    ["redis.maxmemory-policy", "fail", { info: { maxmemory_policy: "allkeys-lru" } }, /allkeys-lru.*lost.*doubled/],
    ["redis.maxmemory-policy", "warn", { info: { maxmemory_policy: undefined } }, /does not say/],
    ["redis.appendonly", "warn", { info: { aof_enabled: "0" } }, /lost.*doubled.*refresh tokens/],
    ["redis.appendfsync", "warn", { appendfsync: "everysec" }, /about a second.*doubled/],
    ["redis.appendfsync", "warn", { appendfsync: "no" }, /half a minute/],
    ["redis.appendfsync", "warn", { appendfsync: undefined }, /CONFIG is not allowed/],
    ["redis.persistence", "fail", { info: { aof_last_write_status: "err" } }, /aof_last_write_status/],
    ["redis.persistence", "fail", { info: { rdb_last_bgsave_status: "err" } }, /rdb_last_bgsave_status/],
    ["redis.persistence", "warn", { info: { loading: "1" } }, /still reading/],
    ["redis.replicas", "warn", { info: { connected_slaves: "2" } }, /^2 of them follow.*doubled/],
    ["redis.memory", "warn", { info: { maxmemory: "1200000" } }, /1\.0 MiB of 1\.1 MiB/],
    ["redis.memory", "fail", { info: { maxmemory: "1048576" } }, /1\.0 MiB of 1\.0 MiB/],
    ["redis.version", "warn", { info: { redis_version: "6.0.16" } }, /6\.0\.16/],
    ["redis.version", "warn", { info: { redis_version: undefined } }, /unknown/],
    ["redis.version", "fail", { info: { role: "slave" } }, /replica/],
    ["redis.clock", "warn", { clockAheadMs: 5_000 }, /5\.0 s ahead of/],
    ["redis.clock", "warn", { clockAheadMs: -90_000 }, /90\.0 s behind/],
  ])("%s %s", async (check, verdict, change, words) => {
    const findings = await verdictsOf(change);
    expect(findings.filter((finding) => finding.verdict !== "ok")).toEqual([
      { check, verdict, found: expect.stringMatching(words) as string, cure: expect.stringMatching(/./) as string },
    ]);
  });
});

test("without the append-only file its syncing is no question", async () => {
  const findings = await verdictsOf({ info: { aof_enabled: "0" }, appendfsync: "everysec" });
  expect(findings.map(({ check }) => check)).not.toContain("redis.appendfsync");
});

test("a real server is asked", async () => {
  const facts = await redisFacts(await testRedis().connect());
  expect(facts.info.get("redis_version") ?? facts.info.get("valkey_version")).toMatch(/^\d+\.\d+/);
  expect(facts.appendfsync).toMatch(/^(?:always|everysec|no)$/);
  expect(Math.abs(facts.clockAheadMs)).toBeLessThan(60_000);
});

test("a check that throws has failed, and the next one follows", async () => {
  const checks = [
    { name: "odd", look: () => Promise.reject(new Error("odd answer")) },
    { name: "next", look: () => undefined },
    { name: "last", look: () => ({ verdict: "ok", found: "", cure: "" }) as const },
  ];
  expect(await findingsOf(checks, {})).toEqual([
    { check: "odd", verdict: "fail", found: "odd answer", cure: "" },
    { check: "last", verdict: "ok", found: "", cure: "" },
  ]);
});
