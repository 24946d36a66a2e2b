import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Keyring } from "../../core/store/seal.js";
import { testRedis } from "../support/redis.js";
import { adoptAll } from "./adopt.js";
import { eventually } from "./eventually.js";
import { fleetOf, type Fleet } from "./fleet.js";

// Owners, commands and 20 accounts behind one address, in windows that are twenty times shorter: the riders want more
// than there is all the time. The server must never refuse, and what is allowed must be used.

const windowScale = 0.05;
const windowMs = 5 * 60_000 * windowScale;
const limit = 300;
const scopes = ["read:accounts", "read:notifications", "read:statuses"];
const names = Array.from({ length: 20 }, (_, index) => `bot${index}`);

/** Reads for as long as it lives, in bulk and, once it is mentioned, also for a person: more than the limits permit. */
const hungry = `
import { definePlugin } from "howdah";

const eat = async (client, signal) => {
  const one = async () => {
    while (!signal.aborted) await client.timelines.home({ limit: 1 });
  };
  await Promise.all([one(), one(), one()]);
};

export default definePlugin({
  name: "hungry",
  scopes: ["read:statuses", "read:notifications"],
  setup({ every, on }) {
    every("meal", { seconds: 1 }, ({ client, signal }) => eat(client, signal));
    on("notification.mention", ({ client, signal }) => eat(client, signal));
  },
});`;

/** What counts together, and from which request on: a fleet that starts signs in, and reads what it missed. */
interface Bucket {
  readonly holderOf: (asked: Pick<Asked, "user">) => string;
  readonly begins: (asked: Asked) => boolean;
}

/** Each token by itself, since the account's riders ask. */
const byToken: Bucket = {
  holderOf: ({ user }) => user ?? "nobody",
  begins: ({ operation }) => operation === "timelines.home",
};
/** Everything that comes from the address, whoever asks. */
const byAddress: Bucket = { holderOf: () => "the address", begins: () => true };

describe.each([
  // A small machine cannot ask for more in so short a time: the share is smaller than usual.
  { dialect: "mastodon", share: 0.15, bucket: byToken },
  { dialect: "gotosocial", share: 0.8, bucket: byAddress },
] as const)("with the limits of $dialect", ({ bucket, dialect, share }) => {
  test("no request is refused, and nine tenths of what is allowed are used", { timeout: 240_000 }, async () => {
    const redis = testRedis();
    const key = Keyring.generate();
    const entry = { share, plugins: [{ use: "./hungry.ts", deadline: "10m" }] };
    const fleet = await fleetOf({
      accounts: Object.fromEntries(names.map((name) => [name, entry])),
      files: { "hungry.ts": hungry },
      sandbox: { users: [...names, "visitor"], dialect, limits: "mastodon", windowScale },
      environment: { ...redis.env, BOT_KEY: key, BOT_WINDOW_SCALE: String(windowScale) },
    });
    await adoptAll(fleet, names, { url: redis.url, prefix: redis.prefix, key, scopes });
    fleet.sandbox.clearRequests();
    const owners = await Promise.all([fleet.run(), fleet.run()]);
    const over = new AbortController();
    const commands = asking(fleet, over.signal);
    await fleet.listening(...names);
    for (const name of names) await fleet.sandbox.actAs("visitor").statuses.create({ status: `@${name} eat` });
    const asked = () => timesOf(fleet, bucket);
    const holders = new Set(names.map((user) => bucket.holderOf({ user })));
    await eventually("all of them read", () => asked().size >= holders.size, 60_000);
    const begun = Math.max(...[...asked().values()].map(([first = 0]) => first));
    await sleep(begun + 2 * windowMs - Date.now());
    over.abort();
    const { calls, failed } = await commands;
    for (const owner of owners) expect(await owner.end("SIGTERM")).toBe(0);
    const used = [...holders].map((holder) => {
      const times = asked().get(holder) ?? [];
      return times.filter((at) => at < (times[0] ?? 0) + 2 * windowMs).length;
    });
    const allowed = 2 * limit * share * holders.size;
    const part = used.reduce((sum, count) => sum + count, 0) / allowed;
    console.log(`${dialect}: ${(part * 100).toFixed(1)} % of what is allowed, ${calls} commands meanwhile`, used);
    expect(fleet.sandbox.requests().filter(({ status }) => status === 429)).toEqual([]);
    expect(part).toBeGreaterThanOrEqual(0.9);
    // What commands and sign-ins ask with a token counts by address only: they live by what the share leaves.
    for (const times of asked().values()) expect(busiest(times)).toBeLessThanOrEqual(limit * (share + 0.05));
    expect(calls).toBeGreaterThan(1);
    expect(failed).toEqual([]);
  });
});

/** The most that was asked in any time of a window's length. */
function busiest(times: readonly number[]): number {
  let most = 0;
  for (let from = 0, to = 0; to < times.length; to += 1) {
    while ((times[to] ?? 0) - (times[from] ?? 0) >= windowMs) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

type Asked = ReturnType<Fleet["sandbox"]["requests"]>[number];

/**
 * When each holder of a limit has asked, in milliseconds since the epoch. Streams are left out: they are not the API's on
 * Mastodon.
 */
function timesOf(fleet: Fleet, { begins, holderOf }: Bucket): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const asked of fleet.sandbox.requests()) {
    if (!asked.path.startsWith("/api/") || asked.path.startsWith("/api/v1/streaming")) continue;
    const known = times.get(holderOf(asked));
    if (known !== undefined) known.push(Date.parse(asked.time));
    else if (begins(asked)) times.set(holderOf(asked), [Date.parse(asked.time)]);
  }
  return times;
}

/** What an operator asks meanwhile, one command after the other; answers how many calls that were, and which failed. */
async function asking(fleet: Fleet, over: AbortSignal): Promise<{ calls: number; failed: string[] }> {
  const failed: string[] = [];
  let calls = 0;
  const commands = [["doctor", "bot0"], ["status", "--json"], ["check"], ["doctor", "bot7", "--json"]];
  for (; !over.aborted; calls += 1) {
    const words = commands[calls % commands.length] ?? [];
    const { code, stderr, stdout } = await fleet.bot(...words);
    if (code !== 0) failed.push(`bot ${words.join(" ")}: ${stdout}${stderr}`);
  }
  return { calls, failed };
}
