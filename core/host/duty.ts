import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { inject, injectable } from "tsyringe";
import type { Account, RiderEntry } from "../accounts/account.js";
import { Leisure } from "../auth/leisure.js";
import { OutagesToken, type Outages } from "../auth/outages.js";
import type { Credentials } from "../auth/vault.js";
import { setClocks } from "../events/clock.js";
import { putMissedTicks } from "./tick-record.js";
import type { EventName } from "../events/event.js";
import type { ListenTiming } from "../events/listen.js";
import { SharedStreams } from "../events/shared-streams.js";
import { JobsToken, type Jobs } from "../jobs/jobs.js";
import type { Tenure } from "../jobs/ownership.js";
import type { CredentialAccount } from "../mastodon/entities.js";
import { missingScopes } from "../mastodon/scopes.js";
import type { AccountFacts, Log, Plugin } from "../plugin.js";
import { AccountOutlet } from "./account-outlet.js";
import { Brake } from "./brake.js";
import { CrashWatch } from "./crash-watch.js";
import { Deliveries } from "./deliveries.js";
import type { DeliveryStore } from "./delivery-store.js";
import { Listening } from "./listening.js";
import { pluginLog } from "./plugin-log.js";
import { Rider, type CheckCron } from "./rider.js";
import { standingOf } from "./rider-standing.js";
import { Servers } from "./servers.js";
import { SessionStatus } from "./session-status.js";
import {
  AccountLoggerToken,
  AccountToken,
  CheckCronToken,
  DeliveryStoreToken,
  EarlierRidersToken,
  GraceToken,
  ListenTimingToken,
  TenureToken,
  UserAgentToken,
} from "./tokens.js";

/** So much of the time that letting go may take is the handlers'; the rest is for storing how they ended. */
const handlersPart = 0.8;
/** How often it is asked whether the lock still stands while handlers come to their end. */
const lookAtLockMs = 100;
/** Until a set-up that failed is tried again, the first and the longest time. */
const setUpAgainMs = 60_000;
const longestSetUpAgainMs = 60 * 60_000;

/** How long the riders of an account wait for each other's set-ups. */
const setUpPatienceMs = 5_000;

/** What a set-up is called among the invocations of its rider. */
const settingUp = "set-up";

/** With what an account goes on duty. */
export interface Readiness {
  readonly credentials: Credentials;
  readonly person: CredentialAccount;
  /** Has the account looked at again: the server refuses the token, or a set-up is to be tried again. */
  readonly look: () => void;
}

/** An account's riders at work: set up, listened for, and handed their events. */
@injectable()
export class Duty {
  readonly #account: Account<Plugin>;
  readonly #tenure: Tenure;
  readonly #outlet: AccountOutlet;
  readonly #brake: Brake;
  readonly #jobs: Jobs;
  readonly #status: SessionStatus;
  readonly #checkCron: CheckCron;
  readonly #logger: Logger;
  readonly #store: DeliveryStore;
  readonly #riders: readonly Rider[];
  readonly #deliveries: Deliveries;
  readonly #ear: Listening;
  readonly #graceMs: number;
  readonly #crashes: CrashWatch;
  /** Riders as they were before their entries changed, until the new ones are proven. */
  readonly #earlier: Map<string, RiderEntry<Plugin>>;
  /** Aborts when handlers that still run have to end. */
  readonly #over = new AbortController();
  /** By rider: each event needs one. */
  readonly #logs = new Map<string, Log>();
  #failedSetUps = 0;
  #setUpTimer: NodeJS.Timeout | undefined;
  #listening: { stop: AbortController; done: Promise<void>; key: string } | undefined;

