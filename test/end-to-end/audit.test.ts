import type { Redis } from "ioredis";
import { beforeAll, expect, test } from "vitest";
import { auditFields, auditKey, type AuditLine } from "../../core/client/audit.js";
import { Keyring } from "../../core/store/seal.js";
import { testRedis } from "../support/redis.js";
import { fleetOf, type Fleet } from "./fleet.js";

const { connect, env, keys } = testRedis();
const minuteMs = 60_000;
const now = Date.now();
let redis: Redis;
let fleet: Fleet;

beforeAll(async () => {
  redis = await connect();
  fleet = await fleetOf({ accounts: { one: {}, two: {} }, environment: { ...env, BOT_KEY: Keyring.generate() } });
});

async function add(account: string, agoMs: number, line: Partial<AuditLine>): Promise<void> {
  const usual = { rider: "poster", invocation: "poster/tick/x/1", outcome: "done", reason: "" } as const;
  const fields = auditFields({ ...usual, ...line });
  fields[1] = String(now - agoMs);
  await redis.xadd(keys.account(account, auditKey), `${now - agoMs}-*`, ...fields);
}

async function audit(...words: string[]): Promise<Record<string, unknown>[]> {
  const { code, stderr, stdout } = await fleet.bot("audit", ...words, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Record<string, unknown>[];
}

test("an empty audit says so", async () => {
  const said = "nothing of that kind was written; the audit goes back 30 days\n";
  expect(await fleet.bot("audit")).toEqual({ code: 0, stderr: "", stdout: said });
  expect(await audit("one")).toEqual([]);
});

test("what is wrong with a call is said", async () => {
  const calls: [words: string[], what: RegExp][] = [
    [["three"], /there is no account three/],
    [["--operation", "statuses.crate"], /there is no operation statuses.crate\n +did you mean statuses.create\?/],
    [["--outcome", "lost"], /Allowed choices are sent, replayed, dry-run, refused, uncertain, skipped, gap/],
    [["--since", "yesterday"], /--since yesterday is neither a duration nor a time/],
    [["--since", "1h", "--until", "2h"], /--since is later than --until/],
    [["--limit", "0"], /--limit 0 is no number of lines/],
  ];
  for (const [words, what] of calls) {
    const { code, stderr, stdout } = await fleet.bot("audit", ...words);
    expect([words, code, stderr, stdout]).toEqual([words, 2, expect.stringMatching(what), ""]);
  }
});

test("it shows the newest first, of all accounts or of some, of one kind or within a time", async () => {
  const url = "https://one.example/@one/7";
  const params = '{"visibility":"unlisted"}';
  await add("one", 90 * minuteMs, { operation: "statuses.create", created: "7", url, params });
  await add("two", 60 * minuteMs, { operation: "accounts.follow", outcome: "void", reason: "status 422" });
  await add("two", 40 * minuteMs, {
    rider: "other",
    invocation: "other/notification/2",
    outcome: "skipped",
    reason: "late",
  });
  await add("one", 30 * minuteMs, { operation: "statuses.favourite", outcome: "dry-run", params: '{"id":"3"}' });
  expect(await audit("one")).toEqual([
    {
      ...{ at: new Date(now - 30 * minuteMs).toISOString(), account: "one", rider: "poster" },
      ...{ invocation: "poster/tick/x/1", operation: "statuses.favourite", params: { id: "3" } },
      ...{ outcome: "dry-run", reason: "", id: null, url: null },
    },
    expect.objectContaining({ outcome: "sent", id: "7", url, params: { visibility: "unlisted" } }),
  ]);
  const outcomes = async (...words: string[]) => (await audit(...words)).map(({ outcome }) => outcome);
  expect(await outcomes()).toEqual(["dry-run", "skipped", "refused", "sent"]);
  expect(await outcomes("--rider", "other")).toEqual(["skipped"]);
  expect(await outcomes("--operation", "accounts.follow")).toEqual(["refused"]);
  expect(await outcomes("--outcome", "sent", "skipped")).toEqual(["skipped", "sent"]);
  expect(await outcomes("--since", "70m", "--until", "35m")).toEqual(["skipped", "refused"]);
  const { code, stderr, stdout } = await fleet.bot("audit", "--limit", "2");
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^TIME +ACCOUNT +OUTCOME +WHAT\n/)]);
  expect(stdout).toMatch(new RegExp(`${time}  one      dry-run    statuses.favourite id=3 \\(poster/tick/x/1\\)\n`));
  expect(stdout).toMatch(new RegExp(`${time}  two      skipped    \\(other/notification/2\\) late\n$`));
  expect(stderr).toBe("there is more: these are the newest 2; see --limit and --since\n");
});

test("a long audit comes whole, and what is damaged is left out and said", async () => {
  const key = keys.account("two", auditKey);
  const adding = redis.pipeline();
  for (let at = 0; at < 5_000; at += 1) {
    adding.xadd(key, "*", ...auditFields({ rider: "bulk", invocation: `bulk/${at}`, outcome: "done", reason: "" }));
  }
  adding.xadd(key, "*", "at", "never");
  await adding.exec();
  const { code, stderr, stdout } = await fleet.bot("audit", "two", "--rider", "bulk", "--limit", "all", "--json");
  expect([code, stderr]).toEqual([0, "two: 1 line cannot be read: left out\n"]);
  const rows = JSON.parse(stdout) as { invocation: string }[];
  expect(rows.map(({ invocation }) => invocation)).toEqual(
    Array.from({ length: 5_000 }, (_, at) => `bulk/${4_999 - at}`),
  );
});
