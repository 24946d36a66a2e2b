import "reflect-metadata";
import type { Redis } from "ioredis";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { RedisLedger } from "../../core/client/redis-ledger.js";
import { RedisDeliveryStore } from "../../core/host/redis-delivery-store.js";
import { Renames, type RenamedAccount } from "../../core/host/renames.js";
import { sealedPlaces } from "../../core/host/sealed-places.js";
import { StatusBoard } from "../../core/host/status.js";
import type { Vault } from "../../core/auth/vault.js";
import { Keyring } from "../../core/store/seal.js";
import { sealedValues } from "../../core/store/sealed-values.js";
import { directoryFor, filesIn, mirroredAt, wipe } from "../auth/mirrored.js";
import { place, type Place } from "../auth/services.js";
import { HandTenure } from "./hand-tenure.js";

const server = "https://one.example";
const other = "https://two.example";
const account: RenamedAccount = { name: "new", server, was: "old" };
const token = (accessToken: string) => ({
  accessToken,
  refreshToken: `${accessToken}-refresh`,
  scopes: ["read", "write"],
  expiresAt: undefined,
  obtainedAt: 5,
  appScopes: "read write",
});

let here: Place;
let directory: string;
let vault: Vault;

beforeEach(async () => {
  here = await place();
  directory = directoryFor();
  ({ vault } = mirroredAt(here, directory));
  await oldAccount();
});

/** An account that has lived: on two servers, with events that wait and failed, memory, writes and values. */
async function oldAccount(): Promise<void> {
  const { corner, keyring, redis } = here;
  const old = { name: "old", server };
  await vault.store(old, token("t1"), 0);
  await vault.store(old, token("t2"), 1);
  await vault.pin(old, { id: "7", username: "alice" });
  await vault.pin({ name: "old", server: other }, { id: "9", username: "alice" });
  await vault.storePending(old, {
    url: "https://one.example/oauth/authorize",
    app: { clientId: "c", clientSecret: "s", scopes: "read" },
    codeVerifier: "v",
    begunAt: 1,
  });
  const { epoch } = await HandTenure.take(redis, corner.keys, "old");
  const store = new RedisDeliveryStore(redis, corner.keys, keyring, "old");
  const record = (invocation: string) => ({
    invocation,
    rider: "r",
    event: { kind: "tick", rider: "r", name: invocation, dueAt: 1 } as const,
    attempts: 2,
    waits: 0,
    notBefore: 3,
    reason: "because",
    since: Date.now(),
  });
  await store.putDue(record("r/due"));
  for (let index = 0; index < 450; index += 1) await store.putDue(record(`r/due/${index}`));
  await redis.hset(corner.keys.account("old", "set-aside"), "r/lost", sealedElsewhere());
  const isCommitted = await store.commit(epoch, {
    number: 1,
    counts: new Map([["r", { handled: 1, failed: 1 }]]),
    due: new Map(),
    failed: new Map([["r/failed", record("r/failed")]]),
    state: new Map([["r", new Map([["seen", ["a", "b"]]])]]),
    places: new Map([["r", { cursor: "41", handled: ["43"], covered: [] }]]),
    ticks: new Map([["r/beat", 77]]),
    broken: new Map([["r", { since: 1, reason: "it kept failing", until: 2, times: 1 }]]),
    timelines: [{ rider: "r", timeline: "timeline.home", cursor: "5", posts: ["4", "5"] }],
    audit: [],
  });
  expect(isCommitted).toBe(true);
  const ledger = new RedisLedger(redis, corner.keys, keyring, "old");
  await ledger.keep("r/done", "text", "Good morning");
  const entry = {
    operation: "statuses.create",
    state: "sent",
    idempotencyKey: "k",
    admittedAt: 1,
    firstAdmittedAt: 1,
  } as const;
  const claim = { invocation: "r/done", key: "w", rider: "r", entry, epoch, again: false };
  expect(await ledger.admit(claim)).toBe("admitted");
  await ledger.settle(claim, { state: "done", result: { id: "100" } });
  await redis.set(corner.keys.account("old", "renewal-slot"), "3");
  await redis.zadd(corner.keys.account("old", "scores"), 5, "five");
}

/** A record that no key at hand opens, as one that was set aside. */
function sealedElsewhere(): string {
  const lost = Keyring.parse(Keyring.generate(), "a key that was lost");
  return JSON.stringify({ sealedEvent: lost.seal("{}", "old event r/lost") });
}

function renamesOn(redis: Redis): Renames {
  const { corner, keyring } = here;
  const services = mirroredAt({ ...here, redis }, directory);
  const fleet = { file: "", contact: undefined, accounts: [] };
  return new Renames(fleet, redis, corner.keys, keyring, services.vault, services.mirror);
}

async function carryOut(redis = here.redis): Promise<void> {
  const [from, to] = [
    await HandTenure.take(here.redis, here.corner.keys, "old"),
    await HandTenure.take(here.redis, here.corner.keys, "new"),
  ];
  await renamesOn(redis).carryOut(account, from, to);
}

