import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import {
  Queue,
  UnrecoverableError,
  Worker,
  type Job,
  type JobsOptions,
  type QueueOptions,
  type RepeatOptions,
} from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import type { RedisAddress } from "../store/redis-address.js";
import { connectionErrorLog, decodeId, encodeId, endConnection, queueConnection, type JobsLog } from "./connection.js";
import type { JobDefinition, Jobs, Repeat, TakenJob } from "./jobs.js";
import { nominalTime, repeatOptions, sameSchedule, tickId } from "./schedule.js";
import { nextTick } from "./tick-times.js";

export { checkCron } from "./schedule.js";
export type { JobsLog } from "./connection.js";

/** What `createJobs` needs to know. */
interface FleetJobsOptions {
  readonly address: RedisAddress;
  /** `BOT_PREFIX`: keeps fleets apart. */
  readonly prefix: string;
  readonly log: JobsLog;
}

/** What Redis holds of a job: the caller's data, and what a retry must remember. */
interface Envelope {
  data: unknown;
  /** Absent for a tick: its id says it. */
  dueAt?: number;
  /** How often a handler threw; absent before the first time. */
  failures?: number;
}

interface AddOptions {
  id?: string;
  delayMs?: number;
  replace?: boolean;
}

type StoredJob = Job<Envelope>;
type Handle<T> = (job: TakenJob<T>) => Promise<void>;

const defaultAttempts = 5;
const defaultConcurrency = 10;
const defaultGraceMs = 10_000;
const replaceTries = 5;

/** A dead process's jobs are taken again after `lockDuration` to `lockDuration + stalledInterval`. */
const workerSettings = {
  lockDuration: 15_000,
  stalledInterval: 7_500,
  // A timer must survive any number of crashes; what crashes a process is quarantined elsewhere.
  maxStalledCount: Number.MAX_SAFE_INTEGER,
};

/** BullMQ's own attempts only catch what goes wrong around a handler: our retries are jobs of their own. */
const jobSettings = {
  attempts: 1_000_000,
  backoff: { type: "fixed", delay: 5_000 },
  removeOnComplete: true,
  removeOnFail: { count: 1_000, age: 7 * 24 * 3_600 },
} satisfies JobsOptions;

/** Jobs in Redis through BullMQ, one queue per definition. It connects on first use. */
export function createJobs(options: FleetJobsOptions): Jobs {
  return new BullmqJobs(options);
}

/** How long a job waits after its handler threw for the nth time: 1 s doubling up to 5 min, spread by a fifth. */
export function retryDelayMs(failures: number, random: () => number = Math.random): number {
  const base = Math.min(1_000 * 2 ** (failures - 1), 300_000);
  return Math.round(base * (0.8 + 0.4 * random()));
}

class BullmqJobs implements Jobs {
  readonly #prefix: string;
  readonly #log: JobsLog;
  readonly #onError: (error: Error) => void;
  readonly #connection: Redis;
  readonly #queues = new Map<string, Queue<Envelope>>();
  readonly #workers = new Map<string, Worker<Envelope>>();
  #closed = false;

  constructor({ address, prefix, log }: FleetJobsOptions) {
    this.#prefix = prefix;
    this.#log = log;
    const logError = connectionErrorLog(log);
    this.#onError = (error) => {
      if (!this.#closed) logError(error);
    };
    this.#connection = queueConnection(address);
    this.#connection.on("error", this.#onError);
  }

  async add<T>(job: JobDefinition<T>, data: T, options: AddOptions = {}): Promise<void> {
    const { id, delayMs = 0, replace = false } = options;
    const envelope = { data: validated(job, data), dueAt: Date.now() + delayMs };
    await this.#put(job.name, envelope, { id: id === undefined ? undefined : encodeId(id), delayMs, replace });
  }

  async remove<T>(job: JobDefinition<T>, id: string): Promise<void> {
    const queue = this.#queue(job.name);
    const waiting = await queue.getDeduplicationJobId(encodeId(id));
    if (waiting !== null) await queue.remove(waiting);
  }

  async repeat<T>(job: JobDefinition<T>, id: string, repeat: Repeat, data: T): Promise<void> {
    const asked = repeatOptions(id, repeat);
    const envelope: Envelope = { data: validated(job, data) };
    const stands = () => this.#stands(job.name, id, asked, envelope);
    // Writing what already stands would drop a tick that came due while nobody was there to take it.
    if (await stands()) return;
    const template = { name: job.name, data: envelope, opts: jobSettings };
    try {
      await this.#queue(job.name).upsertJobScheduler(encodeId(id), asked, template);
    } catch (error) {
      // Another process may have written the same at the moment of a tick.
      if (!(await stands())) throw error;
    }
  }

  async endRepeat<T>(job: JobDefinition<T>, id: string): Promise<void> {
    const queue = this.#queue(job.name);
    const scheduler = await queue.getJobScheduler(encodeId(id));
    if (!scheduler) return;
    await queue.removeJobScheduler(encodeId(id));
    // BullMQ takes the next tick back only while it is delayed, not one that is due and untaken.
    if (scheduler.next !== undefined) await queue.remove(tickId(encodeId(id), scheduler.next));
  }

  async repeated<T>(job: JobDefinition<T>): Promise<string[]> {
    const schedulers = await this.#queue(job.name).getJobSchedulers();
    return schedulers.map(({ key }) => decodeId(key)).filter((id) => id !== undefined);
  }

