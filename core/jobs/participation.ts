import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { Queue, Worker, type Job, type JobsOptions } from "bullmq";
import type { Redis } from "ioredis";
import type { Keys } from "../store/keys.js";
import type { RedisAddress } from "../store/redis-address.js";
import { Bell } from "./bell.js";
import { connectionErrorLog, decodeId, encodeId, endConnection, queueConnection, type JobsLog } from "./connection.js";
import { raiseEpoch } from "./epoch.js";
import { FairShare } from "./fair-share.js";
import { Lease } from "./lease.js";
import { Renewal } from "./renewal.js";
import type { Tenure } from "./ownership.js";
import { Participants } from "./participants.js";

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
const jobsPerCall = 1_000;
/** Accounts that a process which is alone takes side by side, where many wait. */
const takenAtOnce = 16;
/** How often a process says that it is there, hears of the others, and lets go of what is above its share. */
const beatMs = 500;
/** So long unheard, and others may have ended jobs of accounts that this process wants. */
const silenceMs = 10_000;
/** Jobs are put again in case Redis lost them. */
const ensureMs = 60_000;
const pollSeconds = 0.25;
/** A process that declines goes on taking for a moment, then leaves the declined jobs to the others when they come due. */
const declinedPauseMs = 300;
const standBackAfterMs = 200;
const standBackMs = 800;
const takeAgainMs = 1_000;
/** The first are with others already while the last still end, where a process lets go of many. */
const releasedPerTurn = 10;
const settledTenureMs = 60_000;
const longestBackoffMs = 60_000;

