import type { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Places } from "../../core/host/places.js";
import type { Rider } from "../../core/host/rider.js";
import type { DueRecord } from "../../core/host/delivery-store.js";
import { Endings } from "../../core/host/endings.js";
import type { Ending } from "../../core/host/gathering.js";
import { RedisDeliveryStore } from "../../core/host/redis-delivery-store.js";
import type { Status } from "../../core/mastodon/entities.js";
import type { Notification } from "../../core/mastodon/notification-entities.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { keyring } from "./process.js";

let corner: TestRedis;
let redis: Redis;
let store: RedisDeliveryStore;
let letGo: AbortController;
let places: Places;
/** As far as places look at it. */
const greeter = {
  name: "greeter",
  standing: { state: "running" },
  wanted: new Set(["notification"]),
} as unknown as Rider;
const refused: DueRecord[] = [];
/** Those that no next owner reads again. */
const unread = new Set<string>();
const errors: unknown[] = [];

beforeEach(async () => {
  corner = testRedis();
  redis = await corner.connect();
  store = new RedisDeliveryStore(redis, corner.keys, keyring, "bot");
  await redis.set(corner.keys.account("bot", "epoch"), 1);
  letGo = new AbortController();
  for (const list of [refused, errors]) list.length = 0;
  unread.clear();
});
afterEach(() => letGo.abort());

async function open(epoch = 1): Promise<Endings> {
  const endings: Endings = new Endings({
    store,
    epoch,
    signal: letGo.signal,
    places: {
      notifications: (...asked) => places.notifications(...asked),
      timeline: (...asked) => places.timeline(...asked),
    },
    gatherMs: 20,
    storeAgainMs: 10,
    isReadAgain: ({ invocation }) => !unread.has(invocation),
    onRefused: async (records) => void refused.push(...records),
    onError: (error) => void errors.push(error),
  });
  places = new Places({ store, riders: [greeter], save: (riders, timeline) => endings.place(riders, timeline) });
  await places.open(async () => "0");
  return endings;
}

function record(id: string): DueRecord {
  const event = { kind: "notification", notification: { id } as Notification } as const;
  const plain = { rider: "greeter", attempts: 0, waits: 0, notBefore: 0, reason: "", since: Date.now() };
  return { invocation: `greeter/notification/${id}`, event, ...plain };
}

function post(id: string) {
  return { kind: "status", timeline: "timeline.home", status: { id } as Status } as const;
}

function done(id: string, changes: [string, unknown][] = []): Ending {
  return { how: "done", record: record(id), changes: new Map(changes) };
}

function end(endings: Endings, ending: Ending): void {
  places.begin("greeter", ending.record.event);
  places.finish("greeter", ending.record.event);
  endings.add(ending);
}

/** How often Redis was asked to store something. */
async function steps(): Promise<number> {
  return Number(((await redis.get(corner.keys.account("bot", "batch"))) ?? "/0").split("/")[1]);
}

test("a thousand endings within a moment are one step", async () => {
  const endings = await open();
  const before = await steps();
  for (let id = 1; id <= 1_000; id += 1) end(endings, done(String(id), [["last", id]]));
  await expect.poll(() => store.counts("greeter"), soon).toEqual({ handled: 1_000, failed: 0 });
  expect((await steps()) - before).toBe(1);
  expect(await store.state("greeter", "last")).toBe(1_000);
  // No catch-up has listed them: the next owner must know them one by one.
  expect((await store.place("greeter")).handled).toHaveLength(1_000);
});

test("posts of a timeline are remembered, however many end together", async () => {
  const endings = await open();
  const ids = Array.from({ length: 1_203 }, (_, index) => String(115_000 + index));
  for (const id of ids) {
    endings.add({ how: "done", record: { ...record(id), event: post(id) }, changes: new Map() });
  }
  // An id is text; none that a server may think of keeps the rest from being stored.
  endings.add({ how: "done", record: { ...record(""), event: post("") }, changes: new Map() });
  await endings.flush();
  expect(errors).toEqual([]);
  expect(await store.knownPosts("greeter", "timeline.home", ids)).toEqual(new Set(ids));
  expect(await redis.zcard(corner.keys.account("bot", "posts", "greeter", "timeline.home"))).toBe(ids.length);
  expect(await store.counts("greeter")).toEqual({ handled: ids.length + 1, failed: 0 });
});

