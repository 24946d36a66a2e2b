import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { asked, load, loadFile, mistakesIn, scratch } from "./fleet-file.js";

const full = `# yaml-language-server: $schema=./accounts.schema.json
contact: ops@example.org
defaults:
  timezone: Europe/Berlin
  scopes: [read]
  plugins: [following]
accounts:
  newsbot:
    server: https://Mastodon.Social:443/
    handle: "@newsbot@example.org"
    scopes: [read, write, read]
    dry_run: true
    allow_unlabelled: true
    plugins:
      - use: posting
        as: headlines
        allow: [write:media]
        with: { feed: "https://example.org/feed.xml" }
      - posting
  second:
    server: https://mastodon.social
    timezone: America/New_York
`;

test("a whole file becomes accounts with their riders", async () => {
  const fleet = await load(full);
  expect(fleet.file).toBe(resolve(scratch("accounts.yaml")));
  expect(fleet.contact).toBe("ops@example.org");
  expect(fleet.accounts).toHaveLength(2);
  const [newsbot, second] = fleet.accounts;
  expect(newsbot).toMatchObject({
    name: "newsbot",
    server: "https://mastodon.social",
    handle: "newsbot",
    scopes: ["read", "write"],
    timezone: "Europe/Berlin",
    dryRun: true,
    allowUnlabelled: true,
    share: 0.8,
    caps: { riderPerHour: 60, serverPerHour: 300 },
  });
  expect(newsbot?.riders.map(({ name, use, scopes }) => ({ name, use, scopes }))).toEqual([
    { name: "headlines", use: "posting", scopes: ["write:statuses", "write:media"] },
    { name: "posting", use: "posting", scopes: ["write:statuses"] },
  ]);
  const settings = { every_minutes: 60, sensitive: false, visibility: "public", rules: [] };
  expect(newsbot?.riders[0]?.config).toEqual({ feed: "https://example.org/feed.xml", ...settings });
  expect(newsbot?.riders[1]?.config).toEqual(settings);
  expect(second).toMatchObject({ handle: undefined, scopes: ["read"], timezone: "America/New_York", dryRun: false });
  expect(second?.riders).toMatchObject([{ name: "following", config: undefined }]);
});

test("the result is frozen all the way down, the plugin's own module is not", async () => {
  const { accounts } = await load(full);
  const rider = accounts[0]?.riders[0];
  const parts = [accounts, accounts[0], accounts[0]?.scopes, accounts[0]?.riders, rider, rider?.scopes, rider?.config];
  expect(parts.map(Object.isFrozen)).toEqual(parts.map(() => true));
  expect(Object.isFrozen(rider?.plugin)).toBe(false);
});

test("each plugin is looked for once, from the file's directory", async () => {
  asked.length = 0;
  await load(full);
  expect(asked).toEqual(["posting", "following"].map((use) => ({ use, fromDirectory: resolve(scratch(".")) })));
});

test("an account without anything but a server has no riders and keeps UTC", async () => {
  const { accounts } = await load("accounts:\n  constructor:\n    server: http://localhost:3000\n");
  expect(accounts).toEqual([
    {
      name: "constructor",
      server: "http://localhost:3000",
      handle: undefined,
      scopes: [],
      timezone: "UTC",
      dryRun: false,
      allowUnlabelled: false,
      share: 0.8,
      caps: { riderPerHour: 60, serverPerHour: 300 },
      riders: [],
    },
  ]);
});

test("limits: a share, and caps of which each has its default", async () => {
  const { accounts } = await load(`
defaults: { share: 0.5, caps: { rider_per_hour: 5 } }
accounts:
  one: { server: http://localhost }
  two: { server: http://localhost, share: 1, caps: { server_per_hour: 1000 } }
`);
  expect(accounts.map(({ caps, share }) => [share, caps.riderPerHour, caps.serverPerHour])).toEqual([
    [0.5, 5, 300],
    [1, 60, 1_000],
  ]);
});

test.each([
  ["share: 0", "share: too little: write a number over 0, such as 0.8"],
  ["share: 80", "share: too much: write a number up to 1, such as 0.8"],
  ["share: most", 'share: expected a number, got "most"'],
  ["caps: { rider_per_hour: 0 }", "caps.rider_per_hour: too few: write at least 1"],
  [
    "caps: { rider_per_hour: 1.5 }",
    "caps.rider_per_hour: not a whole number: write how many writes an hour, such as 60",
  ],
  ["caps: { riders_per_hour: 5 }", 'unknown key "riders_per_hour": did you mean "rider_per_hour"?'],
  ["caps: 60", "caps: expected a map, got 60: write rider_per_hour: and server_per_hour:"],
])("limits: %s is a mistake", async (line, message) => {
  await expect(load(`accounts: { one: { server: http://localhost, ${line} } }`)).rejects.toThrow(message);
});

