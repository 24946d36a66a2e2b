import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { testRedis } from "../support/redis.js";
import type { Finished } from "./bot-process.js";
import { fleetOf, yamlOf, type Fleet } from "./fleet.js";

const redis = testRedis();
const key = Buffer.alloc(32, 1).toString("base64");
const otherKey = Buffer.alloc(32, 2).toString("base64");
const following = { plugins: [{ use: "following" }] };
let fleet: Fleet;

beforeAll(async () => {
  fleet = await fleetOf({
    accounts: { greeter: { ...following, handle: "greeter" }, other: following },
    sandbox: { users: ["greeter", "other", "stranger"] },
    environment: { ...redis.env, BOT_KEY: key },
  });
});

/** The lines for the operator: the log's are left out. */
function saidBy({ stderr }: Finished): string[] {
  return stderr.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
}

/** One line of what, one of what to do. */
function expectTwoLines(finished: Finished, what: RegExp, cure: RegExp): void {
  const said = saidBy(finished);
  expect(said).toHaveLength(2);
  expect(said[0]).toMatch(what);
  expect(said[1]).toMatch(cure);
}

describe("mistakes in accounts.yaml are named by line and column, all at once", () => {
  const server = "server: http://127.0.0.1:1";
  const files: [string, string, RegExp[]][] = [
    ["no YAML", "accounts:\n  a: [\n", [/^it\.yaml:\d+:\d+: not YAML: /]],
    ["nothing", "", [/^it\.yaml: empty: write accounts:/]],
    ["a list", "- a\n", [/^it\.yaml:1:1: not a map of settings: /]],
    [
      "an unknown plugin",
      `accounts:\n  a:\n    ${server}\n    plugins:\n      - use: postin\n`,
      [/^it\.yaml:5:14: .*postin.*did you mean posting\?/],
    ],
    [
      "a plugin whose file is not there",
      `accounts:\n  a:\n    ${server}\n    plugins:\n      - use: ./none.ts\n`,
      [/^it\.yaml:5:14: .*\.\/none\.ts/],
    ],
    [
      "a plugin that throws when it is loaded",
      `accounts:\n  a:\n    ${server}\n    plugins:\n      - use: ./throws.ts\n`,
      [/^it\.yaml:5:14: .*\.\/throws\.ts.*no soup today/],
    ],
    [
      "a file that is no plugin",
      `accounts:\n  a:\n    ${server}\n    plugins:\n      - use: ./empty.ts\n`,
      [/^it\.yaml:5:14: .*default export must be made with definePlugin/],
    ],
    ["an unset variable", "accounts:\n  a:\n    server: ${NOWHERE_SET}\n", [/^it\.yaml:3:13: .*NOWHERE_SET/]],
    [
      "several mistakes",
      `accounts:\n  A b:\n    ${server}\n  c:\n    servr: x\n    ${server}\n    plugins: 3\n`,
      [/^it\.yaml:2:3: /, /^it\.yaml:5:5: .*server/, /^it\.yaml:7:14: /],
    ],
  ];

  test.concurrent.each(files)("%s", async (name, text, mistakes) => {
    const directory = name.replaceAll(" ", "-");
    const file = `${directory}/it.yaml`;
    await fleet.write(file, text);
    await fleet.write(`${directory}/throws.ts`, 'throw new Error("no soup today");');
    await fleet.write(`${directory}/empty.ts`, "export const nothing = 1;");
    const data = join(fleet.directory, "data of", name);
    const finished = await fleet.call({ words: ["run", "--accounts", file], environment: { BOT_DATA: data } });
    const said = saidBy(finished).map((line) => line.replace(/^.*\/it\.yaml/, "it.yaml"));
    expect(said.slice(0, -1).length, said.join("\n")).toBeGreaterThanOrEqual(mistakes.length);
    for (const mistake of mistakes) expect(said).toContainEqual(expect.stringMatching(mistake));
    expect(said.at(-1)).toMatch(/^\d+ mistakes?: nothing was changed$/);
    expect(finished).toMatchObject({ code: 2, stdout: "" });
    expect(existsSync(data)).toBe(false);
  });

  test("a file that is not there", async () => {
    const finished = await fleet.bot("run", "--accounts", "none.yaml");
    expect(finished).toMatchObject({ code: 2, stdout: "" });
    expectTwoLines(finished, /^none\.yaml: not found: write this file, or name another/, /^1 mistake: nothing/);
  });
});

