import { DelayedError, Queue, WaitingError, Worker, type Job, type JobsOptions } from "bullmq";
import type { Redis } from "ioredis";
import type { Keys } from "../store/keys.js";
import type { RedisAddress } from "../store/redis.js";
import { connectionErrorLog, decodeId, encodeId, queueConnection, type JobsLog } from "./connection.js";
import { raiseEpoch } from "./epoch.js";
import { Lease } from "./lease.js";
import { Renewal } from "./renewal.js";
import type { Tenure } from "./ownership.js";
import { WantedAccounts } from "./wanted-accounts.js";

/** What a participation needs to know. */
export interface ParticipationOptions {
  readonly address: RedisAddress;
  /** For single commands; it stays open. */
  readonly redis: Redis;
  readonly keys: Keys;
  /** `BOT_PREFIX`: keeps fleets apart. */
  readonly prefix: string;
  readonly log: JobsLog;
  /** How long a lock stands after its renewal; a dead owner is replaced after this to this plus `stalledCheckMs`. */
  readonly lockMs: number;
  readonly stalledCheckMs: number;
  readonly hold: (tenure: Tenure) => Promise<void>;
}

const queueName = "ownership";
const concurrency = 100_000;
const jobsPerCall = 1_000;
/** Processes say every 5 s which accounts they want; 20 s of silence is taken as no longer wanting. */
const announceMs = 5_000;
const wantedTtlMs = 20_000;
/** Jobs are put again in case Redis lost them. */
const ensureMs = 60_000;
const pollSeconds = 0.25;
/** A process that declines goes on taking for a moment, then leaves the declined jobs to the others when they come due. */
const declinedPauseMs = 300;
const standBackAfterMs = 200;
const standBackMs = 800;
const settledTenureMs = 60_000;
const longestBackoffMs = 60_000;

/** Attempts only catch what goes wrong around a hold: a job of an account must never end up as failed. */
const jobSettings = {
  attempts: 1_000_000,
  backoff: { type: "fixed", delay: 1_000 },
  removeOnComplete: true,
  removeOnFail: true,
} satisfies JobsOptions;

/** One process's part in ownership, from start to stop: it takes the jobs of its accounts and holds them. */
export class Participation {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #log: JobsLog;
  readonly #lockMs: number;
  readonly #hold: (tenure: Tenure) => Promise<void>;
  readonly #onError: (error: Error) => void;
  readonly #connection: Redis;
  readonly #queue: Queue;
  readonly #worker: Worker;
  readonly #renewal: Renewal;
  readonly #wanted: WantedAccounts;
  /** The last run of each account in this process; the next one waits for it. */
  readonly #runs = new Map<string, Promise<unknown>>();
  readonly #failures = new Map<string, number>();
  #accounts: ReadonlySet<string> = new Set();
  #announcedAt = 0;
  #ensuredAt = performance.now();
  #heartbeat: NodeJS.Timeout | undefined;
  #standBackTimer: NodeJS.Timeout | undefined;
  #standingBack = false;
  #stopping = false;