/** All keys of an account, by what follows its name. */
async function keysOf(name: string): Promise<string[]> {
  const prefix = `${here.corner.keys.account(name)}:`;
  return (await here.redis.keys(`${prefix}*`)).map((key) => key.slice(prefix.length)).toSorted();
}

async function expectMoved(): Promise<void> {
  const { corner, keyring, redis } = here;
  const moved = { name: "new", server };
  expect((await keysOf("old")).filter((key) => key !== "batch")).toEqual(["epoch"]);
  expect(await vault.credentials(moved)).toEqual({ ...token("t2"), generation: 2 });
  expect(await vault.person(moved)).toEqual({ id: "7", username: "alice" });
  expect([await vault.holder(server, "7"), await vault.holder(other, "9")]).toEqual(["new", "new"]);
  expect(await vault.elsewhere(moved)).toEqual([{ server: other, username: "alice" }]);
  expect((await vault.pending(moved))?.codeVerifier).toBe("v");
  expect(await redis.ttl(corner.keys.account("new", "pending", server))).toBeGreaterThan(80_000);
  const store = new RedisDeliveryStore(redis, corner.keys, keyring, "new");
  const { records: due } = await store.due();
  expect(due).toHaveLength(451);
  expect(due.find(({ invocation }) => invocation === "r/due")).toMatchObject({ attempts: 2, event: { kind: "tick" } });
  expect((await store.failed()).records).toMatchObject([{ invocation: "r/failed", event: { kind: "tick" } }]);
  expect(await store.place("r")).toEqual({ cursor: "41", handled: ["43"] });
  expect(await store.lastTicks()).toEqual(new Map([["r/beat", 77]]));
  expect((await store.broken()).get("r")?.reason).toBe("it kept failing");
  expect(await store.timelinePlace("r", "timeline.home")).toBe("5");
  expect(await store.knownPosts("r", "timeline.home", ["3", "4"])).toEqual(new Set(["4"]));
  expect(await redis.hexists(corner.keys.account("new", "set-aside"), "r/lost")).toBe(1);
  expect(await store.state("r", "seen")).toEqual(["a", "b"]);
  expect(await store.counts("r")).toEqual({ handled: 1, failed: 1 });
  const trace = await new RedisLedger(redis, corner.keys, keyring, "new").trace("r/done");
  expect(trace.values.get("text")).toBe("Good morning");
  expect(trace.writes.get("w")).toMatchObject({ state: "done", result: { id: "100" } });
  expect(await redis.pttl(corner.keys.account("new", "invocation", "r/done"))).toBeGreaterThan(0);
  expect(await redis.xlen(corner.keys.account("new", "audit"))).toBe(1);
  expect(await redis.get(corner.keys.account("new", "renewal-slot"))).toBe("3");
  expect(await redis.zscore(corner.keys.account("new", "scores"), "five")).toBe("5");
  for await (const { place: bound, sealed, spot } of sealedValues(redis, corner.keys, sealedPlaces)) {
    if (spot.rest === "set-aside") continue;
    for (const part of sealed) expect(() => keyring.open(part, bound ?? ""), spot.key).not.toThrow();
  }
  expect(await renamesOn(redis).isPending(account)).toBe(false);
  expect(await redis.exists(corner.keys.fleet("renaming"))).toBe(0);
  const files = [...filesIn(directory).keys()].filter((name) => name.startsWith("accounts/"));
  expect(
    files.every((name) => name.startsWith("accounts/new@")),
    files.join(),
  ).toBe(true);
  expect(files).toHaveLength(2);
}

test("everything is the new name's, sealed for it, and nothing is left under the old one", async () => {
  expect(await renamesOn(here.redis).isPending(account)).toBe(true);
  const moves = (key: string) => key !== "epoch" && key !== "batch";
  const before = await keysOf("old");
  await carryOut();
  expect((await keysOf("new")).filter(moves)).toEqual(before.filter(moves));
  // A batch counts within an epoch of its own name: under another it could be taken for one that is stored already.
  expect(before).toContain("batch");
  expect(await keysOf("new")).not.toContain("batch");
  await expectMoved();
});

test("a status that is moved names the account as it is called now, and no owner", async () => {
  const status = { account: "old", state: "ready", owner: { process: "1", host: "h", epoch: 1 } };
  await here.redis.set(here.corner.keys.account("old", "status"), JSON.stringify({ at: 1, status }));
  await carryOut();
  const read = await new StatusBoard(here.redis, here.corner.keys).read("new");
  expect(read).toMatchObject({ isFresh: false, status: { account: "new", state: "ready", owner: null } });
});