test("anchors, aliases and merges work; what a map has itself wins, then what comes first", async () => {
  const { accounts } = await load(`accounts:
  1:
    &first
    server: &local http://127.0.0.1:3000
    timezone: Asia/Tokyo
    dry_run: true
    plugins: &riders
      - following
  true:
    <<: [{ dry_run: false }, *first]
    server: *local
    timezone: Europe/Paris
  third: { server: *local, plugins: *riders }
`);
  expect(accounts.map(({ name, dryRun, timezone, riders }) => [name, dryRun, timezone, riders.length])).toEqual([
    ["1", true, "Asia/Tokyo", 1],
    ["true", false, "Europe/Paris", 1],
    ["third", false, "UTC", 1],
  ]);
});

describe("the environment", () => {
  const text = `contact: \${CONTACT}
accounts:
  a:
    server: "https://\${HOST:-mastodon.social}"
    dry_run: \${DRY:-true}
    handle: \${HANDLE}
    plugins:
      - use: posting
        with:
          token: \${TOKEN}
          feed: https://example.org/\${PATH_PART}?price=$5$$x
          every_minutes: \${MINUTES}
          since: \${SINCE}
`;
  const env = { CONTACT: "a@b", HANDLE: "0123", TOKEN: "12345", PATH_PART: "x: y #z", MINUTES: "15", SINCE: "7" };

  test("is filled in after parsing, a text where the schema wants one and a number or a boolean where it wants that", async () => {
    const { contact, accounts } = await load(text, env);
    expect(contact).toBe("a@b");
    expect(accounts[0]).toMatchObject({ server: "https://mastodon.social", handle: "0123", dryRun: true });
    expect(accounts[0]?.riders[0]?.config).toMatchObject({
      token: "12345",
      feed: "https://example.org/x: y #z?price=$5$x",
      every_minutes: 15,
      since: 7,
    });
  });

  test("a value that is quoted stays a text", async () => {
    const quoted = text.replace("${MINUTES}", '"${MINUTES}"');
    expect(await mistakesIn(quoted, env)).toEqual([
      "accounts.yaml:12:26: with.every_minutes: expected a number, got what ${MINUTES} holds",
    ]);
  });

  test("a variable that is unset is a mistake where it stands, and the only one there", async () => {
    expect(await mistakesIn(text, { ...env, HANDLE: undefined, MINUTES: undefined, DRY: "maybe" })).toEqual([
      "accounts.yaml:5:14: dry_run: expected true or false, got what ${DRY:-true} holds",
      "accounts.yaml:6:13: ${HANDLE} is not set in the environment: set HANDLE, or write ${HANDLE:-default}",
      "accounts.yaml:12:26: ${MINUTES} is not set in the environment: set MINUTES, or write ${MINUTES:-default}",
    ]);
  });

  test("what a variable holds is in no message", async () => {
    const secret = "hunter2-hunter2";
    const everywhere = Object.fromEntries([...Object.keys(env), "DRY", "HOST"].map((name) => [name, secret]));
    const mistakes = await mistakesIn(text, { ...everywhere, HOST: `user:${secret}@x.y/` });
    expect(mistakes.length).toBeGreaterThan(3);
    expect(mistakes.join("\n")).not.toContain(secret);
  });
});

describe("the contact", () => {
  const contactMissing =
    "accounts.yaml:1:1: contact: missing: write an e-mail or web address for other servers' admins, such as ops@example.org";
  const account = (lines: string) => `accounts:\n  a: { server: "http://[::1]:3000" }\n  b:\n${lines}`;

  test.each([
    ["    server: http://127.9.9.9\n", []],
    ["    server: https://localhost\n", []],
    ["    server: http://sandbox:3000\n    allow_http: true\n", []],
    ["    server: https://mastodon.social\n", [contactMissing]],
    ["    server: https://mastodon.social\n    allow_http: true\n", [contactMissing]],
    ["    server: https://localhost.example.org\n", [contactMissing]],
  ])("%j: needed only for a server that is no test server", async (lines, mistakes) => {
    expect(await mistakesIn(account(lines))).toEqual(mistakes);
  });
});

test("loadFile names a file as the operator did", async () => {
  await expect(loadFile("./no/such.yaml")).rejects.toThrow(
    "./no/such.yaml: not found: write this file, or name another with --accounts FILE",
  );
});
