import "reflect-metadata";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { Account } from "../../core/accounts/account.js";
import type { MarkedFleet } from "../../core/host/entry-marks.js";
import { InForce, type Proposal } from "../../core/host/in-force.js";
import { sourceDigest } from "../../core/host/plugin-sources.js";
import { definePlugin, type Plugin } from "../../core/plugin.js";
import { leaksIn, tracesInRedis } from "../end-to-end/traces.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { accountOf, riding } from "./accounts.js";
import { keyring } from "./process.js";

const idle = definePlugin({ name: "idle", scopes: ["read"], setup: () => undefined });
const start: Proposal = { by: "start", othersRunIt: false };

let redis: TestRedis;
let inForce: InForce;

beforeEach(async () => {
  redis = testRedis();
  inForce = new InForce(await redis.connect(), redis.keys, keyring);
});

function account(name: string, given?: unknown): Account<Plugin> {
  return accountOf(name, "https://one.example", [{ ...riding(idle), given }]);
}

/** A file at a place, with these accounts. */
function at(file: string, ...accounts: Account<Plugin>[]): Promise<MarkedFleet> {
  return inForce.mark({ file, contact: undefined, accounts });
}

test("the first start puts its file in force, a newer file takes its place, the same one changes nothing", async () => {
  expect(await inForce.read()).toBeUndefined();
  expect(await inForce.propose(await at("/a", account("bot")), start)).toEqual({ outcome: "put", generation: 1 });
  expect(await inForce.propose(await at("/b", account("bot")), start)).toEqual({ outcome: "same", generation: 1 });
  const newer = await at("/a", account("bot", { city: "Oslo" }));
  expect(await inForce.propose(newer, start)).toEqual({ outcome: "put", generation: 2 });
  expect(await inForce.read()).toEqual({ generation: 2, file: newer.digest, entries: newer.marks });
  expect(await inForce.entryDigest("bot")).toBe(newer.marks.get("bot")?.digest);
  expect(await inForce.entryDigest("nobody")).toBeUndefined();
});

test("a host that starts again and again with a file of the past never takes force", async () => {
  const [old, newer] = [await at("/old", account("bot")), await at("/new", account("bot", 1))];
  await inForce.propose(old, start);
  await inForce.propose(newer, start);
  for (let crash = 0; crash < 3; crash += 1) {
    expect(await inForce.propose(old, start)).toEqual({ outcome: "superseded", generation: 2 });
    expect(await inForce.propose(newer, start)).toEqual({ outcome: "same", generation: 2 });
  }
  // A place that was never seen, such as a new container of an old image, is no better.
  expect(await inForce.propose({ ...old, fleet: { ...old.fleet, file: "/elsewhere" } }, start)).toMatchObject({
    outcome: "superseded",
  });
});

test("put back at the very place where it was changed, and by a reload, it is in force again", async () => {
  const [old, newer] = [await at("/a", account("bot")), await at("/a", account("bot", 1))];
  await inForce.propose(old, start);
  await inForce.propose(newer, start);
  expect(await inForce.propose(old, start)).toEqual({ outcome: "put", generation: 3 });
  expect(await inForce.propose(newer, { by: "reload", over: 3 })).toEqual({ outcome: "put", generation: 4 });
});

test("a reload that was planned over another generation changes nothing", async () => {
  await inForce.propose(await at("/a", account("bot")), start);
  await inForce.propose(await at("/b", account("bot", 1)), { by: "reload", over: 1 });
  expect(await inForce.propose(await at("/c", account("bot", 2)), { by: "reload", over: 1 })).toEqual({
    outcome: "raced",
    generation: 2,
  });
});

test("of many that start at once with different files one is in force, and each change counted", async () => {
  const files = await Promise.all(Array.from({ length: 20 }, (_, index) => at(`/${index}`, account("bot", index))));
  await Promise.all(files.map((file) => inForce.propose(file, start)));
  const now = await inForce.read();
  expect(now?.generation).toBe(20);
  expect(files.map(({ digest }) => digest)).toContain(now?.file);
});

