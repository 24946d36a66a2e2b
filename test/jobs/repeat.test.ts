import { setTimeout as delay } from "node:timers/promises";
import { Queue } from "bullmq";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { checkCron, createJobs, retryDelayMs } from "../../core/jobs/bullmq-jobs.js";
import { defineJob, type Jobs, type Repeat, type TakenJob } from "../../core/jobs/jobs.js";
import { testRedis } from "../support/redis.js";

const tick = defineJob("tick", z.object({ rider: z.string() }));
type Tick = TakenJob<{ rider: string }>;

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((opened) => opened.close()));
});

function fleet() {
  const { address, prefix, url } = testRedis();
  const log = { warn: () => {}, error: () => {} };
  const join = (): Jobs => {
    const jobs = createJobs({ address, prefix, log });
    open.push(jobs);
    return jobs;
  };
  const queue = () => {
    const raw = new Queue("tick", { connection: { url }, prefix: `${prefix}:{jobs:tick}` });
    open.push(raw);
    return raw;
  };
  return { join, queue };
}

async function collect(jobs: Jobs, taken: Tick[] = []): Promise<Tick[]> {
  await jobs.take(tick, async (job) => void taken.push(job));
  return taken;
}

const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 20_000, interval: 20 });
const dueTimes = (ticks: Tick[]) => ticks.map(({ dueAt }) => dueAt).toSorted((a, b) => a - b);

test("each tick is delivered once over two processes, at its nominal time, through unchanged upserts", async () => {
  const { join } = fleet();
  const [one, two] = [join(), join()];
  const taken: Tick[] = [];
  await Promise.all([collect(one, taken), collect(two, taken)]);
  const put = (jobs: Jobs) => jobs.repeat(tick, "weather:1", { everyMs: 200 }, { rider: "weather" });
  while (taken.length < 10) {
    await Promise.all([put(one), put(two)]);
    await delay(15);
  }
  const times = dueTimes(taken);
  expect(new Set(times).size).toBe(times.length);
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(new Set(steps)).toEqual(new Set([200]));
});

test("cron ticks come at whole seconds, once, while two processes keep putting the same repetition", async () => {
  const { join } = fleet();
  const [one, two] = [join(), join()];
  const taken: Tick[] = [];
  await Promise.all([collect(one, taken), collect(two, taken)]);
  const everySecond: Repeat = { cron: "* * * * * *", timezone: "UTC" };
  while (taken.length < 4) {
    await Promise.all([one, two].map((jobs) => jobs.repeat(tick, "a", everySecond, { rider: "a" })));
    await delay(7);
  }
  const times = dueTimes(taken);
  const first = times[0] ?? NaN;
  expect(first % 1_000).toBe(0);
  expect(times).toEqual(times.map((_, index) => first + index * 1_000));
});

test("a tick that came due while nobody was there is delivered, also when the start puts its repetition again", async () => {
  const { join } = fleet();
  const before = join();
  await before.repeat(tick, "a", { cron: "*/2 * * * * *", timezone: "UTC" }, { rider: "a" });
  await before.close();
  const missed = Math.floor(Date.now() / 2_000 + 1) * 2_000;
  await delay(missed - Date.now() + 300);
  const after = join();
  await after.repeat(tick, "a", { cron: "*/2 * * * * *", timezone: "UTC" }, { rider: "a" });
  const taken = await collect(after);
  await until(() => expect(taken.length).toBeGreaterThanOrEqual(2));
  expect(dueTimes(taken).slice(0, 2)).toEqual([missed, missed + 2_000]);
});

test("the same id again changes the repetition; ended ones stop and are no longer listed", async () => {
  const { join } = fleet();
  const jobs = join();
  const taken = await collect(jobs);
  await jobs.repeat(tick, "one", { everyMs: 3_600_000 }, { rider: "old" });
  await jobs.repeat(tick, "two:b", { everyMs: 3_600_000 }, { rider: "two" });
  expect((await jobs.repeated(tick)).toSorted()).toEqual(["one", "two:b"]);
  await jobs.repeat(tick, "one", { everyMs: 100 }, { rider: "new" });
  await until(() => expect(taken.length).toBeGreaterThanOrEqual(2));
  expect(new Set(taken.map(({ data }) => data.rider))).toEqual(new Set(["new"]));
  await jobs.endRepeat(tick, "one");
  await jobs.endRepeat(tick, "never was");
  expect(await jobs.repeated(tick)).toEqual(["two:b"]);
  await delay(250);
  const count = taken.length;
  await delay(400);
  expect(taken).toHaveLength(count);
});