describe("ended at any moment, it is done by the next one", () => {
  /** As a process that is killed: nothing that it had still meant to do is done. */
  async function killedAfter(writes: number): Promise<boolean> {
    const dying = await here.corner.connect();
    const send = dying.sendCommand.bind(dying);
    let left = writes;
    dying.sendCommand = (command, ...rest) => {
      if (/^(eval|hset|hdel)$/.test(command.name)) left -= 1;
      if (left < 0) throw new Error("killed");
      return send(command, ...rest);
    };
    return carryOut(dying).then(
      () => false,
      () => true,
    );
  }

  test("after each of its writes", async () => {
    let kills = 0;
    for (let writes = 0; await killedAfter(writes); writes += 1) kills += 1;
    expect(kills).toBeGreaterThan(15);
    await expectMoved();
  });

  test.each([0, 1, 2, 3, 5, 8, 13, 21, 34])("after %i writes", async (writes) => {
    expect(await killedAfter(writes)).toBe(true);
    expect(await renamesOn(here.redis).isPending(account)).toBe(true);
    await carryOut();
    await expectMoved();
  });
});

test("an owner of the past moves nothing more: what its successor made of it stands", async () => {
  const { keys } = here.corner;
  const [from, to] = [await HandTenure.take(here.redis, keys, "old"), await HandTenure.take(here.redis, keys, "new")];
  await carryOut();
  await vault.store({ name: "new", server }, token("t3"), 2);
  await vault.store({ name: "old", server }, token("stray"), 0);
  // As it stood when this owner had begun and was stopped.
  await here.redis.hset(keys.fleet("renaming"), "new", "old");
  await expect(renamesOn(here.redis).carryOut(account, from, to)).rejects.toThrow("changed owner");
  expect((await vault.credentials({ name: "new", server }))?.accessToken).toBe("t3");
});

test("what a timer puts under the old name while it moves comes along", async () => {
  const { corner, keyring, redis } = here;
  const late = await corner.connect();
  const send = late.sendCommand.bind(late);
  const store = new RedisDeliveryStore(redis, corner.keys, keyring, "old");
  const old = corner.keys.account("old", "due");
  const event = { kind: "tick", rider: "r", name: "late", dueAt: 1 } as const;
  let puts = 0;
  late.sendCommand = async (command, ...rest) => {
    const answer: unknown = await send(command, ...rest);
    if (command.name === "eval" && command.args.includes(old) && puts < 3) {
      puts += 1;
      const record = { invocation: `r/late/${puts}`, rider: "r", event, attempts: 0, waits: 0, reason: "" };
      await store.putDue({ ...record, notBefore: 0, since: Date.now() });
    }
    return answer;
  };
  await carryOut(late);
  const { records } = await new RedisDeliveryStore(redis, corner.keys, keyring, "new").due();
  expect(records.filter(({ invocation }) => invocation.startsWith("r/late/"))).toHaveLength(3);
  expect((await keysOf("old")).filter((key) => key !== "batch")).toEqual(["epoch"]);
});

test("a new name that has a person of its own is not overwritten", async () => {
  await vault.pin({ name: "new", server }, { id: "8", username: "bob" });
  await expect(carryOut()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: "new is authorized as @bob already, so it cannot become what old was",
  });
  expect((await vault.credentials({ name: "old", server }))?.accessToken).toBe("t2");
  await vault.unpin({ name: "new", server });
  await vault.store({ name: "new", server }, token("gone"), 0);
  await vault.drop({ name: "new", server }, 1);
  await carryOut();
  await expectMoved();
});

test("a Redis that was emptied under a mirror is no reason to think that there is nothing to move", async () => {
  await wipe(here);
  await expect(renamesOn(here.redis).isPending(account)).rejects.toMatchObject({ code: "VAULT_UNDECIDED" });
  await mirroredAt(here, directory).mirror.restore();
  expect(await renamesOn(here.redis).isPending(account)).toBe(true);
  await carryOut();
  expect((await vault.credentials({ name: "new", server }))?.accessToken).toBe("t2");
});

test("another host's mirror forgets the old name", async () => {
  const elsewhere = directoryFor();
  const there = mirroredAt(here, elsewhere);
  await there.vault.credentials({ name: "old", server });
  await carryOut();
  const { corner, keyring, redis } = here;
  const fleet = { file: "", contact: undefined, accounts: [] };
  const renames = new Renames(fleet, redis, corner.keys, keyring, there.vault, there.mirror);
  expect(await renames.isPending(account)).toBe(false);
  await renames.forgetMirrored(account);
  await there.vault.credentials({ name: "new", server });
  const files = () => [...filesIn(elsewhere).keys()].filter((name) => name.startsWith("accounts/"));
  await vi.waitFor(() => expect(files()).toEqual([expect.stringMatching(/^accounts\/new@/)]));
});

test("back and forth again", async () => {
  await carryOut();
  const back = { name: "old", server, was: "new" };
  const { keys } = here.corner;
  const [from, to] = [await HandTenure.take(here.redis, keys, "new"), await HandTenure.take(here.redis, keys, "old")];
  await renamesOn(here.redis).carryOut(back, from, to);
  expect((await vault.credentials({ name: "old", server }))?.accessToken).toBe("t2");
  await carryOut();
  await expectMoved();
});
