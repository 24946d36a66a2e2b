import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import type { Redis } from "ioredis";
import type { Claim } from "../../core/client/ledger.js";
import { Pauses } from "../../core/client/pauses.js";
import { RedisLedger } from "../../core/client/redis-ledger.js";
import { Keyring } from "../../core/store/seal.js";
import { soon } from "../support/soon.js";
import { testRedis } from "../support/redis.js";

const { connect, keys } = testRedis();
const entry = {
  operation: "statuses.create",
  state: "sent",
  idempotencyKey: "k",
  admittedAt: 1,
  firstAdmittedAt: 1,
} as const;
const call = { by: "ops@host", reason: undefined, forMs: undefined };

let redis: Redis;
let pauses: Pauses;
let ledger: RedisLedger;
let account: string;
let count = 0;
beforeEach(async () => {
  redis = await connect();
  account = `bot${(count += 1)}`;
  await redis.set(keys.account(account, "epoch"), 1);
  pauses = new Pauses(redis, keys);
  ledger = new RedisLedger(redis, keys, Keyring.parse(Keyring.generate(), "the test's key"), account);
});

function claimOf(key: string, over: Partial<Claim> = {}): Claim {
  return { invocation: `poster/tick/${key.charAt(0)}`, key, rider: "poster", entry, epoch: 1, again: false, ...over };
}

describe("a pause", () => {
  test("stands from its call on, with who asked for it and why, until it is resumed", async () => {
    const { before, now } = await pauses.pause(account, { ...call, reason: "spam" });
    expect([before, now]).toEqual([
      undefined,
      { since: expect.any(Number), by: "ops@host", reason: "spam", until: undefined },
    ]);
    expect(Math.abs(Date.now() - now.since)).toBeLessThan(60_000);
    expect(await ledger.admit(claimOf("a"))).toBe("paused");
    expect(await pauses.read(account)).toEqual({ pause: now, leftMs: undefined });
    expect(await pauses.resume(account)).toEqual(now);
    expect(await ledger.admit(claimOf("a"))).toBe("admitted");
    expect([await pauses.read(account), await pauses.resume(account)]).toEqual([undefined, undefined]);
  });

  test("of an account that is paused goes on since its start, and keeps its reason unless there is another", async () => {
    const first = await pauses.pause(account, { ...call, reason: "spam", forMs: 3_600_000 });
    expect(first.now.until).toBe(first.now.since + 3_600_000);
    const again = await pauses.pause(account, { ...call, by: "other@host" });
    expect(again).toMatchObject({
      before: first.now,
      now: { since: first.now.since, by: "other@host", reason: "spam" },
    });
    expect([again.now.until, await redis.pttl(keys.account(account, "paused"))]).toEqual([undefined, -1]);
    expect((await pauses.pause(account, { ...call, reason: "" })).now.reason).toBe("");
  });

  test("ends by itself where it was asked for that", async () => {
    await pauses.pause(account, { ...call, forMs: 150 });
    expect(await ledger.admit(claimOf("a"))).toBe("paused");
    expect((await pauses.read(account))?.leftMs).toBeGreaterThan(0);
    await expect.poll(() => pauses.read(account), soon).toBeUndefined();
    expect(await ledger.admit(claimOf("a"))).toBe("admitted");
  });

  test.each(["", "by hand", "[1]", '{"since":"x"}'])("is one also where %j is stored", async (text) => {
    await redis.set(keys.account(account, "paused"), text);
    expect(await ledger.admit(claimOf("a"))).toBe("paused");
    expect((await pauses.read(account))?.pause).toMatchObject({ by: "", until: undefined });
    const { before, now } = await pauses.pause(account, call);
    expect([before?.by, now.by, now.since > 0]).toEqual(["", "ops@host", true]);
  });
});

describe("what is under way when a pause begins", () => {
  test("is named until it is settled, however that ends", async () => {
    for (const key of ["a", "b", "c"]) expect(await ledger.admit(claimOf(key))).toBe("admitted");
    await ledger.settle(claimOf("c"), { state: "done", result: {} });
    const { late, underWay } = await pauses.pause(account, call);
    expect([underWay.map(({ invocation }) => invocation), late]).toEqual([["poster/tick/a", "poster/tick/b"], []]);
    const writes = pauses.writes(account);
    expect(await writes.left(underWay)).toEqual(underWay);
    await ledger.settle(claimOf("a"), { state: "done", result: {} });
    expect((await writes.left(underWay)).map(({ invocation }) => invocation)).toEqual(["poster/tick/b"]);
    await ledger.settle(claimOf("b"), { state: "void", reason: "status 422" });
    expect(await writes.left(underWay)).toEqual([]);
  });

  test("is not ended by a later owner that sends the same once more", async () => {
    await ledger.admit(claimOf("a"));
    await redis.incr(keys.account(account, "epoch"));
    const later = claimOf("a", { epoch: 2, again: true, entry: { ...entry, admittedAt: 9 } });
    await ledger.admit(later);
    await ledger.settle(later, { state: "done", result: {} });
    expect((await pauses.pause(account, call)).underWay).toHaveLength(1);
    await ledger.settle(claimOf("a"), { state: "void", reason: "cut" });
    expect((await pauses.pause(account, call)).underWay).toHaveLength(0);
  });

  test("is late when it cannot take effect any more, and unknown as long as nobody found out", async () => {
    const claims = ["a\nb", "c"].map((key) => claimOf(key, { mayActForMs: 1 }));
    for (const claim of claims) await ledger.admit(claim);
    await sleep(5);
    const { late, underWay } = await pauses.pause(account, call);
    expect([underWay, late.map(({ operation }) => operation)]).toEqual([[], ["statuses.create", "statuses.create"]]);
    const writes = pauses.writes(account);
    expect(await writes.unknown(late)).toEqual(late);
    // As another process' look-up does: its epoch is another one.
    await ledger.settle({ ...claimOf("a\nb"), epoch: 2 }, { state: "done", result: { id: "1" } });
    expect((await writes.unknown(late)).map(({ invocation }) => invocation)).toEqual(["poster/tick/c"]);
    expect((await pauses.pause(account, call)).late).toHaveLength(1);
  });
});
