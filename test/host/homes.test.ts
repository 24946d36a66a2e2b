import "reflect-metadata";
import type { Redis } from "ioredis";
import { beforeEach, expect, test } from "vitest";
import { RedisLedger } from "../../core/client/redis-ledger.js";
import { Homes } from "../../core/host/homes.js";
import { RedisDeliveryStore } from "../../core/host/redis-delivery-store.js";
import { sealedPlaces } from "../../core/host/sealed-places.js";
import { rotateKeys } from "../../core/store/rotation.js";
import { Keyring } from "../../core/store/seal.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { HandTenure } from "./hand-tenure.js";

const [one, two, three] = ["https://one.example", "https://two.example:8443", "https://three.example"];
let corner: TestRedis;
let redis: Redis;
let key: string;
let keyring: Keyring;

beforeEach(async () => {
  corner = testRedis();
  redis = await corner.connect();
  key = Keyring.generate();
  keyring = Keyring.parse(key, "the test");
});

async function settle(server: string, connection = redis): Promise<string | undefined> {
  return new Homes(connection, corner.keys).settle(server, await HandTenure.take(redis, corner.keys, "bot"));
}

const store = (keys = keyring) => new RedisDeliveryStore(redis, corner.keys, keys, "bot");
const ledger = (keys = keyring) => new RedisLedger(redis, corner.keys, keys, "bot");

async function live(mark: string): Promise<void> {
  const event = { kind: "tick", rider: "r", name: mark, dueAt: 1 } as const;
  const times = { notBefore: 0, since: Date.now() };
  await store().putDue({ invocation: `r/${mark}`, rider: "r", event, attempts: 0, waits: 0, reason: "", ...times });
  await ledger().keep("r/1", "value", mark);
  await redis.hset(corner.keys.account("bot", "cursor"), "r", mark);
}

async function seen(keys = keyring): Promise<unknown[]> {
  const { records } = await store(keys).due();
  const { values } = await ledger(keys).trace("r/1");
  const { cursor } = await store(keys).place("r");
  return [records.map(({ invocation }) => invocation).toSorted(), values.get("value"), cursor];
}

const nothing = [[], undefined, undefined];

test("the same server changes nothing", async () => {
  await live("a");
  expect(await settle(one)).toBeUndefined();
  expect(await settle(one)).toBeUndefined();
  expect(await seen()).toEqual([["r/a"], "a", "a"]);
});

test("on another server nothing of the first is seen, and put back it is all there, sealed as it was", async () => {
  await settle(one);
  await live("a");
  await redis.set(corner.keys.account("bot", "paused"), "1");
  expect(await settle(two)).toBe(one);
  expect(await seen()).toEqual(nothing);
  expect(await redis.get(corner.keys.account("bot", "paused"))).toBe("1");
  await live("b");
  expect(await settle(three)).toBe(two);
  expect(await seen()).toEqual(nothing);
  expect(await settle(one)).toBe(three);
  expect(await seen()).toEqual([["r/a"], "a", "a"]);
  await settle(two);
  expect(await seen()).toEqual([["r/b"], "b", "b"]);
});

test("keys that are rotated meanwhile open it as well", async () => {
  await settle(one);
  await live("a");
  await settle(two);
  const both = Keyring.parse(`${Keyring.generate()},${key}`, "the test");
  const rotation = await rotateKeys({ redis, keys: corner.keys, keyring: both, places: sealedPlaces });
  expect([rotation.left, rotation.resealed]).toEqual([[], 2]);
  await settle(one);
  expect(await seen(both)).toEqual([["r/a"], "a", "a"]);
});

test("ended at any moment, the next owner does the rest", async () => {
  await settle(one);
  await live("a");
  await settle(two);
  await live("b");
  for (let writes = 0; ; writes += 1) {
    const dying = await corner.connect();
    const send = dying.sendCommand.bind(dying);
    let left = writes;
    dying.sendCommand = (command, ...rest) => {
      if (command.name === "eval") left -= 1;
      if (left < 0) throw new Error("killed");
      return send(command, ...rest);
    };
    const isDone = await settle(one, dying).then(
      () => true,
      () => false,
    );
    if (isDone) break;
    // Somebody changes their mind in the middle: nothing is mixed up.
    if (writes % 2 === 1) {
      await settle(two);
      expect(await seen()).toEqual([["r/b"], "b", "b"]);
    }
  }
  expect(await seen()).toEqual([["r/a"], "a", "a"]);
  await settle(two);
  expect(await seen()).toEqual([["r/b"], "b", "b"]);
});

test("a tick that comes meanwhile joins what was put away", async () => {
  await settle(one);
  await live("a");
  await settle(two);
  await live("tick");
  await redis.del(corner.keys.account("bot", "invocation", "r/1"), corner.keys.account("bot", "cursor"));
  // As it stood when the account was on its way back.
  await redis.set(corner.keys.account("bot", "home"), `>${one}`);
  await settle(one);
  expect(await seen()).toEqual([["r/a", "r/tick"], "a", "a"]);
});

test("an owner of the past moves nothing", async () => {
  await settle(one);
  await live("a");
  const past = await HandTenure.take(redis, corner.keys, "bot");
  await HandTenure.take(redis, corner.keys, "bot");
  await expect(new Homes(redis, corner.keys).settle(two, past)).rejects.toThrow("changed owner");
  expect(await seen()).toEqual([["r/a"], "a", "a"]);
});
