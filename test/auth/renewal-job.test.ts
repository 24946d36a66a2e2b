import { afterEach, expect, test } from "vitest";
import { renewalJob } from "../../core/auth/renewal.js";
import { createJobs } from "../../core/jobs/bullmq-jobs.js";
import type { Jobs } from "../../core/jobs/jobs.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const running: Jobs[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((jobs) => jobs.close(0)));
});

function processAt({ address, prefix }: TestRedis): Jobs {
  const jobs = createJobs({ address, prefix, log });
  running.push(jobs);
  return jobs;
}

const plan = (jobs: Jobs, account: string, delayMs: number) =>
  jobs.add(renewalJob, { account }, { id: account, delayMs, replace: true });

test("however many processes start and plan, an account has one job, with the time planned last", async () => {
  const redis = testRedis();
  const processes = [processAt(redis), processAt(redis), processAt(redis)];
  await Promise.all(processes.map((jobs) => plan(jobs, "newsbot", 60_000)));
  const [first] = processes;
  if (first === undefined) throw new Error("no process");
  await plan(first, "newsbot", 100);
  const taken: string[] = [];
  for (const jobs of processes) await jobs.take(renewalJob, async ({ data }) => void taken.push(data.account));
  await expect.poll(() => taken, soon).toEqual(["newsbot"]);
  await plan(first, "other", 100);
  await expect.poll(() => taken, soon).toEqual(["newsbot", "other"]);
});

test("a job outlives the processes, comes due once, and is gone: nobody plans on for a removed account", async () => {
  const redis = testRedis();
  const before = processAt(redis);
  await plan(before, "removed", 50);
  await before.close(0);
  const taken: string[] = [];
  const after = processAt(redis);
  await after.take(renewalJob, async ({ data }) => void taken.push(data.account));
  await expect.poll(() => taken, soon).toEqual(["removed"]);
  await plan(after, "witness", 200);
  await expect.poll(() => taken, soon).toEqual(["removed", "witness"]);
  const connection = await redis.connect();
  const left = await connection.keys(`*${redis.prefix}*removed*`);
  expect(left).toEqual([]);
});