  constructor({ address, redis, keys, prefix, log, lockMs, stalledCheckMs, hold }: ParticipationOptions) {
    this.#redis = redis;
    this.#keys = keys;
    this.#log = log;
    this.#lockMs = lockMs;
    this.#hold = hold;
    this.#onError = connectionErrorLog(log);
    this.#connection = queueConnection(address).on("error", this.#onError);
    const shared = {
      connection: this.#connection,
      prefix: `${prefix}:{${queueName}}`,
      streams: { events: { maxLen: 100 } },
    };
    this.#queue = new Queue(queueName, shared).on("error", this.#onError);
    this.#worker = new Worker(queueName, (job, token = "") => this.#take(job, token), {
      ...shared,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: stalledCheckMs,
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      // Renewal does it: it must know when a renewal was sent.
      skipLockRenewal: true,
      // A worker that sleeps longer learns too late when a declined job comes due.
      drainDelay: pollSeconds,
      autorun: false,
    });
    this.#worker.on("error", this.#onError);
    this.#worker.on("completed", (job) => void this.#revive(accountOf(job)).catch(this.#onError));
    const extend = this.#worker.extendJobLocks.bind(this.#worker);
    this.#renewal = new Renewal(extend, lockMs, this.#onError);
    this.#wanted = new WantedAccounts(redis, keys.fleet("wanted-accounts"), wantedTtlMs);
  }

  /** Offers the accounts and begins to take. */
  async start(accounts: readonly string[]): Promise<void> {
    await this.setAccounts(accounts);
    this.#renewal.start();
    this.#heartbeat = setInterval(() => void this.#beat().catch(this.#onError), announceMs);
    this.#worker.run().catch(this.#onError);
    await this.#worker.waitUntilReady();
  }

  /** Takes part for these from now on; the others are let go. */
  async setAccounts(accounts: readonly string[]): Promise<void> {
    const before = this.#accounts;
    this.#accounts = new Set(accounts);
    for (const lease of this.#renewal.leases()) if (!this.#accounts.has(lease.account)) lease.release();
    await this.#announce();
    await this.#ensure(accounts.filter((account) => !before.has(account)));
  }

  /** Lets go of everything and hands it to whoever waits. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#standBackTimer);
    // Closing comes first: a worker that still waits for jobs would take back what it puts back.
    const closed = this.#worker.close();
    for (const lease of this.#renewal.leases()) lease.release();
    await closed;
    this.#renewal.stop();
    await this.#queue.close();
    this.#connection.disconnect();
  }

  async #take(job: Job, token: string): Promise<void> {
    const account = accountOf(job);
    if (this.#stopping) return this.#backToWait(job, token);
    if (!this.#accounts.has(account)) return this.#decline(job, token);
    // The lock counts from when its renewal was sent; a tenth is left for what was decided just before the end.
    const lease = new Lease({ jobId: job.id ?? "", token, account }, this.#lockMs * 0.9);
    this.#renewal.keep(lease);
    const earlier = this.#runs.get(account) ?? Promise.resolve();
    const run = earlier.then(() => this.#own(lease));
    this.#runs.set(account, run);
    const pauseMs = await run;
    if (this.#runs.get(account) === run) this.#runs.delete(account);
    this.#renewal.drop(lease);
    await this.#putBack(job, lease, pauseMs);
  }

  /** Runs the hold; never rejects. Returns how long the account rests before it is offered again. */
  async #own(lease: Lease): Promise<number> {
    const { account, signal } = lease;
    const startedAt = performance.now();
    try {
      const key = this.#keys.account(account, "epoch");
      const epoch = await raiseEpoch(this.#redis, key, () => this.#renewal.renew(lease));
      if (epoch === undefined || lease.end !== undefined) return 1_000;
      await this.#hold({ account, epoch, signal, isValid: () => lease.isValid() });
      this.#failures.delete(account);
      return 1_000;
    } catch (error) {
      const lasted = performance.now() - startedAt > settledTenureMs;
      const failures = lasted ? 1 : (this.#failures.get(account) ?? 0) + 1;
      this.#failures.set(account, failures);
      const pauseMs = Math.min(1_000 * 2 ** (failures - 1), longestBackoffMs);
      this.#log.error({ account, err: error, pauseMs }, "holding an account failed; it is offered again");
      return pauseMs;
    }
  }

  /** Gives the job back. BullMQ leaves a job alone after WaitingError and DelayedError, as one that was moved already. */
  async #putBack(job: Job, lease: Lease, pauseMs: number): Promise<void> {
    const { account, token, end } = lease;
    if (end === "lost" || end === "lapsed") this.#log.warn({ account, end }, "an account's lock did not hold");
    if (lease.lost) {
      // Usually another process has the job; if Redis lost it, nobody else would put it again soon.
      if (this.#accounts.has(account)) await this.#ensure([account]);
      throw new WaitingError();
    }
    if (this.#stopping) return this.#backToWait(job, token);
    if (!this.#accounts.has(account)) return this.#decline(job, token);
    if (end === "released") return this.#backToWait(job, token);
    return this.#backLater(job, token, pauseMs);
  }

  /** Not ours to hold: left to whoever wants it; if nobody does, the job ends. */
  async #decline(job: Job, token: string): Promise<void> {
    if (!(await this.#wanted.has(accountOf(job)))) return;
    this.#standBack();
    await this.#backLater(job, token, declinedPauseMs);
  }

  /** Takes nothing for a while: of two workers that wake for the same job the nearer to Redis would win each time. */
  #standBack(): void {
    if (this.#standingBack) return;
    this.#standingBack = true;
    const resume = () => {
      this.#standingBack = false;
      if (!this.#stopping) void this.#worker.resume();
    };
    const pause = () => {
      if (!this.#stopping) void this.#worker.pause(true);
      this.#standBackTimer = setTimeout(resume, standBackMs);
    };
    this.#standBackTimer = setTimeout(pause, standBackAfterMs);
  }

  /** A process that began to want the account while its job ended found the job still there, and put none. */
  async #revive(account: string): Promise<void> {
    if (!this.#stopping && (await this.#wanted.has(account))) await this.#ensure([account]);
  }

  async #backToWait(job: Job, token: string): Promise<never> {
    await job.moveToWait(token).catch((error: unknown) => this.#notMoved(job, error));
    throw new WaitingError();
  }

  async #backLater(job: Job, token: string, pauseMs: number): Promise<never> {
    const at = Date.now() + Math.round(pauseMs);
    await job.moveToDelayed(at, token).catch((error: unknown) => this.#notMoved(job, error));
    throw new DelayedError();
  }

  /** Its lock is gone, then: the stalled check of any process offers the job again. */
  #notMoved(job: Job, error: unknown): void {
    this.#log.warn({ account: accountOf(job), err: error }, "an account could not be given back; its lock runs out");
  }

  async #beat(): Promise<void> {
    const now = performance.now();
    const wasSilent = now - this.#announcedAt > wantedTtlMs / 2;
    await this.#announce();
    if (!wasSilent && now - this.#ensuredAt < ensureMs) return;
    await this.#ensure([...this.#accounts]);
    this.#ensuredAt = now;
  }

  async #announce(): Promise<void> {
    await this.#wanted.announce([...this.#accounts]);
    this.#announcedAt = performance.now();
  }

  /** Puts a job for each account that has none. */
  async #ensure(accounts: readonly string[]): Promise<void> {
    const jobs = accounts.map((account) => ({
      name: "own",
      data: {},
      opts: { ...jobSettings, jobId: encodeId(account) },
    }));
    for (let start = 0; start < jobs.length; start += jobsPerCall) {
      await this.#queue.addBulk(jobs.slice(start, start + jobsPerCall));
    }
  }
}

function accountOf(job: Job): string {
  return decodeId(job.id ?? "") ?? "";
}
