import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { beforeEach, expect, test } from "vitest";
import { RedisVault } from "../../core/auth/redis-vault.js";
import { RedisLedger } from "../../core/client/redis-ledger.js";
import { Gathering } from "../../core/host/gathering.js";
import { RedisDeliveryStore } from "../../core/host/redis-delivery-store.js";
import { sealedPlaces } from "../../core/host/sealed-places.js";
import { checkKeyring } from "../../core/store/key-file.js";
import { countByKey, rotateKeys } from "../../core/store/rotation.js";
import { Keyring, sealedUnder } from "../../core/store/seal.js";
import { sealedParts, sealedValues } from "../../core/store/sealed-values.js";
import { testRedis, type TestRedis } from "../support/redis.js";

const [older, newer] = [Keyring.generate(), Keyring.generate()];
const account = { name: "newsbot", server: "https://[::1]:3000" };
const app = { clientId: "id", clientSecret: "secret", scopes: "read:accounts write:statuses" };
const credentials = {
  accessToken: "access",
  refreshToken: "refresh",
  scopes: ["read:accounts"],
  expiresAt: 2,
  obtainedAt: 1,
  appScopes: app.scopes,
};
const event = { kind: "tick", rider: "headlines", name: "morning", dueAt: 7 } as const;
const claim = {
  key: "statuses.create#00#1",
  rider: "headlines",
  entry: { operation: "statuses.create", state: "sent", idempotencyKey: "k", admittedAt: 1, firstAdmittedAt: 1 },
  epoch: 1,
  again: false,
} as const;

let corner: TestRedis;
let redis: Redis;

beforeEach(async () => {
  corner = testRedis();
  redis = await corner.connect();
});

function ring(...keys: string[]): Keyring {
  return Keyring.parse(keys.join(","), "the test's keys");
}

function storeWith(keyring: Keyring) {
  return { redis, keys: corner.keys, keyring, places: sealedPlaces };
}

function roomsWith(keyring: Keyring) {
  const { keys } = corner;
  return {
    vault: new RedisVault(redis, keys, keyring),
    ledger: new RedisLedger(redis, keys, keyring, account.name),
    deliveries: new RedisDeliveryStore(redis, keys, keyring, account.name),
  };
}

function due(invocation: string) {
  return { invocation, rider: "headlines", event, attempts: 0, waits: 0, notBefore: 0, reason: "", since: Date.now() };
}

/** Everything that any room seals, through the rooms' own doors. */
async function fill(keyring: Keyring): Promise<void> {
  const { deliveries, ledger, vault } = roomsWith(keyring);
  await checkKeyring(redis, corner.keys, keyring);
  await redis.set(corner.keys.account(account.name, "epoch"), 1);
  await vault.store(account, credentials, 0);
  await vault.storeApp(account.server, app);
  await vault.storePending(account, { url: "https://x", app, codeVerifier: "verifier", begunAt: 1 });
  await ledger.admit({ ...claim, invocation: "headlines/tick:1" });
  await ledger.settle({ ...claim, invocation: "headlines/tick:1" }, { state: "done", result: { id: "1" } });
  await ledger.keep("headlines/tick:1", "text", "computed");
  await deliveries.putDue(due("headlines/tick:2"));
  const endings = new Gathering();
  endings.add({ how: "given up", record: due("headlines/tick:3") }, false);
  endings.add({ how: "done", record: due("headlines/tick:4"), changes: new Map([["seen: all", [1, 2]]]) }, false);
  await deliveries.commit(1, endings.batch(1, { notifications: () => undefined, timeline: () => undefined }));
}

async function readAll(keyring: Keyring) {
  const { deliveries, ledger, vault } = roomsWith(keyring);
  const trace = await ledger.trace("headlines/tick:1");
  const failed = await redis.hget(corner.keys.account(account.name, "failed"), "headlines/tick:3");
  const [sealedEvent = ""] = sealedParts(failed ?? "");
  await checkKeyring(redis, corner.keys, keyring);
  return {
    credentials: await vault.credentials(account),
    app: await vault.app(account.server, app.scopes),
    pending: await vault.pending(account),
    result: trace.writes.get(claim.key)?.result,
    once: trace.values.get("text"),
    due: await deliveries.due(),
    failed: JSON.parse(keyring.open(sealedEvent, `${account.name} event headlines/tick:3`)) as unknown,
    state: await deliveries.state("headlines", "seen: all"),
  };
}

test("whatever a room seals opens with the newest key alone after a rotation, and lives as long as before", async () => {
  await fill(ring(older));
  const before = await readAll(ring(older));
  const pending = corner.keys.account(account.name, "pending", account.server);
  const rotation = await rotateKeys(storeWith(ring(newer, older)));
  expect(rotation).toEqual({ resealed: 10, total: 10, left: [] });
  expect(await readAll(ring(newer))).toEqual(before);
  expect(before).toMatchObject({ once: "computed", result: { id: "1" }, state: [1, 2], failed: event });
  expect(await redis.ttl(pending)).toBeGreaterThan(80_000);
  expect(await countByKey(storeWith(ring(newer)))).toEqual(new Map([[ring(newer).ids[0], 10]]));
  await expect(readAll(ring(older))).rejects.toMatchObject({ code: "KEY_MISMATCH" });
});

