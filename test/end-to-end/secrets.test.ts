import { randomBytes } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { RedisVault } from "../../core/auth/redis-vault.js";
import { Keyring } from "../../core/store/seal.js";
import { tokenFor } from "../sandbox/bot.js";
import { testRedis } from "../support/redis.js";
import { eventually } from "./eventually.js";
import { fleetOf, type Fleet } from "./fleet.js";
import { leaksIn, tracesInFiles, tracesInRedis, type Trace } from "./traces.js";

const redis = testRedis();
const key = Keyring.generate();
const confession = `private-${randomBytes(8).toString("hex")}`;
const accounts = ["greeter", "thrower", "brought"];
/** What was ever said on standard output or standard error. */
const said: Trace[] = [];
/** Secrets that no server has issued: keys, verifiers, private words. */
const own = [key, confession];
let fleet: Fleet;

const throwing = `
import { definePlugin } from "howdah";
export default definePlugin({
  name: "throwing",
  scopes: ["read:notifications"],
  setup({ on, log }) {
    // The visitor has signed in to an app, which labels people as bots here.
    const throwing = async ({ state }) => {
      state.set("seen", 1);
      throw new Error("not this time");
    };
    on("notification.mention", throwing, { bots: true });
  },
});`;

beforeAll(async () => {
  fleet = await fleetOf({
    accounts: {
      greeter: { handle: "greeter", plugins: [{ use: "following" }] },
      thrower: { plugins: [{ use: "./throwing.ts" }] },
      brought: { plugins: [{ use: "following" }] },
    },
    files: { "throwing.ts": throwing },
    sandbox: { users: [...accounts, "visitor"], refreshTokens: { expiresInSeconds: 8, rotate: "at-once" } },
    environment: { ...redis.env, BOT_KEY: key, LOG_LEVEL: "trace" },
  });
});

async function call(words: readonly string[], input?: string): Promise<string> {
  const { stderr, stdout } = await fleet.call({ words, ...(input !== undefined && { input }) });
  said.push({ place: `bot ${words.join(" ")}`, text: `${stdout} ${stderr}` });
  return stdout.trim();
}

/** The verifier that waits, sealed, for the account's code. */
async function rememberVerifier(account: string): Promise<void> {
  const vault = new RedisVault(await redis.connect(), redis.keys, Keyring.parse(key, "BOT_KEY"));
  const pending = await vault.pending({ name: account, server: fleet.sandbox.url });
  expect(pending?.codeVerifier).toMatch(/^[\w-]{43,}$/);
  own.push(pending?.codeVerifier ?? "");
}

/** Everywhere that a secret could have got to by now. */
async function everywhere(): Promise<Trace[]> {
  const connection = await redis.connect();
  const stored = await tracesInRedis(connection, redis.prefix);
  return [...said, ...stored, ...(await tracesInFiles(fleet.directory))];
}

async function authorize(account: string, user = account): Promise<void> {
  const code = await fleet.code(account, user);
  await rememberVerifier(account);
  // What an operator types is no leak; what the command says is.
  const { stderr, stdout } = await fleet.call({ words: ["auth", account], input: `${code}\n` });
  said.push({ place: `bot auth ${account}`, text: `${stdout} ${stderr}` });
}

test("no token, secret, code, verifier or private message stands in clear anywhere", async () => {
  const bot = await fleet.run();
  await call(["auth", "greeter"], "wrong\n");
  await authorize("greeter", "visitor");
  await Promise.all([authorize("greeter"), authorize("thrower")]);
  await call(["auth", "brought", "--with-token"], await tokenFor(fleet.sandbox, "brought", "read write follow"));
  await fleet.listening("greeter", "thrower", "brought");

  await fleet.sandbox.actAs("visitor").accounts.follow({ id: fleet.idOf("greeter") });
  await fleet.sandbox.actAs("visitor").statuses.create({ status: `@thrower ${confession}`, visibility: "direct" });
  await eventually("the handler throws", () => bot.stderr.includes("not this time"));
  await eventually("tokens are renewed", async () => ((await fleet.statusOf("greeter")).token?.generation ?? 0) > 1);
  expect(leaksIn(await everywhere(), [...own, ...fleet.sandbox.issuedSecrets()])).toEqual([]);

  fleet.sandbox.revoke({ user: "greeter" });
  await eventually("it is said", async () => (await fleet.statusOf("greeter")).state === "needs_authorization");
  await call(["auth", "greeter", "--url"]);
  await rememberVerifier("greeter");
  await call(["status"]);
  await call(["status", "--json"]);
  await call(["check", "--json"]);
  expect(await bot.end("SIGTERM")).toBe(0);
  said.push({ place: "bot run", text: bot.stdout + bot.stderr });

  const traces = await everywhere();
  expect(fleet.sandbox.issuedSecrets().length).toBeGreaterThan(10);
  expect(own.length).toBeGreaterThan(5);
  expect(leaksIn(traces, [...own, ...fleet.sandbox.issuedSecrets()])).toEqual([]);
  for (const place of ["bot run", "bot status", "throwing.ts", ":credentials:", ":due"]) {
    expect(
      traces.some((trace) => trace.place.includes(place)),
      place,
    ).toBe(true);
  }
});

test("a secret would be found wherever it stood", async () => {
  const [secret = ""] = fleet.sandbox.issuedSecrets().slice(-1);
  const connection = await redis.connect();
  const name = (kind: string) => redis.keys.fleet("planted", kind);
  await connection.set(name("string"), `x${secret}`);
  await connection.hset(name("hash"), { [secret]: 1 });
  await connection.rpush(name("list"), "one", JSON.stringify({ token: secret }));
  await connection.sadd(name("set"), secret);
  await connection.zadd(name("zset"), 1, secret);
  await connection.xadd(name("stream"), "*", "field", Buffer.from(secret).toString("hex"));
  await connection.set(name(`named-${secret}`), "");
  await fleet.write(".howdah/deep/down", `"${secret}"`);
  said.push({ place: "said", text: `Bearer ${secret}` });
  const found = leaksIn(await everywhere(), [secret]);
  const kinds = ["string", "hash", "list", "set", "zset", "stream", `named-${secret}`].map(name);
  expect(found.toSorted()).toEqual([...kinds, `${fleet.directory}/.howdah/deep/down`, "said"].toSorted());
});