test("a start that would end more than a fifth of what others run waits, until they are gone", async () => {
  const names = ["one", "two", "three", "four", "five"];
  await inForce.propose(await at("/a", ...names.map((name) => account(name))), start);
  const few = await at("/b", ...names.slice(2).map((name) => account(name, 1)));
  expect(await inForce.propose(few, { by: "start", othersRunIt: true })).toMatchObject({ outcome: "drastic" });
  expect(await inForce.propose(few, start)).toMatchObject({ outcome: "put" });
  const one = await at("/c", ...names.slice(2).map((name) => account(name, 2)), account("six"));
  expect(await inForce.propose(one, { by: "start", othersRunIt: true })).toMatchObject({ outcome: "put" });
});

test("who is left out is remembered until it comes back; who was renamed is not left out", async () => {
  await inForce.propose(await at("/a", account("bot"), account("gone")), start);
  await inForce.propose(await at("/a", { ...account("new"), was: "bot" }), start);
  expect(await inForce.removed()).toEqual([
    { name: "gone", server: "https://one.example", removedAt: expect.any(Number) as number },
  ]);
  await inForce.propose(await at("/a", account("new"), account("gone", 1)), start);
  expect(await inForce.removed()).toEqual([]);
});

test("every setting is part of a mark; comments and the order of accounts are not", async () => {
  const digest = async (changed: object) =>
    (await at("/a", { ...account("bot"), ...changed })).marks.get("bot")?.digest;
  const plain = await digest({});
  const changes: object[] = [
    { server: "https://two.example" },
    { handle: "bot" },
    { scopes: ["write"] },
    { timezone: "Europe/Oslo" },
    { dryRun: true },
    { allowUnlabelled: false },
    { share: 0.5 },
    { caps: { riderPerHour: 1, serverPerHour: 300 } },
    { was: "old" },
    { riders: [] },
    ...[
      { name: "other" },
      { use: "./idle.ts" },
      { scopes: ["write"] },
      { given: { at: 1 } },
      { since: { agoMs: 1 } },
      { staleAfterMs: Infinity },
      { staleAfterMs: 1 },
      { order: "strict" },
      { deadlineMs: 1 },
      { repliesPerThread: 1 },
    ].map((change) => ({ riders: [{ ...riding(idle), ...change }] })),
  ];
  const digests = await Promise.all(changes.map(digest));
  expect(new Set([plain, ...digests]).size).toBe(changes.length + 1);
  const [one, other] = [account("one"), account("other")];
  expect((await at("/a", one, other)).digest).toBe((await at("/b", other, one)).digest);
});

test("what settings say cannot be read or tried out in Redis", async () => {
  const secret = "hunter2hunter2";
  const marked = await at("/a", account("bot", { password: secret }));
  await inForce.propose(marked, start);
  const connection = await redis.connect();
  expect(leaksIn(await tracesInRedis(connection, redis.prefix), [secret])).toEqual([]);
  const other = testRedis();
  const elsewhere = await new InForce(await other.connect(), other.keys, keyring).mark(marked.fleet);
  expect(elsewhere.digest).not.toBe(marked.digest);
});

test("a plugin's own files are part of what is compared, whatever they import by path", async () => {
  const directory = await mkdtemp(join(tmpdir(), "howdah-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const write = (name: string, text: string) => writeFile(join(directory, name), text);
  await write("plugin.ts", 'import { word } from "./word.js";\nexport default word;');
  await write("word.ts", 'export { word } from "./deep/../last";');
  await write("last.ts", 'export const word = "one";');
  const before = await sourceDigest(join(directory, "plugin.ts"));
  expect(await sourceDigest(join(directory, "plugin.ts"))).toBe(before);
  await write("last.ts", 'export const word = "two";');
  expect(await sourceDigest(join(directory, "plugin.ts"))).not.toBe(before);
});