describe("what is wrong around it is one line of what and one of what to do", () => {
  const cases: [string, string[], Record<string, string>, number, RegExp, RegExp][] = [
    ["an unknown account", ["auth", "nobody"], {}, 2, /no account nobody/, /the accounts are: greeter, other/],
    ["no address in REDIS_URL", ["status"], { REDIS_URL: "nonsense" }, 2, /REDIS_URL is wrong/, /redis:\/\/localhost/],
    [
      "an unreachable Redis",
      ["run"],
      { REDIS_URL: "redis://me:hush@127.0.0.1:1" },
      1,
      /^bot: Redis at redis:\/\/127\.0\.0\.1:1 does not answer/,
      /correct REDIS_URL/,
    ],
    [
      "no Redis at all",
      ["status"],
      { REDIS_URL: "", PATH: "/nowhere" },
      1,
      /neither redis-server nor valkey-server is on the path/,
      /install one/,
    ],
    ["a key that is none", ["status"], { BOT_KEY: "short" }, 2, /BOT_KEY/, /head -c 32/],
    ["a key file that is not there", ["status"], { BOT_KEY: "", BOT_KEY_FILE: "none" }, 2, /none/, /BOT_KEY_FILE/],
    [
      "a data directory in no directory",
      ["status"],
      { BOT_KEY: "", BOT_DATA: "/dev/null/x" },
      2,
      /null\/x/,
      /BOT_DATA/,
    ],
    ["a data directory that takes no file", ["status"], { BOT_KEY: "", BOT_DATA: "/proc" }, 2, /\/proc/, /BOT_DATA/],
    ["a port that is none", ["run"], { PORT: "eighty" }, 2, /PORT is wrong/, /from 0 to 65535/],
    ["an unknown log level", ["run"], { LOG_LEVEL: "loud" }, 2, /LOG_LEVEL is wrong/, /one of trace, debug/],
    ["an odd prefix", ["run"], { BOT_PREFIX: "a b" }, 2, /BOT_PREFIX is wrong/, /letters, digits/],
    ["an unreachable server", ["auth", "far", "--accounts", "far.yaml", "--url"], {}, 1, /refuses the conn/, /address/],
  ];

  test.concurrent.each(cases)("%s", async (_, words, environment, code, what, cure) => {
    await fleet.write("far.yaml", yamlOf({ far: { server: "http://127.0.0.1:1" } }));
    const finished = await fleet.call({ words, environment });
    expectTwoLines(finished, what, cure);
    expect(finished).toMatchObject({ code, stdout: "" });
    expect(finished.stderr).not.toContain("hush");
  });

  test.each([
    ["sandbox", ["sandbox", "--port"], (port: string) => ({ words: [port], environment: {} })],
    ["run", ["run"], (port: string) => ({ words: [], environment: { PORT: port } })],
  ])("bot %s on a port that is taken", async (_, words, given) => {
    const taken = createServer().listen(0);
    await once(taken, "listening");
    const address = taken.address();
    const { environment, words: more } = given(typeof address === "object" ? String(address?.port) : "");
    const finished = await fleet.call({ words: [...words, ...more], environment });
    taken.close();
    expectTwoLines(finished, /^bot: port \d+ is taken by another program$/, /or stop the other program$/);
    expect(finished).toMatchObject({ code: 1, stdout: "" });
  });

  test("a key that does not fit changes nothing", async () => {
    await fleet.authorize("other");
    const before = await everythingStored();
    const finished = await fleet.call({ words: ["status"], environment: { BOT_KEY: otherKey } });
    expectTwoLines(finished, /^bot: /, /BOT_KEY/);
    expect(finished).toMatchObject({ code: 1, stdout: "" });
    expect(await everythingStored()).toEqual(before);
    expect(await fleet.statusOf("other")).toMatchObject({ token: { generation: 1 } });
  });
});

/** Names and types of what stands in Redis, and its plain values. */
async function everythingStored(): Promise<string[]> {
  const connection = await redis.connect();
  const names = await connection.keys(`${redis.prefix}:*`);
  const values = await Promise.all(names.map((name) => connection.dump(name)));
  return names.map((name, index) => `${name} ${values[index]}`).toSorted();
}

describe("a code that the server refuses, or that is another person's", () => {
  async function refused(code: string, what: RegExp, cure: RegExp): Promise<void> {
    const finished = await fleet.bot("auth", "greeter", "--code", code);
    expectTwoLines(finished, what, cure);
    expect(finished).toMatchObject({ code: 1, stdout: "" });
    expect(await fleet.statusOf("greeter")).toMatchObject({ state: "needs_authorization", token: null });
  }

  test("a wrong one leaves the address as it is", async () => {
    const { stdout } = await fleet.bot("auth", "greeter", "--url");
    await refused("wrong", /^bot: the server refuses the code/, /good once and for a few minutes/);
    expect((await fleet.bot("auth", "greeter", "--url")).stdout).toBe(stdout);
  });

  test("a used one", async () => {
    const code = await fleet.code("other");
    expect((await fleet.bot("auth", "other", "--code", code)).code).toBe(0);
    await fleet.bot("auth", "greeter", "--url");
    await refused(code, /^bot: the server refuses the code/, /good once/);
  });

  test("a wrong person's is revoked, and nobody is pinned", async () => {
    const code = await fleet.code("greeter", "stranger");
    await refused(code, /@stranger/, /sign in as .*bot auth greeter/);
    expect(fleet.sandbox.revoke({ user: "stranger" })).toBe(0);
    await fleet.authorize("greeter");
    expect(await fleet.statusOf("greeter")).toMatchObject({ handle: "greeter", token: { generation: 1 } });
  });

  test("a person who is another account's already", async () => {
    const code = await fleet.code("other", "greeter");
    const finished = await fleet.bot("auth", "other", "--code", code);
    expectTwoLines(finished, /^bot: .*@greeter/, /other/);
    expect(finished).toMatchObject({ code: 1, stdout: "" });
    expect(await fleet.statusOf("greeter")).toMatchObject({ token: { generation: 1 } });
    expect(await fleet.statusOf("other")).toMatchObject({ handle: "other" });
  });

  test("an expired one", async () => {
    const late = await fleetOf({
      accounts: { greeter: following },
      sandbox: { users: ["greeter"], rules: { codeLifetimeSeconds: 0.001 } },
      environment: testRedis().env,
    });
    const finished = await late.bot("auth", "greeter", "--code", await late.code("greeter"));
    expectTwoLines(finished, /^bot: the server refuses the code/, /for a few minutes/);
    expect(finished).toMatchObject({ code: 1, stdout: "" });
  });
});