  async take<T>(
    job: JobDefinition<T>,
    handler: Handle<T>,
    options: { concurrency?: number; attempts?: number } = {},
  ): Promise<void> {
    if (this.#workers.has(job.name)) throw new Error(`the jobs "${job.name}" are already taken in this process`);
    const { concurrency = defaultConcurrency, attempts = defaultAttempts } = options;
    const worker = new Worker<Envelope>(job.name, (stored) => this.#run(job, stored, handler, attempts), {
      ...this.#queueOptions(job.name),
      ...workerSettings,
      concurrency,
    });
    worker.on("error", this.#onError);
    this.#workers.set(job.name, worker);
    await worker.waitUntilReady();
  }

  async close(graceMs = defaultGraceMs): Promise<void> {
    const workers = [...this.#workers.values()];
    const finished = Promise.allSettled(workers.map((worker) => worker.close()));
    const timeUp = new AbortController();
    await Promise.race([finished, delay(graceMs, undefined, { signal: timeUp.signal }).catch(() => undefined)]);
    timeUp.abort();
    this.#closed = true;
    // A handler that outlives the grace loses its lock, and its job is taken by another process.
    await Promise.allSettled(workers.map((worker) => worker.disconnect()));
    await Promise.allSettled([...this.#queues.values()].map((queue) => queue.close()));
    endConnection(this.#connection);
  }

  async #run<T>(job: JobDefinition<T>, stored: StoredJob, handler: Handle<T>, attempts: number): Promise<void> {
    // From here on the id is free: what is added while the handler runs is a new job.
    if (stored.deduplicationId !== undefined) await stored.removeDeduplicationKey();
    const { data, dueAt, failures = 0 } = stored.data;
    const parsed = job.schema.safeParse(data);
    if (!parsed.success) {
      const fields = { job: job.name, id: stored.id, problems: z.prettifyError(parsed.error) };
      this.#log.error(fields, "a job's data does not meet its schema; it is dropped");
      return;
    }
    const taken = { data: parsed.data, dueAt: dueAt ?? nominalTime(stored.id ?? "") };
    try {
      await handler(taken);
    } catch (error) {
      await this.#retry(stored, { data, dueAt: taken.dueAt, failures: failures + 1 }, { attempts, error });
    }
  }

  /** The retry is a job of its own, under the same id unless a newer one already waits there: then that one does. */
  async #retry(
    stored: StoredJob,
    envelope: Required<Envelope>,
    { attempts, error }: { attempts: number; error: unknown },
  ): Promise<void> {
    const { failures } = envelope;
    const fields = { job: stored.name, id: stored.id, attempt: failures, attempts, err: error };
    if (failures >= attempts) {
      this.#log.error(fields, "a job failed for the last time");
      throw new UnrecoverableError(`failed ${failures} times`);
    }
    this.#log.warn(fields, "a job failed and is tried again");
    await this.#put(stored.name, envelope, { id: stored.deduplicationId, delayMs: retryDelayMs(failures) });
  }

  async #put(
    name: string,
    envelope: Envelope,
    { id, delayMs, replace = false }: { id: string | undefined; delayMs: number; replace?: boolean },
  ): Promise<void> {
    const queue = this.#queue(name);
    for (let tries = 0; tries < replaceTries; tries += 1) {
      const jobId = randomUUID();
      const settings = { ...jobSettings, jobId, delay: delayMs };
      const options = id === undefined ? settings : { ...settings, deduplication: { id, replace } };
      const added = await queue.add(name, envelope, options);
      if (!replace || added.id === undefined || added.id === jobId) return;
      await this.#makeRoom(queue, added.id);
    }
    throw new Error(`the job "${name}" could not be replaced: others keep adding it`);
  }

  /** BullMQ replaces a delayed job only. One that is due is removed here; one that is being taken runs, its id freed. */
  async #makeRoom(queue: Queue<Envelope>, jobId: string): Promise<void> {
    if ((await queue.remove(jobId)) === 1) return;
    const running = await queue.getJob(jobId);
    await running?.removeDeduplicationKey();
  }

  /** Whether a repetition is stored just so and its next tick exists. */
  async #stands(
    name: string,
    id: string,
    asked: ReturnType<typeof repeatOptions>,
    envelope: Envelope,
  ): Promise<boolean> {
    const queue = this.#queue(name);
    const stored = await queue.getJobScheduler(encodeId(id));
    if (!stored || stored.next === undefined || !sameSchedule(stored, asked, envelope)) return false;
    return (await queue.getJob(tickId(encodeId(id), stored.next))) !== undefined;
  }

  #queue(name: string): Queue<Envelope> {
    const known = this.#queues.get(name);
    if (known) return known;
    const queue = new Queue<Envelope>(name, this.#queueOptions(name));
    queue.on("error", this.#onError);
    this.#queues.set(name, queue);
    return queue;
  }

  /** Each queue has a hash tag of its own; the event stream, which nobody reads, stays short. */
  #queueOptions(name: string): QueueOptions {
    return {
      connection: this.#connection,
      prefix: `${this.#prefix}:{jobs:${name}}`,
      streams: { events: { maxLen: 100 } },
      settings: { repeatStrategy },
    };
  }
}

/** BullMQ's own goes wrong where it is asked near a change of the zone's clocks. */
function repeatStrategy(millis: number, { pattern, tz }: RepeatOptions): number | undefined {
  return pattern === undefined ? undefined : nextTick(pattern, tz ?? "UTC", millis);
}

function validated<T>(job: JobDefinition<T>, data: T): T {
  const parsed = job.schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new TypeError(`the data of a job "${job.name}" does not meet its schema: ${z.prettifyError(parsed.error)}`);
}
