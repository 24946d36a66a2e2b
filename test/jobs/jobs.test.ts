import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { createJobs, type JobsLog } from "../../core/jobs/bullmq-jobs.js";
import { defineJob, type Jobs, type TakenJob } from "../../core/jobs/jobs.js";
import { testRedis } from "../support/redis.js";

const greeting = defineJob("greeting", z.object({ text: z.string() }));
type Greeting = { text: string };

const open: Jobs[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((jobs) => jobs.close(1_000)));
});

function fleet() {
  const { address, prefix } = testRedis();
  const logged: { message: string; fields: object }[] = [];
  const write = (fields: object, message: string) => void logged.push({ message, fields });
  const log: JobsLog = { warn: write, error: write };
  const join = () => {
    const jobs = createJobs({ address, prefix, log });
    open.push(jobs);
    return jobs;
  };
  return { join, logged };
}

/** Takes greetings and keeps them, with the moment at which each came. */
async function collect(jobs: Jobs) {
  const taken: (TakenJob<Greeting> & { at: number })[] = [];
  await jobs.take(greeting, async (job) => void taken.push({ ...job, at: Date.now() }));
  return { taken, texts: () => taken.map(({ data }) => data.text) };
}

const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 15_000, interval: 20 });

test("a job is taken once, when it is due, and says when that was", async () => {
  const { join } = fleet();
  const jobs = join();
  const [one, two] = [await collect(jobs), await collect(join())];
  const added = Date.now();
  await jobs.add(greeting, { text: "later" }, { delayMs: 400 });
  await jobs.add(greeting, { text: "now" });
  const all = () => [...one.taken, ...two.taken].toSorted((a, b) => a.at - b.at);
  await until(() => expect(all().map(({ data }) => data.text)).toEqual(["now", "later"]));
  const later = all()[1];
  expect(later?.dueAt).toBeGreaterThanOrEqual(added + 400);
  expect(later?.at).toBeGreaterThanOrEqual(later?.dueAt ?? Infinity);
});

test("a second job of the same id while the first waits is the same job, whatever the id looks like", async () => {
  const { join } = fleet();
  const jobs = join();
  for (const id of ["42", "https://example.org:3000", "ä b"]) {
    await jobs.add(greeting, { text: `first ${id}` }, { id, delayMs: 300 });
    await jobs.add(greeting, { text: `second ${id}` }, { id });
  }
  const { texts } = await collect(jobs);
  await until(() => expect(texts()).toHaveLength(3));
  await delay(300);
  expect(texts().toSorted()).toEqual(["first 42", "first https://example.org:3000", "first ä b"]);
});

test("replace takes the new time and data, also of a job that is due already", async () => {
  const { join } = fleet();
  const jobs = join();
  await jobs.add(greeting, { text: "old, delayed" }, { id: "a", delayMs: 60_000 });
  await jobs.add(greeting, { text: "old, due" }, { id: "b" });
  await jobs.add(greeting, { text: "new a" }, { id: "a", replace: true });
  await jobs.add(greeting, { text: "new b" }, { id: "b", replace: true, delayMs: 200 });
  const { texts } = await collect(jobs);
  await until(() => expect(texts()).toEqual(["new a", "new b"]));
});

test.each([true, false])("a handler can add the next job under its own id (replace: %s)", async (replace) => {
  const { join } = fleet();
  const jobs = join();
  const texts: string[] = [];
  await jobs.take(greeting, async ({ data }) => {
    texts.push(data.text);
    if (texts.length < 3) await jobs.add(greeting, { text: `${texts.length}` }, { id: "chain", replace });
  });
  await jobs.add(greeting, { text: "0" }, { id: "chain" });
  await until(() => expect(texts).toEqual(["0", "1", "2"]));
});

test("remove takes a waiting job back and does nothing where there is none", async () => {
  const { join } = fleet();
  const jobs = join();
  await jobs.add(greeting, { text: "removed" }, { id: "a", delayMs: 200 });
  await jobs.remove(greeting, "a");
  await jobs.remove(greeting, "never was");
  await jobs.add(greeting, { text: "kept" }, { id: "a", delayMs: 300 });
  const { texts } = await collect(jobs);
  await until(() => expect(texts()).toEqual(["kept"]));
});

test("data that does not meet the schema is refused when added, dropped and logged when taken", async () => {
  const { join, logged } = fleet();
  const jobs = join();
  const loose = defineJob("greeting", z.object({ text: z.union([z.string(), z.number()]) }));
  await expect(jobs.add(loose as never, { text: true } as never)).rejects.toThrow(
    /"greeting" does not meet its schema/,
  );
  await jobs.add(loose, { text: 1 });
  await jobs.add(loose, { text: "good" });
  const { texts } = await collect(jobs);
  await until(() => expect(texts()).toEqual(["good"]));
  await until(() => expect(logged.map(({ message }) => message)).toEqual([expect.stringMatching(/it is dropped/)]));
});

test("a handler that throws is tried again with what was due, then given up and logged", async () => {
  const { join, logged } = fleet();
  const jobs = join();
  const tries: TakenJob<Greeting>[] = [];
  const handler = async (job: TakenJob<Greeting>) => {
    tries.push(job);
    throw new Error("no luck");
  };
  await jobs.take(greeting, handler, { attempts: 2 });
  await jobs.add(greeting, { text: "hello" }, { id: "a" });
  await until(() => expect(logged).toHaveLength(2));
  expect(tries).toHaveLength(2);
  expect(tries[1]).toEqual(tries[0]);
  expect(logged.map(({ message }) => message)).toEqual([
    "a job failed and is tried again",
    "a job failed for the last time",
  ]);
  await jobs.add(greeting, { text: "the id is free again" }, { id: "a" });
  await until(() => expect(tries).toHaveLength(3));
});

test("a retry can be removed by its id, and a newer job of the id takes its place", async () => {
  const { join, logged } = fleet();
  const jobs = join();
  const texts: string[] = [];
  await jobs.take(greeting, async ({ data }) => {
    texts.push(data.text);
    if (data.text !== "newer") throw new Error("no luck");
  });
  await jobs.add(greeting, { text: "removed" }, { id: "a" });
  await jobs.add(greeting, { text: "overtaken" }, { id: "b" });
  await until(() => expect(logged).toHaveLength(2));
  await delay(100);
  await jobs.remove(greeting, "a");
  await jobs.add(greeting, { text: "newer" }, { id: "b", replace: true });
  await delay(2_000);
  expect(texts.toSorted()).toEqual(["newer", "overtaken", "removed"]);
});

test("close waits for a running handler up to its grace", async () => {
  const { join } = fleet();
  const jobs = join();
  let finished = false;
  let started = false;
  await jobs.take(greeting, async () => {
    started = true;
    await delay(300);
    finished = true;
  });
  await jobs.add(greeting, { text: "slow" });
  await until(() => expect(started).toBe(true));
  await jobs.close();
  expect(finished).toBe(true);

  const hanging = join();
  let release = () => {};
  await hanging.take(greeting, () => new Promise((resolve) => (release = resolve)));
  await hanging.add(greeting, { text: "hangs" });
  await delay(300);
  await hanging.close(100);
  release();
});

const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

test("once closed, nothing is left that would keep the process from ending", async () => {
  const { join } = fleet();
  const before = timers();
  const jobs = join();
  let taken: () => void = () => {};
  const first = new Promise<void>((resolve) => (taken = resolve));
  await jobs.take(greeting, async () => taken());
  await jobs.add(greeting, { text: "hello" });
  await first;
  await jobs.close();
  expect(timers()).toBeLessThanOrEqual(before);
});
