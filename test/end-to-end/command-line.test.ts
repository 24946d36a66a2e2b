import { beforeAll, describe, expect, test } from "vitest";
import { operationList } from "../../core/mastodon/operations.js";
import { testRedis } from "../support/redis.js";
import { fleetOf, yamlOf, type Fleet } from "./fleet.js";

let fleet: Fleet;

beforeAll(async () => {
  fleet = await fleetOf({
    accounts: {
      greeter: { handle: "greeter", plugins: [{ use: "following" }] },
      idle: { dry_run: true },
    },
    sandbox: { users: ["greeter", "idle"] },
    environment: testRedis().env,
  });
});

test("--version and --help answer on standard output", async () => {
  const [version, help, ofStatus] = await Promise.all([
    fleet.bot("--version"),
    fleet.bot("--help"),
    fleet.bot("status", "--help"),
  ]);
  expect(version).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: "" });
  expect(help).toMatchObject({ code: 0, stderr: "" });
  for (const name of ["run", "auth", "check", "status", "sandbox"]) expect(help.stdout).toMatch(`  ${name} `);
  expect(ofStatus).toMatchObject({ code: 0, stdout: expect.stringContaining("--json"), stderr: "" });
});

test.each([
  [[], "Usage: bot"],
  [["statsu"], "Did you mean status?"],
  [["status", "--jsn"], "Did you mean --json?"],
  [["status", "greeter"], "too many arguments"],
  [["auth"], "the name of one account, or --all"],
  [["auth", "greeter", "--all"], "the name of one account, or --all"],
  [["auth", "--all", "--with-token"], "the name of one account, or --all"],
  [["sandbox", "--users", "a b"], "names are letters"],
  [["sandbox", "--limits", "none"], "one of mastodon, off"],
  [["sandbox", "--port", "3x"], "a port number"],
  [["operations", "--scope", "write:statusses"], "Did you mean write:statuses?"],
  [["operations", "--scope", "everything"], "no scope"],
])("a wrong call %j is said, and answers 2", async (words, said) => {
  const { code, stderr, stdout } = await fleet.bot(...words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(said);
  expect(stderr).not.toMatch(/^\s+at /m);
});

describe("bot operations", () => {
  const nothing = { REDIS_URL: "redis://127.0.0.1:1", BOT_ACCOUNTS: "/nowhere.yaml" };

  test("--json gives every operation, without Redis and without accounts.yaml", async () => {
    const { code, stdout, stderr } = await fleet.call({ words: ["operations", "--json"], environment: nothing });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const operations = JSON.parse(stdout) as { name: string }[];
    expect(operations.length).toBe(operationList.length);
    expect(operations.find(({ name }) => name === "statuses.create")).toMatchObject({
      method: "POST",
      path: "/api/v1/statuses",
      scopes: ["write:statuses"],
      writes: true,
      bucket: "statuses",
    });
  });

  test("--scope gives what it permits, a parent all of its children's", async () => {
    const [one, parent] = await Promise.all([
      fleet.call({ words: ["operations", "--scope", "write:media"], environment: nothing }),
      fleet.call({ words: ["operations", "--scope", "write", "--json"], environment: nothing }),
    ]);
    expect(one.stdout).toMatch(/^OPERATION +SCOPES/);
    expect(one.stdout).toContain("media.create");
    expect(one.stdout).not.toContain("statuses.create");
    expect(JSON.parse(parent.stdout)).toContainEqual(expect.objectContaining({ name: "media.create" }));
  });
});

describe("bot check", () => {
  const noRedis = { REDIS_URL: "redis://127.0.0.1:1" };

  test("tells in words what is wanted and by whom, without Redis", async () => {
    const { code, stderr, stdout } = await fleet.call({ words: ["check"], environment: noRedis });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("greeter on http://127.0.0.1:");
    expect(stdout).toMatch(/write:follows +following\n/);
    expect(stdout).toMatch(/read:accounts +howdah\n/);
    expect(stdout).toContain("2 accounts, no mistakes\n");
  });

  test("tells it as one JSON document", async () => {
    const { code, stderr, stdout } = await fleet.call({ words: ["check", "--json"], environment: noRedis });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject([
      { account: "greeter", server: fleet.sandbox.url, wanted_by: { "write:follows": ["following"] } },
      { account: "idle", dry_run: true, riders: [] },
    ]);
  });

  test("reads the file that --accounts names, before the one in BOT_ACCOUNTS", async () => {
    await fleet.write("one.yaml", yamlOf({ one: {} }));
    await fleet.write("other.yaml", yamlOf({ other: {} }));
    const environment = { BOT_ACCOUNTS: "one.yaml" };
    const byVariable = await fleet.call({ words: ["check"], environment });
    const byOption = await fleet.call({ words: ["check", "--accounts", "other.yaml"], environment });
    expect(byVariable.stdout).toMatch(/^one on /);
    expect(byOption.stdout).toMatch(/^other on /);
  });

  test("goes on when nobody reads its output any more, and uses no colours in a pipe", async () => {
    const bot = fleet.start(["check"]);
    bot.child.stdout?.destroy();
    expect(await bot.ended()).toBe(0);
    expect(bot.stderr).toBe("");
  });
});

describe("bot status", () => {
  test("--json has the fields that scripts rely on, and nothing else", async () => {
    await fleet.authorize("greeter");
    const bot = await fleet.run();
    await fleet.listening("greeter");
    const { code, stderr, stdout } = await fleet.bot("status", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const rows = JSON.parse(stdout) as object[];
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(rows).toEqual([
      {
        account: "greeter",
        server: fleet.sandbox.url,
        handle: "greeter",
        state: "ready",
        reason: "",
        cure: "",
        since: time,
        paused: null,
        dry_run: false,
        scopes: {
          needed: ["read:accounts", "read:follows", "read:notifications", "write:follows"],
          granted: expect.arrayContaining(["read:accounts", "write:follows"]),
          missing: [],
          notes: [],
        },
        token: { expires_at: null, refreshable: false, generation: 1 },
        stream: { mode: "streaming", connected: true, last_event_at: null },
        owner: { process: String(bot.child.pid), host: expect.any(String), epoch: 1 },
        riders: [
          { name: "following", plugin: "following", state: "running", reason: "", handled: 0, failed: 0, waiting: 0 },
        ],
        budget: expect.any(Array),
        stragglers: 0,
      },
      expect.objectContaining({
        account: "idle",
        handle: null,
        state: "needs_authorization",
        cure: "run: bot auth idle",
        dry_run: true,
        token: null,
        stream: { mode: "none", connected: false, last_event_at: null },
        riders: [],
      }),
    ]);
    for (const row of rows) expect(Object.keys(row)).toEqual(Object.keys(rows[0] ?? {}));
    expect(await bot.end("SIGTERM")).toBe(0);
  });

  test("says that no process runs an account, as a table and as JSON alike", async () => {
    const [row] = await fleet.status();
    expect(row).toMatchObject({ owner: null, cure: "start one with: bot run", token: { generation: 1 } });
    expect(Object.keys(row ?? {})).toHaveLength(16);
    const { stdout } = await fleet.bot("status");
    expect(stdout).toMatch(/^ACCOUNT +HANDLE +SERVER +STATE +STREAM +PLUGINS\n/);
    expect(stdout).toContain("greeter: no process runs this account; start one with: bot run\n");
    expect(stdout).not.toContain("\u001b[");
  });
});