/** A job of an account must never end as failed; what its hold throws is handled here. */
const jobSettings = { attempts: 1_000_000, removeOnComplete: true, removeOnFail: true } satisfies JobsOptions;

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
  readonly #participants: Participants;
  readonly #share: FairShare;
  /** The last run of each account in this process; the next one waits for it. */
  readonly #runs = new Map<string, Promise<unknown>>();
  readonly #taken = new Set<Promise<void>>();
  readonly #failures = new Map<string, number>();
  #accounts: ReadonlySet<string> = new Set();
  #announcedAt = performance.now();
  /** The last announcement; each waits for the one before it. */
  #announced: Promise<void> = Promise.resolve();
  #ensuredAt = performance.now();
  #heartbeat: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #taking: Promise<void> | undefined;
  #stopHearing: (() => void) | undefined;
  /** Rings when the share of this process is known anew. */
  readonly #shared = new Bell();
  #standBackAt: number | undefined;
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
    // Without a processor: jobs are taken here, so that a process which is full leaves them to the others.
    this.#worker = new Worker(queueName, null, {
      ...shared,
      lockDuration: lockMs,
      stalledInterval: stalledCheckMs,
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      // Renewal does it: it must know when a renewal was sent.
      skipLockRenewal: true,
      // A worker that sleeps longer learns too late when a declined job comes due.
      drainDelay: pollSeconds,
    });
    this.#worker.on("error", this.#onError);
    const extend = this.#worker.extendJobLocks.bind(this.#worker);
    this.#renewal = new Renewal(extend, lockMs, this.#onError);
    this.#participants = new Participants(redis, keys);
    this.#share = new FairShare(this.#participants);
  }

  /** Offers the accounts and begins to take. */
  async start(accounts: readonly string[]): Promise<void> {
    await this.#worker.waitUntilReady();
    // What one that leaves had is taken at once, by each up to its new share.
    this.#stopHearing = await this.#participants.hearLeaving(() => void this.#announce().catch(this.#onError));
    await this.setAccounts(accounts);
    this.#renewal.start();
    this.#heartbeat = setInterval(() => this.#beatOnce(), beatMs);
    await this.#worker.startStalledCheckTimer();
    this.#taking = this.#takeAll();
  }

  /** Takes part for these from now on; the others are let go. */
  async setAccounts(accounts: readonly string[]): Promise<void> {
    const before = this.#accounts;
    this.#accounts = new Set(accounts);
    this.#participants.accounts = this.#accounts;
    for (const lease of this.#renewal.leases()) if (!this.#accounts.has(lease.account)) lease.release();
    await this.#announce();
    await this.#ensure(accounts.filter((account) => !before.has(account)));
  }

  /** Lets these go, and offers them again. */
  letGo(accounts: ReadonlySet<string>): void {
    for (const lease of this.#renewal.leases()) if (accounts.has(lease.account)) lease.release();
  }

  /** Lets go of everything and hands it to whoever waits. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#heartbeat);
    this.#stopHearing?.();
    this.#shared.ring();
    await this.#beating;
    await this.#announced.catch(this.#onError);
    // The others have room for what comes from here on; without this they would learn it only by the silence.
    await this.#participants.leave().catch(this.#onError);
    for (const [index, lease] of [...this.#renewal.leases()].entries()) {
      if (index % releasedPerTurn === 0) await nextTurn();
      lease.release();
    }
    await this.#taking;
    await Promise.all(this.#taken);
    this.#renewal.stop();
    await this.#worker.close();
    await this.#queue.close();
    endConnection(this.#connection);
  }

  /** The leases that are not on their way out, the oldest first. */
  #held(): Lease[] {
    return [...this.#renewal.leases()].filter(({ end }) => end === undefined);
  }

  #heldCount(): number {
    let count = 0;
    for (const { end } of this.#renewal.leases()) if (end === undefined) count += 1;
    return count;
  }

  async #takeAll(): Promise<void> {
    for (let number = 0; !this.#stopping; number += 1) {
      try {
        await this.#standBackIfDue();
        if (this.#stopping) return;
        if (!this.#share.looksForMore(this.#heldCount())) await this.#shared.heard();
        else await this.#takeSome(`${this.#participants.id}:${number}`);
      } catch (error) {
        this.#onError(error instanceof Error ? error : new Error(String(error)));
        await sleep(takeAgainMs);
      }
    }
  }

  /** Where one waits, more may: without others to leave them to, the next ones are taken without waiting for each. */
  async #takeSome(token: string): Promise<void> {
    if (!(await this.#takeNext(token, true)) || !this.#share.isAlone) return;
    await Promise.all(Array.from({ length: takenAtOnce }, (_, index) => this.#takeNext(`${token}:${index}`, false)));
  }

  /** Takes a job and begins to hold its account; `block`: waits for one, a moment at most. Answers whether there was one. */
  async #takeNext(token: string, block: boolean): Promise<boolean> {
    const job = await this.#worker.getNextJob(token, { block });
    if (job === undefined) return false;
    const taken = this.#take(job, token).catch((error: unknown) => this.#notMoved(job, error));
    this.#taken.add(taken);
    void taken.finally(() => this.#taken.delete(taken));
    return true;
  }

  async #take(job: Job, token: string): Promise<void> {
    const account = accountOf(job);
    if (this.#stopping) return this.#backToWait(job, token);
    if (!this.#accounts.has(account)) return this.#decline(job, token);
    if (!this.#share.accepts(account, this.#heldCount())) return this.#leaveToOthers(job, token);
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
      if (epoch === undefined || lease.end !== undefined) return takeAgainMs;
      await this.#hold({ account, epoch, signal, isValid: () => lease.isValid() });
      this.#failures.delete(account);
      return takeAgainMs;
    } catch (error) {
      const lasted = performance.now() - startedAt > settledTenureMs;
      const failures = lasted ? 1 : (this.#failures.get(account) ?? 0) + 1;
      this.#failures.set(account, failures);
      const pauseMs = Math.min(takeAgainMs * 2 ** (failures - 1), longestBackoffMs);
      this.#log.error({ account, err: error, pauseMs }, "holding an account failed; it is offered again");
      return pauseMs;
    }
  }

  async #putBack(job: Job, lease: Lease, pauseMs: number): Promise<void> {
    const { account, token, end } = lease;
    if (end === "lost" || end === "lapsed") this.#log.warn({ account, end }, "an account's lock did not hold");
    if (lease.lost) {
      // Usually another process has the job; if Redis lost it, nobody else would put it again soon.
      if (this.#accounts.has(account)) await this.#ensure([account]);
      return;
    }
    if (this.#stopping) return this.#backToWait(job, token);
    if (!this.#accounts.has(account)) return this.#decline(job, token);
    if (end === "released") return this.#backToWait(job, token);
    return this.#backLater(job, token, pauseMs);
  }

  /** Not ours to hold: left to whoever wants it; if nobody does, the job ends. */
  async #decline(job: Job, token: string): Promise<void> {
    const account = accountOf(job);
    if (await this.#participants.isWantedByOthers(account)) return this.#leaveToOthers(job, token);
    await job.moveToCompleted(undefined, token, false);
    // One that began to want the account while its job ended found the job still there, and put none.
    if (this.#accounts.has(account) || (await this.#participants.isWantedByOthers(account))) {
      await this.#ensure([account]);
    }
  }

  /**
   * Who goes on looking takes nothing for a while: of two that wake for the same job the nearer to Redis would win each
   * time.
   */
  async #leaveToOthers(job: Job, token: string): Promise<void> {
    if (!this.#share.looksForMore(this.#heldCount())) return this.#backToWait(job, token);
    this.#standBackAt ??= performance.now() + standBackAfterMs;
    await this.#backLater(job, token, declinedPauseMs);
  }

  async #standBackIfDue(): Promise<void> {
    if (this.#standBackAt === undefined || performance.now() < this.#standBackAt) return;
    await sleep(standBackMs);
    this.#standBackAt = undefined;
  }

  async #backToWait(job: Job, token: string): Promise<void> {
    await job.moveToWait(token);
  }

  async #backLater(job: Job, token: string, pauseMs: number): Promise<void> {
    await job.moveToDelayed(Date.now() + Math.round(pauseMs), token);
  }

  /** Its lock is gone, then: the stalled check of any process offers the job again. */
  #notMoved(job: Job, error: unknown): void {
    this.#log.warn({ account: accountOf(job), err: error }, "an account could not be given back; its lock runs out");
  }

  /** One at a time: while Redis does not answer, further ones would only queue up behind it. */
  #beatOnce(): void {
    this.#beating ??= this.#beat()
      .catch(this.#onError)
      .finally(() => (this.#beating = undefined));
  }

  async #beat(): Promise<void> {
    const now = performance.now();
    const wasSilent = now - this.#announcedAt > silenceMs;
    await this.#announce();
    const held = this.#held();
    for (const account of this.#share.toLetGo(held.map((lease) => lease.account))) {
      held.find((lease) => lease.account === account)?.release();
    }
    if (!wasSilent && now - this.#ensuredAt < ensureMs) return;
    await this.#ensure([...this.#accounts]);
    this.#ensuredAt = now;
  }

  #announce(): Promise<void> {
    this.#announced = this.#announced.catch(() => undefined).then(() => this.#announceNow());
    return this.#announced;
  }

  async #announceNow(): Promise<void> {
    const owned = this.#heldCount();
    await this.#participants.announce(owned);
    this.#share.follow(owned);
    this.#announcedAt = performance.now();
    this.#shared.ring();
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
