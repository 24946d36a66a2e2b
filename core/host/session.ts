import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { inject, injectable } from "tsyringe";
import type { Account } from "../accounts/account.js";
import { AuthService, type Standing } from "../auth/auth-service.js";
import { Leisure } from "../auth/leisure.js";
import { renewalJob } from "../auth/renewal.js";
import { JobsToken, type Jobs } from "../jobs/jobs.js";
import type { Tenure } from "../jobs/ownership.js";
import type { Plugin } from "../plugin.js";
import { Duty } from "./duty.js";
import { neededScopes } from "./needed-scopes.js";
import { SessionStatus } from "./session-status.js";
import { AccountLoggerToken, AccountToken, TenureToken } from "./tokens.js";

/** How long until an account that cannot act is looked at again, in milliseconds. */
const firstLookMs = 2_000;
const longestLookMs = 60_000;
/** Accounts that are told to come again at one moment come within this. */
const togetherMs = 500;
/** Between two looks that were asked for: the first ones come at once, a storm of them gets slower. */
const firstSpacingMs = 250;
const longestSpacingMs = 30_000;
/** So long without one being asked for, and the next comes at once again. */
const calmMs = 60_000;

/** What came of one look at the account. */
interface Look extends Pick<Standing, "state"> {
  readonly isOnDuty: boolean;
  readonly retryAt: number | undefined;
}

/**
 * One account in the hands of its owner: takes it through the sequence, again whenever something has changed, and
 * keeps its riders on duty while it is ready.
 */
@injectable()
export class Session {
  readonly #account: Account<Plugin>;
  readonly #tenure: Tenure;
  readonly #auth: AuthService;
  readonly #jobs: Jobs;
  readonly #leisure: Leisure;
  readonly #duty: Duty;
  readonly #status: SessionStatus;
  readonly #logger: Logger;
  #wake: (() => void) | undefined;
  #isWoken = false;
  #isUrgent = false;
  /** Ends the time between two looks. */
  #resting: AbortController | undefined;
  #hurry = { turns: 0, at: 0 };
  #said = "";
  #isWanting = true;

  constructor(
    @inject(AccountToken) account: Account<Plugin>,
    @inject(TenureToken) tenure: Tenure,
    @inject(AuthService) auth: AuthService,
    @inject(JobsToken) jobs: Jobs,
    @inject(Leisure) leisure: Leisure,
    @inject(Duty) duty: Duty,
    @inject(SessionStatus) status: SessionStatus,
    @inject(AccountLoggerToken) logger: Logger,
  ) {
    this.#account = account;
    this.#tenure = tenure;
    this.#auth = auth;
    this.#jobs = jobs;
    this.#leisure = leisure;
    this.#duty = duty;
    this.#status = status;
    this.#logger = logger;
  }

  /** Runs until the account is let go. */
  async run(): Promise<void> {
    const { signal } = this.#tenure;
    signal.addEventListener("abort", () => this.look(), { once: true });
    try {
      for (let failures = 0; !signal.aborted; failures += 1) {
        const look = await this.#lookNow();
        if (look === undefined) break;
        if (look.isOnDuty) failures = 0;
        await this.#pause(look, failures);
      }
    } finally {
      await this.#duty.end();
      await this.#status.letGo();
    }
  }

  /** Whether it lacked something when it was last looked at: a token, a scope, its server. */
  get isWanting(): boolean {
    return this.#isWanting;
  }

  /** Runs the sequence again soon: a renewal, a refused token. */
  look(): void {
    this.#isWoken = true;
    this.#wake?.();
  }

  /** Runs it again at once: an operator has changed the credentials, and waits. */
  lookAtOnce(): void {
    this.#isUrgent = true;
    this.#resting?.abort();
    this.look();
  }

  /** Something was put on the due list. */
  async takeDue(): Promise<void> {
    await this.#duty.takeDue();
  }

  /** An operator has paused the account, or lets it go on. */
  async lookAtBrake(): Promise<void> {
    await this.#duty.lookAtBrake();
  }