test("no room seals where the walk does not look", async () => {
  await fill(ring(older));
  let found = 0;
  for await (const { place, sealed } of sealedValues(redis, corner.keys, sealedPlaces)) {
    expect(place).toBeDefined();
    found += sealed.length;
  }
  let written = 0;
  for (const key of await redis.keys(`${corner.prefix}:*`)) {
    written += (await textOf(key)).match(/v1\.[0-9a-f]{8}\./g)?.length ?? 0;
  }
  expect(written).toBe(found);
});

test("run again it has nothing left to do", async () => {
  await fill(ring(older));
  await rotateKeys(storeWith(ring(newer, older)));
  expect(await rotateKeys(storeWith(ring(newer, older)))).toEqual({ resealed: 0, total: 10, left: [] });
});

test("what no key at hand opens, or nobody knows the place of, is named and stays as it is", async () => {
  const foreign = ring(Keyring.generate());
  const stray = corner.keys.account("newsbot", "stray");
  const lost = corner.keys.account("newsbot", "state", "headlines");
  await redis.set(stray, ring(older).seal("x", "somewhere"));
  await redis.hset(lost, "a", foreign.seal("x", "newsbot state headlines a"));
  const before = [await redis.get(stray), await redis.hget(lost, "a")];
  const { left, resealed } = await rotateKeys(storeWith(ring(newer, older)));
  expect(left.toSorted()).toEqual([lost, stray].toSorted());
  expect(resealed).toBe(0);
  expect([await redis.get(stray), await redis.hget(lost, "a")]).toEqual(before);
});

test("who writes during a rotation wins", async () => {
  const both = ring(newer, older);
  const { vault } = roomsWith(both);
  for (let index = 0; index < 300; index += 1) {
    await roomsWith(ring(older)).vault.store({ ...account, name: `bot${index}` }, credentials, 0);
  }
  const over = new AbortController();
  const latest = new Map<string, string>();
  const writing = (async () => {
    for (let round = 1; !over.signal.aborted; round += 1) {
      const name = `bot${round % 300}`;
      const generation = await vault.generation({ ...account, name });
      await vault.store({ ...account, name }, { ...credentials, accessToken: `round ${round}` }, generation);
      latest.set(name, `round ${round}`);
    }
  })();
  const { left } = await rotateKeys(storeWith(both));
  over.abort();
  await writing;
  expect(left).toEqual([]);
  expect(latest.size).toBeGreaterThan(5);
  for (let index = 0; index < 300; index += 1) {
    const name = `bot${index}`;
    const stored = await roomsWith(ring(newer)).vault.credentials({ ...account, name });
    expect(stored?.accessToken).toBe(latest.get(name) ?? "access");
  }
});

test("killed in the middle and run again it finishes", async () => {
  const count = 10_000;
  const [old, both] = [ring(older), ring(newer, older)];
  const state = (index: number) => corner.keys.account("newsbot", "state", `rider${index % 2_000}`);
  const place = (index: number) => `newsbot state rider${index % 2_000} ${index}`;
  const filling = redis.pipeline();
  for (let index = 0; index < count; index += 1) filling.hset(state(index), index, old.seal(`${index}`, place(index)));
  await filling.exec();

  const child = rotation();
  while (!(await isBegun(state))) await delay(5);
  child.kill("SIGKILL");
  await once(child, "exit");
  const halfway = await countByKey(storeWith(both));
  expect(halfway.get(both.ids[0]) ?? 0).toBeGreaterThan(0);
  expect(halfway.get(old.ids[0]) ?? 0).toBeGreaterThan(0);

  const again = rotation();
  const [said] = (await once(again.stdout, "data")) as [Buffer];
  expect(said.toString()).toBe(`${halfway.get(old.ids[0])} sealed anew, 0 left\n`);
  expect(await countByKey(storeWith(both))).toEqual(new Map([[both.ids[0], count]]));
  const last = await redis.hget(state(count - 1), `${count - 1}`);
  expect(ring(newer).open(last ?? "", place(count - 1))).toBe(`${count - 1}`);
}, 60_000);

/** All that a key holds, whatever its type. */
async function textOf(key: string): Promise<string> {
  const type = await redis.type(key);
  if (type === "hash") return JSON.stringify(await redis.hgetall(key));
  if (type === "stream") return JSON.stringify(await redis.xrange(key, "-", "+"));
  expect(type).toBe("string");
  return (await redis.get(key)) ?? "";
}

function rotation() {
  const script = join(import.meta.dirname, "rotate-process.ts");
  const options = [script, `${newer},${older}`, corner.prefix, corner.url];
  return spawn("node_modules/.bin/jiti", options, { stdio: ["ignore", "pipe", "inherit"] });
}

async function isBegun(state: (index: number) => string): Promise<boolean> {
  const reading = redis.pipeline();
  for (let index = 0; index < 2_000; index += 1) reading.hget(state(index), `${index}`);
  const newest = ring(newer).ids[0];
  return ((await reading.exec()) ?? []).some(([, text]) => sealedUnder(String(text)) === newest);
}
