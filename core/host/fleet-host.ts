import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { inject, injectable, Lifecycle, type DependencyContainer } from "tsyringe";
import type { Account } from "../accounts/account.js";
import { Leisure } from "../auth/leisure.js";
import { AuthService } from "../auth/auth-service.js";
import { Pace } from "../auth/pace.js";
import { renewalJob } from "../auth/renewal.js";
import { Budgets } from "../client/budgets.js";
import { endClocks, tickJob, type TickData } from "../events/clock.js";
import { SharedStreams } from "../events/shared-streams.js";
import { JobsToken, type Jobs } from "../jobs/jobs.js";
import type { Tenure } from "../jobs/ownership.js";
import type { Plugin } from "../plugin.js";
import { KeysToken, type Keys } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { KeyringToken, type Keyring } from "../store/seal.js";
import { AccountOutlet } from "./account-outlet.js";
import { Brake } from "./brake.js";
import type { CurrentFleet } from "./current-fleet.js";
import { HostConfiguration, type HostChange } from "./host-configuration.js";
import { InForce } from "./in-force.js";
import { RedisDeliveryStore } from "./redis-delivery-store.js";
import { tickRecord } from "./tick-record.js";
import { CrashBook } from "./crash-book.js";
import { CrashWatch, Probation } from "./crash-watch.js";
import { Duty } from "./duty.js";
import { Homes } from "./homes.js";
import { Renames, type RenamedAccount } from "./renames.js";
import { SessionStatus } from "./session-status.js";
import { Removals } from "./removals.js";
import { retire } from "./retire.js";
import { Session } from "./session.js";
import { Settling } from "./settling.js";
import {
  AccountLoggerToken,
  AccountToken,
  DeliveryStoreToken,
  EarlierRidersToken,
  FleetToken,
  GraceToken,
  LoggerToken,
  ResumePaceToken,
  TenureToken,
} from "./tokens.js";
import { WatchBoard } from "./watch-board.js";
import { hearWakes, sendWake, type Wake } from "./wake.js";

const usualGraceMs = 10_000;
const lookAtRemovalsMs = 60 * 60 * 1_000;

/** Runs the accounts that this process owns, each in a container of its own. */
@injectable()
export class FleetHost {
  /** What runs at the moment, for whoever watches the process. */
  readonly board = new WatchBoard();
  readonly #probation = new Probation();
  readonly #fleet: CurrentFleet;
  readonly #configuration: HostConfiguration;
  readonly #inForce: InForce;
  readonly #removals: Removals;
  readonly #ownership: Settling;
  readonly #renames: Renames;
  readonly #homes: Homes;
  readonly #jobs: Jobs;
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #keyring: Keyring;
  readonly #logger: Logger;
  readonly #sessions = new Map<string, Session>();
  readonly #budgets: Budgets;
  #container: DependencyContainer | undefined;
  #stopHearing: (() => void) | undefined;
  #removalsTimer: NodeJS.Timeout | undefined;
  #stopHearingHolds: (() => void) | undefined;

  constructor(
    @inject(FleetToken) fleet: CurrentFleet,
    @inject(HostConfiguration) configuration: HostConfiguration,
    @inject(InForce) inForce: InForce,
    @inject(Removals) removals: Removals,
    @inject(Settling) ownership: Settling,
    @inject(Renames) renames: Renames,
    @inject(Homes) homes: Homes,
    @inject(JobsToken) jobs: Jobs,
    @inject(RedisToken) redis: Redis,
    @inject(KeysToken) keys: Keys,
    @inject(KeyringToken) keyring: Keyring,
    @inject(LoggerToken) logger: Logger,
    @inject(Budgets) budgets: Budgets,
  ) {
    this.#fleet = fleet;
    this.#configuration = configuration;
    this.#inForce = inForce;
    this.#removals = removals;
    this.#ownership = ownership;
    this.#renames = renames;
    this.#homes = homes;
    this.#jobs = jobs;
    this.#redis = redis;
    this.#keys = keys;
    this.#keyring = keyring;
    this.#logger = logger;
    this.#budgets = budgets;
  }

