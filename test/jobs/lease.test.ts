import { expect, test } from "vitest";
import { raiseEpoch } from "../../core/jobs/epoch.js";
import { Lease, type Moment } from "../../core/jobs/lease.js";
import { Renewal } from "../../core/jobs/renewal.js";
import { testRedis } from "../support/redis.js";

const lock = { jobId: "id-a", token: "t", account: "a" };
const at = (monotonicMs: number, wallMs = monotonicMs): Moment => ({ monotonicMs, wallMs: 1_000_000 + wallMs });

test("a lease is valid from the sending of its renewal, by both clocks", () => {
  const lease = new Lease(lock, 100);
  expect(lease.isValid(at(0))).toBe(false);
  lease.renewed(at(0));
  expect(lease.isValid(at(99))).toBe(true);
  expect(lease.isValid(at(100))).toBe(false);
  expect(lease.isValid(at(10, 5_000))).toBe(false);
  expect(lease.isValid(at(5_000, -10_000))).toBe(false);
});

test("a lapsed lease is valid again once renewed as its owner's, but its holder was told to go", () => {
  const lease = new Lease(lock, 100);
  lease.renewed(at(0));
  expect(lease.hasLapsed(at(150))).toBe(true);
  lease.lapse();
  lease.renewed(at(160));
  expect([lease.isValid(at(170)), lease.signal.aborted, lease.end]).toEqual([true, true, "lapsed"]);
});

test("a lost lease stays lost, whatever answer arrives later", () => {
  const lease = new Lease(lock, 100);
  lease.renewed(at(0));
  lease.lose();
  lease.renewed(at(10));
  expect([lease.isValid(at(11)), lease.lost, lease.signal.aborted]).toEqual([false, true, true]);
});

test("an answer that took longer than the lock does not make a lease valid", async () => {
  let answer = (_failed: string[]) => {};
  const extend = () => new Promise<string[]>((resolve) => (answer = resolve));
  const renewal = new Renewal(extend, 50, () => {});
  const lease = new Lease(lock, 45);
  renewal.keep(lease);
  const renewing = renewal.renew(lease);
  await new Promise((resolve) => setTimeout(resolve, 60));
  answer([]);
  expect(await renewing).toBe(true);
  expect(lease.isValid()).toBe(false);
});

test("a lock that is taken anew under another token ends the earlier lease only", async () => {
  const renewal = new Renewal(
    async () => [],
    1_000,
    () => {},
  );
  const [earlier, later] = [new Lease(lock, 900), new Lease({ ...lock, token: "u" }, 900)];
  renewal.keep(earlier);
  renewal.keep(later);
  await renewal.renew(later);
  expect([earlier.lost, later.lost, later.isValid()]).toEqual([true, false, true]);
});

test("leases that are renewed in one turn are one call, and each hears of its own lock", async () => {
  const calls: string[][] = [];
  const extend = async (jobIds: string[]) => {
    calls.push(jobIds);
    return ["b"];
  };
  const renewal = new Renewal(extend, 1_000, () => {});
  const leases = ["a", "b", "c"].map((jobId) => new Lease({ ...lock, jobId }, 900));
  for (const lease of leases) renewal.keep(lease);
  expect(await Promise.all(leases.map((lease) => renewal.renew(lease)))).toEqual([true, false, true]);
  expect(calls).toEqual([["a", "b", "c"]]);
});

test("an owner that was stopped while it raised the epoch leaves its successor's alone", async () => {
  const { connect, keys } = testRedis();
  const redis = await connect();
  const key = keys.account("a", "epoch");
  expect(await raiseEpoch(redis, key, async () => true)).toBe(1);
  const stoppedAfterAsking = async () => {
    if ((await redis.get(key)) !== "1") return false;
    expect(await raiseEpoch(redis, key, async () => true)).toBe(2);
    return true;
  };
  expect(await raiseEpoch(redis, key, stoppedAfterAsking)).toBeUndefined();
  expect(await redis.get(key)).toBe("2");
});
