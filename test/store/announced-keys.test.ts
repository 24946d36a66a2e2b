import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { AnnouncedKeys } from "../../core/store/announced-keys.js";
import { keyMark } from "../../core/store/key-file.js";
import { Keyring, sealedUnder } from "../../core/store/seal.js";
import { testRedis, type TestRedis } from "../support/redis.js";

const [older, newer, newest] = [Keyring.generate(), Keyring.generate(), Keyring.generate()];
const [olderId, newerId, newestId] = [older, newer, newest].map((key) => ring(key).ids[0]);

let corner: TestRedis;
let redis: Redis;

beforeEach(async () => {
  corner = testRedis();
  redis = await corner.connect();
});

function ring(...keys: string[]): Keyring {
  return Keyring.parse(keys.join(","), "the test's keys");
}

/** A process with these keys, the newest first. */
async function join(...texts: string[]) {
  const keyring = ring(...texts);
  const said: object[] = [];
  const announced = new AnnouncedKeys({
    redis,
    keys: corner.keys,
    keyring,
    log: { error: (fields) => said.push(fields) },
  });
  onTestFinished(() => announced.stop());
  await announced.start();
  return { announced, keyring, said };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !holds(); tries += 1) await delay(100);
  expect(holds()).toBe(true);
}

test("a fleet writes with the newest key that every live process has", async () => {
  const late = await join(older);
  const early = await join(newer, older);
  expect(early.keyring.writing).toBe(olderId);
  await expect(early.announced.untilAllWriteWith(newerId ?? "", 100)).rejects.toMatchObject({
    code: "KEY_BEHIND",
    message: expect.stringContaining(`1 running process does not have the newest key ${newerId} (${process.pid} on `),
  });
  await late.announced.stop();
  const other = await join(newer, older);
  expect([early.announced, other.announced]).toHaveLength(2);
  await early.announced.untilAllWriteWith(newerId ?? "", 8_000);
  expect([early.keyring.writing, other.keyring.writing]).toEqual([newerId, newerId]);
});

test("running processes follow by themselves, and a newer key that only some have waits", async () => {
  const first = await join(newer, older);
  expect(first.keyring.writing).toBe(newerId);
  const second = await join(newest, newer, older);
  expect(second.keyring.writing).toBe(newerId);
  await first.announced.stop();
  await until(() => second.keyring.writing === newestId);
  expect(sealedUnder((await redis.get(keyMark(corner.keys))) ?? "")).toBe(newestId);
});

test("once the fleet has gone on, a process without that key does not start and leaves nothing behind", async () => {
  const fleet = await join(older);
  await fleet.announced.stop();
  const gone = await join(newer, older);
  expect(gone.keyring.writing).toBe(newerId);
  await expect(join(older)).rejects.toMatchObject({ code: "KEY_MISMATCH" });
  expect(await gone.announced.live()).toHaveLength(1);
});

test("processes that disagree which key is newer do not swing to and fro", async () => {
  const one = await join(newer, older);
  const other = await join(older, newer);
  await other.announced.live();
  await one.announced.live();
  expect([one.keyring.writing, other.keyring.writing]).toEqual([newerId, newerId]);
});

test("a process that was away while the fleet went on says so, once, and goes on with what it has", async () => {
  const away = await join(older);
  await redis.set(keyMark(corner.keys), ring(newer).seal("howdah", keyMark(corner.keys)));
  await away.announced.live();
  await away.announced.live();
  expect(away.said).toEqual([expect.objectContaining({ key: newerId })]);
  expect(away.keyring.writing).toBe(olderId);
});

test("a Redis that was emptied gets its mark again", async () => {
  const { announced } = await join(newer, older);
  await redis.del(keyMark(corner.keys));
  await announced.live();
  expect(sealedUnder((await redis.get(keyMark(corner.keys))) ?? "")).toBe(newerId);
});