  /**
   * Takes part in the fleet. `container` is the one that accounts' containers are made from; `graceMs` is how long an
   * account that is let go may take to end what is under way.
   */
  async start(container: DependencyContainer, graceMs = usualGraceMs): Promise<void> {
    registerPerAccount(container);
    container.register(GraceToken, { useValue: graceMs });
    container.register(SharedStreams, { useValue: new SharedStreams() });
    container.register(Leisure, { useValue: new Leisure() });
    container.register(ResumePaceToken, { useValue: new Pace() });
    // It knows accounts by their names only, so that one of it is enough for all.
    container.register(AuthService, { useValue: container.resolve(AuthService) });
    this.#container = container;
    this.#stopHearing = await hearWakes(this.#redis, this.#keys, {
      onMessage: (wake) => this.#onWake(wake),
      onGap: () => this.#onMissedWakes(),
    });
    this.#stopHearingHolds = await this.#budgets.listen();
    await this.#jobs.take(tickJob, ({ data, dueAt }) => this.#onTick(data, dueAt));
    await this.#jobs.take(renewalJob, ({ data }) => this.#onRenewal(data.account));
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const names = await this.#configuration.start((change) => begun.then(() => this.#onChange(change)));
    await this.#ownership.start(names, (tenure) => this.#hold(tenure));
    begin();
    this.#removalsTimer = setInterval(() => void this.#removals.look(), lookAtRemovalsMs);
    void this.#removals.look();
  }

  /** Puts this host's accounts.yaml in force as it is now; `isGuarded` refuses to end many accounts. */
  reload(isGuarded: boolean): void {
    this.#configuration.reload(isGuarded);
  }

  /** How many accounts this process owns. */
  get owned(): number {
    return this.#sessions.size;
  }

  /** Lets every account go, to whoever waits for it. */
  async stop(): Promise<void> {
    clearInterval(this.#removalsTimer);
    await this.#configuration.stop();
    await this.#ownership.stop();
    this.#stopHearing?.();
    this.#stopHearingHolds?.();
  }

  /** What changed begins anew, by whichever process; accounts that did not change notice nothing. */
  async #onChange({ changed, names }: HostChange): Promise<void> {
    await this.#ownership.setAccounts(names);
    await this.#ownership.letGo(changed);
    await this.#removals.look();
  }

  async #hold(tenure: Tenure): Promise<void> {
    const account = this.#fleet.account(tenure.account);
    if (account === undefined || this.#container === undefined) return;
    // The configuration in force may have changed while the account was on its way.
    if (!(await this.#configuration.mayHold(account.name))) return;
    const session = await this.#sessionFor(this.#container, account, tenure);
    if (session === undefined) return;
    this.#sessions.set(account.name, session);
    try {
      await session.run();
    } finally {
      this.#sessions.delete(account.name);
    }
    if (tenure.isValid() && (await this.#inForce.entryDigest(account.name)) === undefined) {
      await retire(this.#jobs, this.#storeOf(account.name), account.name);
    }
  }

  /** Undefined: it has to be let go already. The account's container, a fifth of its memory, goes when this returns. */
  async #sessionFor(
    parent: DependencyContainer,
    account: Account<Plugin>,
    tenure: Tenure,
  ): Promise<Session | undefined> {
    const inside = this.#containerFor(parent, account, tenure);
    if (account.was !== undefined) await this.#settle({ ...account, was: account.was }, tenure, inside);
    if (tenure.signal.aborted) return undefined;
    await this.#moveHome(account, tenure);
    return inside.resolve(Session);
  }

  /** Before anything else is done for an account, it has what is stored under its old name, and that name's timers end. */
  async #settle(account: RenamedAccount, tenure: Tenure, inside: DependencyContainer): Promise<void> {
    const status = inside.resolve(SessionStatus);
    await this.#ownership.settle(account, tenure, async (obstacle) => {
      this.#logger.warn({ account: account.name, was: account.was, ...obstacle }, "not settled under its new name yet");
      await status.stands({ state: "held", ...obstacle, credentials: undefined, person: undefined, missing: [] });
    });
    if (tenure.signal.aborted) return status.letGo();
    await endClocks(this.#jobs, inside.resolve(DeliveryStoreToken), account.was);
    await this.#jobs.remove(renewalJob, account.was);
  }

  /** What is left of another server must not be taken for this one's. */
  async #moveHome({ name, server }: Account<Plugin>, tenure: Tenure): Promise<void> {
    const before = await this.#homes.settle(server, tenure);
    if (before === undefined) return;
    this.#logger.warn(
      { account: name, server, before },
      "the account's server was changed: what it had there is put away",
    );
  }

  #containerFor(parent: DependencyContainer, account: Account<Plugin>, tenure: Tenure): DependencyContainer {
    const child = parent.createChildContainer();
    child.register(AccountToken, { useValue: account });
    child.register(TenureToken, { useValue: tenure });
    const { board } = this;
    const book = new CrashBook(this.#redis, this.#keys, account.name);
    child.register(CrashWatch, {
      useValue: new CrashWatch({ account: account.name, book, board, probation: this.#probation }),
    });
    child.register(EarlierRidersToken, { useValue: this.#configuration.earlierRiders(account.name) });
    child.register(DeliveryStoreToken, { useValue: this.#storeOf(account.name) });
    child.register(AccountLoggerToken, { useValue: this.#logger.child({ account: account.name }) });
    return child;
  }

  #storeOf(account: string): RedisDeliveryStore {
    return new RedisDeliveryStore(this.#redis, this.#keys, this.#keyring, account);
  }

  /** A tick is a durable timer only: whoever takes it puts it on the due list, the owner does the work. */
  async #onTick({ account: called, rider, name, jitterMs = 0 }: TickData, dueAt: number): Promise<void> {
    const account = this.#renames.nameNow(called);
    await this.#storeOf(account).putDue(tickRecord({ rider, name, dueAt, jitterMs }));
    await sendWake(this.#redis, this.#keys, { account, why: "due" });
  }

  async #onRenewal(account: string): Promise<void> {
    await sendWake(this.#redis, this.#keys, { account, why: "renewal" });
  }

  #onWake({ account, why }: Wake): void {
    const session = this.#sessions.get(account);
    if (session === undefined) return;
    if (why === "credentials") return session.lookAtOnce();
    if (why === "renewal") return session.look();
    const looking = why === "brake" ? session.lookAtBrake() : session.takeDue();
    const problem = why === "brake" ? "whether it is paused cannot be read" : "the due list cannot be read";
    looking.catch((error: unknown) => this.#logger.warn({ account, err: error }, problem));
  }

  /** Whatever an account may have been told meanwhile. What becomes of a token that is good is noticed at its server. */
  #onMissedWakes(): void {
    for (const [account, session] of this.#sessions) {
      if (session.isWanting) session.look();
      this.#onWake({ account, why: "brake" });
      this.#onWake({ account, why: "due" });
    }
  }
}

/** What depends on an account lives in that account's container: one from a parent would serve two accounts. */
function registerPerAccount(container: DependencyContainer): void {
  const scoped = { lifecycle: Lifecycle.ContainerScoped };
  container.register(AccountOutlet, AccountOutlet, scoped);
  container.register(Brake, Brake, scoped);
  container.register(SessionStatus, SessionStatus, scoped);
  container.register(Duty, Duty, scoped);
  container.register(Session, Session, scoped);
}