  constructor(
    @inject(AccountToken) account: Account<Plugin>,
    @inject(TenureToken) tenure: Tenure,
    @inject(AccountOutlet) outlet: AccountOutlet,
    @inject(Brake) brake: Brake,
    @inject(DeliveryStoreToken) store: DeliveryStore,
    @inject(JobsToken) jobs: Jobs,
    @inject(Servers) servers: Servers,
    @inject(SharedStreams) shared: SharedStreams,
    @inject(Leisure) leisure: Leisure,
    @inject(OutagesToken) outages: Outages,
    @inject(ListenTimingToken) timing: Partial<ListenTiming>,
    @inject(SessionStatus) status: SessionStatus,
    @inject(CheckCronToken) checkCron: CheckCron,
    @inject(UserAgentToken) userAgent: string,
    @inject(AccountLoggerToken) logger: Logger,
    @inject(GraceToken) graceMs: number,
    @inject(CrashWatch) crashes: CrashWatch,
    @inject(EarlierRidersToken) earlier: Map<string, RiderEntry<Plugin>>,
  ) {
    this.#crashes = crashes;
    this.#account = account;
    this.#tenure = tenure;
    this.#graceMs = graceMs;
    this.#earlier = earlier;
    tenure.signal.addEventListener("abort", () => this.#grantGrace(), { once: true });
    this.#outlet = outlet;
    this.#brake = brake;
    this.#jobs = jobs;
    this.#status = status;
    this.#checkCron = checkCron;
    this.#logger = logger;
    this.#store = store;
    this.#riders = account.riders.map((entry) => new Rider(entry));
    this.#deliveries = new Deliveries({
      store,
      outlet,
      brake,
      riders: this.#riders,
      tenure,
      over: this.#over.signal,
      crashes,
      logFor: (rider) => this.#logFor(rider),
      onProgress: () => status.touch(),
    });
    const deliveries = this.#deliveries;
    this.#ear = new Listening({
      account,
      outlet,
      servers,
      outages,
      timing,
      shared,
      status,
      deliveries,
      leisure,
      userAgent,
      logger: this.#logger,
    });
    status.from({
      riders: () =>
        Promise.all(
          this.#riders.map(async (rider) => ({
            name: rider.name,
            plugin: rider.entry.plugin.name,
            ...standingOf(rider, this.#deliveries, account.name),
            ...(await store.counts(rider.name)),
            waiting: await this.#deliveries.waiting(rider.name),
          })),
        ),
    });
  }

  /** Begins, or goes on with other credentials: riders whose scopes are granted now are set up. */
  async begin(readiness: Readiness): Promise<void> {
    const { credentials, look, person } = readiness;
    this.#outlet.open(credentials, person.id, look);
    this.#ear.verified();
    const { name, server, timezone } = this.#account;
    const facts: AccountFacts = { name, server, id: person.id, username: person.username, timezone };
    await this.#brake.look();
    await this.#crashes.read();
    await this.#settleAll(facts, readiness);
    const clocks = this.#riders.flatMap((rider) => rider.clocks);
    await setClocks(this.#jobs, this.#store, name, clocks);
    await putMissedTicks(this.#store, clocks, Date.now());
    this.#listen(credentials);
    await this.#deliveries.takeDue();
    this.#setUpAgain(look);
    this.#status.touch();
  }

  /** The account cannot act: nothing is heard, nothing goes out, what is under way waits. */
  suspend(because: string): void {
    this.#outlet.close(because);
    clearTimeout(this.#setUpTimer);
    this.#stopListening();
    this.#status.hears({ mode: "none", connected: false });
  }

  /** Something was put on the due list. */
  async takeDue(): Promise<void> {
    await this.#deliveries.takeDue();
  }

  /** An operator has paused the account, or lets it go on. */
  async lookAtBrake(): Promise<void> {
    await this.#brake.look();
    this.#status.touch();
  }

  /** The account is let go. What is under way comes to its end, or is left to the next owner when the grace is over. */
  async end(): Promise<void> {
    const listening = this.#listening?.done;
    clearTimeout(this.#setUpTimer);
    this.#stopListening();
    const idle = new AbortController();
    const late = sleep(this.#graceMs, undefined, { signal: idle.signal }).catch(() => undefined);
    await Promise.race([Promise.all([listening, this.#deliveries.idle()]), late]);
    idle.abort();
    this.#over.abort();
    this.#outlet.close("the account was let go");
    for (const rider of this.#riders.toReversed()) {
      await rider.stop({ state: "stopped", reason: "" }, this.#logFor(rider.name));
    }
    await this.#outlet.giveBack();
  }

  /** From the moment at which the account has to be let go. Without the lock, another process may own it already. */
  #grantGrace(): void {
    this.#listening?.stop.abort(this.#tenure.signal.reason);
    const end = () => this.#over.abort(new Error("the account was let go"));
    const timer = setTimeout(end, this.#graceMs * handlersPart);
    const look = setInterval(() => !this.#tenure.isValid() && end(), lookAtLockMs);
    this.#over.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      clearInterval(look);
    });
    if (!this.#tenure.isValid()) end();
  }

  /** Side by side. A rider whose set-up takes long joins the others when it has ended; they go on without it. */
  async #settleAll(facts: AccountFacts, { credentials, look }: Readiness): Promise<void> {
    let haveGoneOn = false;
    const settled = this.#riders.map(async (rider) => {
      await this.#settle(rider, facts, credentials);
      if (!haveGoneOn || this.#tenure.signal.aborted) return;
      if (rider.standing.state === "running") look();
      else this.#setUpAgain(look);
      this.#status.touch();
    });
    let patience: NodeJS.Timeout | undefined;
    const impatient = new Promise((resolve) => (patience = setTimeout(resolve, setUpPatienceMs)));
    await Promise.race([Promise.all(settled), impatient]);
    haveGoneOn = true;
    clearTimeout(patience);
  }

  async #settle(rider: Rider, facts: AccountFacts, credentials: Credentials): Promise<void> {
    const log = this.#logFor(rider.name);
    const held = this.#crashes.whyHeld(rider.name);
    if (held !== undefined) {
      if (rider.standing.state !== "held") log.error(`the rider is held: ${held}`);
      return rider.stop({ state: "held", reason: held }, log);
    }
    const missing = missingScopes(credentials.scopes, rider.entry.scopes);
    if (missing.length > 0) {
      const reason = `${missing.join(" ")} is not granted: run bot auth ${this.#account.name}`;
      log.warn(`waits: ${reason}`);
      return rider.stop({ state: "waiting", reason }, log);
    }
    if (rider.standing.state === "running" || rider.isSettingUp) return;
    await this.#crashes.alone(rider.name, settingUp, () =>
      this.#crashes.watch(rider.name, settingUp, settingUp, () => this.#setUp(rider, facts, log)),
    );
  }

  /** Where an entry was changed and its set-up fails, the rider goes on as it was before. */
  async #setUp(rider: Rider, facts: AccountFacts, log: Log): Promise<void> {
    const { signal } = this.#tenure;
    await rider.setUp(facts, this.#outlet, log, signal, this.#checkCron);
    const { reason, state } = rider.standing;
    const earlier = this.#earlier.get(rider.name);
    if (state === "running") this.#earlier.delete(rider.name);
    if (state !== "failed" || earlier === undefined || signal.aborted) return;
    log.error(`goes on as before the change, whose set-up failed: ${reason}`);
    await rider.fallBack(earlier, { facts, outlet: this.#outlet, log, signal, checkCron: this.#checkCron });
  }

  /** What failed may have failed because of the moment: the server was away, a feed could not be read. */
  #setUpAgain(look: () => void): void {
    clearTimeout(this.#setUpTimer);
    this.#failedSetUps = this.#riders.some(({ standing }) => standing.state === "failed") ? this.#failedSetUps + 1 : 0;
    if (this.#failedSetUps === 0) return;
    const delayMs = Math.min(longestSetUpAgainMs, setUpAgainMs * 2 ** (this.#failedSetUps - 1));
    this.#setUpTimer = setTimeout(look, delayMs * (0.5 + Math.random() / 2));
  }

  #listen(credentials: Credentials): void {
    const running = this.#riders.filter(({ standing }) => standing.state === "running");
    const wanted = new Set<EventName>(running.flatMap((rider) => [...rider.wanted]));
    // A rider that runs from now on has a place of its own to catch up from.
    const key = JSON.stringify([credentials.generation, running.map(({ name }) => name), [...wanted].toSorted()]);
    if (this.#listening?.key === key) return;
    this.#stopListening();
    const stop = new AbortController();
    const { signal } = this.#tenure;
    if (signal.aborted) stop.abort(signal.reason);
    this.#listening = { stop, done: this.#ear.keepOn(wanted, credentials, stop.signal), key };
  }

  #stopListening(): void {
    this.#listening?.stop.abort();
    this.#listening = undefined;
  }

  #logFor(rider: string): Log {
    const known = this.#logs.get(rider);
    if (known !== undefined) return known;
    const log = pluginLog(this.#logger.child({ rider }));
    this.#logs.set(rider, log);
    return log;
  }
}