  /** Of what the server says of the person, nothing is kept beyond this. Undefined: the account has to be let go. */
  async #lookNow(): Promise<Look | undefined> {
    const standing = await this.#ask();
    if (standing === undefined || this.#tenure.signal.aborted) return undefined;
    const isOnDuty = await this.#take(standing);
    return { isOnDuty, state: standing.state, retryAt: standing.retryAt };
  }

  /** Undefined: the account has to be let go, and a server that is slow to answer is not waited for. */
  async #ask(): Promise<Standing | undefined> {
    this.#isWoken = false;
    this.#isUrgent = false;
    const asked = this.#auth.run(this.#account, neededScopes(this.#account).scopes);
    const standing = await this.#unlessEnded(asked);
    if (standing === undefined) return undefined;
    this.#isWanting = standing.state !== "ready" || standing.missing.length > 0;
    await this.#status.stands(standing);
    this.#say(standing);
    return standing;
  }

  /** Once per change: an account may wait for its operator for weeks. */
  #say({ cure, missing, reason, state }: Standing): void {
    const said = `${state} ${reason} ${missing.join(" ")}`;
    if (said === this.#said) return;
    this.#said = said;
    if (state === "ready") this.#logger.info({ missing }, "ready");
    else this.#logger.warn({ state, cure }, `not ready: ${reason}`);
  }

  /** Goes on duty with it, or off. Answers whether it is ready. */
  async #take(standing: Standing): Promise<boolean> {
    const { credentials, person, state } = standing;
    if (state !== "ready" || credentials === undefined || person === undefined) {
      this.#duty.suspend(`the account is ${state}: ${standing.reason}`);
      return false;
    }
    await this.#duty.begin({ credentials, person, look: () => this.look() });
    // Hours lie before it.
    await this.#unlessEnded(this.#leisure.moment());
    if (this.#tenure.signal.aborted) return true;
    const delayMs = await this.#auth.nextTurnMs(this.#account, credentials);
    await this.#jobs.add(
      renewalJob,
      { account: this.#account.name },
      { id: this.#account.name, delayMs, replace: true },
    );
    return true;
  }

  /** Until something changes; an account that is not ready is looked at again by and by. */
  async #pause({ retryAt, state }: Look, failures: number): Promise<void> {
    const byItselfMs = Math.min(longestLookMs, firstLookMs * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2);
    const delayMs = retryAt === undefined ? byItselfMs : Math.max(0, retryAt - Date.now()) + Math.random() * togetherMs;
    if (!this.#isWoken) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (state !== "ready") setTimeout(resolve, delayMs).unref();
      });
      this.#wake = undefined;
    }
    if (this.#isWoken && !this.#tenure.signal.aborted) await this.#space();
  }

  /** What work comes to; undefined as soon as the account has to be let go. */
  #unlessEnded<T>(work: Promise<T>): Promise<T | undefined> {
    const { signal } = this.#tenure;
    return new Promise((resolve, reject) => {
      const end = () => resolve(undefined);
      if (signal.aborted) end();
      signal.addEventListener("abort", end, { once: true });
      // Not a race with one promise for all: that would keep each of them.
      void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
    });
  }

  /** Whoever wakes it again and again, such as a server that refuses a good token here and there, makes no storm. */
  async #space(): Promise<void> {
    const sinceLastMs = Date.now() - this.#hurry.at;
    const turns = sinceLastMs > calmMs ? 0 : this.#hurry.turns;
    const spacingMs = this.#isUrgent ? firstSpacingMs : Math.min(longestSpacingMs, firstSpacingMs * 2 ** turns);
    this.#resting = new AbortController();
    const signal = AbortSignal.any([this.#tenure.signal, this.#resting.signal]);
    await sleep(Math.max(0, spacingMs - sinceLastMs), undefined, { signal }).catch(() => undefined);
    this.#hurry = { turns: this.#isUrgent ? turns : Math.min(turns + 1, 10), at: Date.now() };
  }
}