test("ending a repetition also takes back a tick that is due and untaken", async () => {
  const { join, queue } = fleet();
  const jobs = join();
  await jobs.repeat(tick, "a", { everyMs: 100 }, { rider: "a" });
  await delay(300);
  await queue().promoteJobs();
  await jobs.endRepeat(tick, "a");
  const taken = await collect(jobs);
  await delay(300);
  expect(taken).toEqual([]);
});

test("a tick whose handler throws is tried again with its nominal time", async () => {
  const { join } = fleet();
  const jobs = join();
  const taken: Tick[] = [];
  await jobs.repeat(tick, "a", { everyMs: 600 }, { rider: "a" });
  await jobs.take(tick, async (job) => {
    taken.push(job);
    if (taken.length > 1) return;
    await jobs.endRepeat(tick, "a");
    throw new Error("no luck");
  });
  await until(() => expect(taken.length).toBeGreaterThanOrEqual(2));
  const first = taken[0]?.dueAt;
  await until(() => expect(taken.filter(({ dueAt }) => dueAt === first)).toHaveLength(2));
});

test("a timezone decides when a cron expression comes due, through daylight saving", async () => {
  const { join, queue } = fleet();
  const jobs = join();
  const nextOf = async (timezone: string) => {
    await jobs.repeat(tick, timezone, { cron: "30 7 * * *", timezone }, { rider: "a" });
    const all = await queue().getJobSchedulers();
    const next = all.find(({ tz }) => tz === timezone)?.next ?? NaN;
    return new Date(next).toLocaleTimeString("en-GB", { timeZone: timezone });
  };
  for (const timezone of ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"]) {
    expect(await nextOf(timezone)).toBe("07:30:00");
  }
});

describe("a schedule that is wrong", () => {
  const wrong: [string, string, RegExp][] = [
    ["", "UTC", /empty/],
    ["0 7 * *", "UTC", /has 4 fields.*five/],
    ["0 0 7 * * * *", "UTC", /has 7 fields/],
    ["61 * * * *", "UTC", /61/],
    ["0 7 30 2 *", "UTC", /never|no cron expression/],
    ["0 7 * * someday", "UTC", /someday/],
    ["H 7 * * *", "UTC", /H is not supported/],
    ["0 7 * * *", "Mars/Base", /no timezone.*Europe\/Berlin/],
  ];

  test.each(wrong)("%j in %s is explained and refused", async (cron, timezone, text) => {
    expect(checkCron(cron, timezone)).toMatch(text);
    const jobs = fleet().join();
    await expect(jobs.repeat(tick, "a", { cron, timezone }, { rider: "a" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(text),
    });
  });

  test.each(["0 7 * * *", "*/5 8-18 * * 1-5", "@daily", "30 0 7 * * *", "0 9 * * thu", "0 7 L * *"])(
    "%j is fine",
    (cron) => {
      expect(checkCron(cron, "Europe/Berlin")).toBeUndefined();
    },
  );

  test.each([0, -5, 1.5, NaN])("an interval of %d ms is refused", async (everyMs) => {
    const jobs = fleet().join();
    await expect(jobs.repeat(tick, "a", { everyMs }, { rider: "a" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

test("the wait before a retry doubles, is spread and bounded", () => {
  const middle = () => 0.5;
  expect([1, 2, 3, 20].map((failures) => retryDelayMs(failures, middle))).toEqual([1_000, 2_000, 4_000, 300_000]);
  expect([retryDelayMs(1, () => 0), retryDelayMs(1, () => 1)]).toEqual([800, 1_200]);
});