test("what the cursor has passed is remembered no more", async () => {
  const endings = await open();
  for (const id of ["1", "2"]) end(endings, done(id));
  await endings.flush();
  expect((await store.place("greeter")).handled.toSorted()).toEqual(["1", "2"]);
  for (let times = 0; times < 2; times += 1) await places.caughtUp("1");
  expect(await store.place("greeter")).toEqual({ cursor: "1", handled: ["2"] });
});

test("state is seen by the next handler before it is stored, and while it is being stored", async () => {
  const endings = await open();
  endings.add(done("1", [["count", 1]]));
  expect(await endings.state("greeter", "count")).toBe(1);
  const flushed = endings.flush();
  expect(await endings.state("greeter", "count")).toBe(1);
  endings.add(done("2", [["count", undefined]]));
  expect(await endings.state("greeter", "count")).toBeUndefined();
  await flushed;
  await endings.flush();
  expect(await store.state("greeter", "count")).toBeUndefined();
});

test("a step whose answer got lost is sent again and stored once", async () => {
  const endings = await open();
  endings.add(done("1"));
  // The server carries it out, the connection breaks before it can say so.
  redis.stream.once("data", () => undefined).pause();
  const flushed = endings.flush();
  await expect
    .poll(async () => (await corner.connect()).hget(corner.keys.account("bot", "counts"), "greeter handled"), soon)
    .toBe("1");
  redis.stream.destroy();
  await flushed;
  expect(await store.counts("greeter")).toEqual({ handled: 1, failed: 0 });
});

test("while nothing can be stored there is no room for more, and what came is stored once it can be", async () => {
  const endings = await open();
  const counts = corner.keys.account("bot", "counts");
  await redis.set(counts, "in the way");
  endings.add(done("1", [["count", 1]]));
  await expect.poll(() => errors.length, soon).toBeGreaterThan(1);
  expect(endings.hasRoom).toBe(false);
  expect(await endings.state("greeter", "count")).toBe(1);
  await redis.del(counts);
  await endings.flush();
  expect(endings.hasRoom).toBe(true);
  expect(await store.counts("greeter")).toEqual({ handled: 1, failed: 0 });
});

test("an owner of the past is refused, and knows which events it has to leave", async () => {
  const endings = await open(0);
  unread.add("greeter/notification/2");
  endings.add(done("1"));
  expect(await endings.addNow({ how: "postponed", record: record("2") }, false)).toBe(false);
  expect(refused.map(({ invocation }) => invocation)).toEqual(["greeter/notification/2"]);
  expect(await store.dueInvocations()).toEqual([]);
});

test("what cannot be stored when the account is let go is refused in the end", async () => {
  const endings = await open();
  await redis.set(corner.keys.account("bot", "counts"), "in the way");
  unread.add("greeter/notification/1");
  endings.add(done("1"));
  await expect.poll(() => errors.length, soon).toBeGreaterThan(0);
  letGo.abort();
  await endings.flush();
  expect(refused).toHaveLength(1);
});

test("a damaged record, and one that no key opens, block nothing: they are set aside", async () => {
  const other = record("3");
  await store.putDue(other);
  await redis.hset(corner.keys.account("bot", "due"), "greeter/notification/1", "no json");
  const stranger = (await redis.hget(corner.keys.account("bot", "due"), other.invocation)) ?? "";
  await redis.hset(corner.keys.account("bot", "due"), "greeter/notification/2", stranger);
  const due = await store.due();
  expect(due.records.map(({ invocation }) => invocation)).toEqual([other.invocation]);
  expect(due.setAside.toSorted()).toEqual(["greeter/notification/1", "greeter/notification/2"]);
  expect((await store.due()).setAside).toEqual([]);
  expect(await redis.hlen(corner.keys.account("bot", "set-aside"))).toBe(2);
});

test("what waits or failed is gone after 30 days, whether a process runs or not", async () => {
  const old = { ...record("1"), since: Date.now() - 31 * 24 * 3_600_000 };
  await store.putDue(old);
  await store.putDue(record("2"));
  expect((await store.due()).records.map(({ invocation }) => invocation)).toEqual(["greeter/notification/2"]);
  expect(await store.dueInvocations()).toEqual(["greeter/notification/2"]);
  const endings = await open();
  await endings.addNow({ how: "given up", record: record("2") }, true);
  const month = 30 * 24 * 3_600_000;
  for (const list of ["due", "failed"]) {
    const left = await redis.pttl(corner.keys.account("bot", list));
    expect(left === -2 || (left > 0 && left <= month)).toBe(true);
  }
  expect((await store.failed()).records).toHaveLength(1);
});
