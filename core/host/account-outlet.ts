import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Redis } from "ioredis";
import { inject, injectable } from "tsyringe";
import type { Account } from "../accounts/account.js";
import type { Credentials } from "../auth/vault.js";
import { RedisAnswerCap } from "../client/answer-cap.js";
import type { Budget } from "../client/budget.js";
import { Budgets } from "../client/budgets.js";
import type { Outlet } from "../client/call.js";
import { LeasedBudget } from "../client/leased-budget.js";
import { RedisLedger } from "../client/redis-ledger.js";
import { Turns } from "../client/turns.js";
import { NotReadyError } from "../errors.js";
import type { Tenure } from "../jobs/ownership.js";
import { HttpToken, type Http } from "../mastodon/http.js";
import type { CallName } from "../mastodon/operations.js";
import type { RequestParams } from "../mastodon/request.js";
import type { Plugin } from "../plugin.js";
import { KeysToken, type Keys } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { KeyringToken, type Keyring } from "../store/seal.js";
import { AccountToken, LoggerToken, TenureToken } from "./tokens.js";

/** A cap that nobody waited for in this time is news again. */
const calmMs = 60 * 60 * 1_000;
/** A Redis that is away is not waited for. */
const giveBackMs = 1_000;

/** The way out of one account, open while it is ready and this process owns it. */
@injectable()
export class AccountOutlet implements Outlet {
  readonly account: string;
  readonly server: string;
  readonly dryRun: boolean;
  readonly epoch: number;
  readonly http: Http;
  readonly ledger: RedisLedger;
  readonly answers: RedisAnswerCap;
  readonly budget: Budget;
  readonly turns: Outlet["turns"] = new Turns();
  readonly #tenure: Tenure;
  readonly #logger: Logger;
  #open: { accessToken: string; personId: string; refused: () => void } | undefined;
  /** When each cap was last waited for. */
  #caps: Map<string, number> | undefined;
  #closedBecause = "the account is not ready yet";

  constructor(
    @inject(AccountToken) account: Account<Plugin>,
    @inject(TenureToken) tenure: Tenure,
    @inject(HttpToken) http: Http,
    @inject(RedisToken) redis: Redis,
    @inject(KeysToken) keys: Keys,
    @inject(KeyringToken) keyring: Keyring,
    @inject(LoggerToken) logger: Logger,
    @inject(Budgets) budgets: Budgets,
  ) {
    this.account = account.name;
    this.server = account.server;
    this.dryRun = account.dryRun;
    this.epoch = tenure.epoch;
    this.http = http;
    this.ledger = new RedisLedger(redis, keys, keyring, account.name);
    this.answers = new RedisAnswerCap(redis, keys, account.name);
    this.budget = new LeasedBudget(budgets, account, (cap) => this.#atCap(cap));
    this.#tenure = tenure;
    this.#logger = logger;
  }

  get personId(): string {
    return this.#open?.personId ?? "";
  }

  /** Opens it with a token; `refused` is called when the server refuses that token. */
  open(credentials: Credentials, personId: string, refused: () => void): void {
    this.#open = { accessToken: credentials.accessToken, personId, refused };
  }

  /** Nothing goes out any more; whoever tries is told why and waits. */
  close(because: string): void {
    this.#open = undefined;
    this.#closedBecause = because;
  }

  /** What was leased and is not used is there for the next owner. What cannot be given back comes back with its window. */
  async giveBack(): Promise<void> {
    await Promise.race([this.budget.release(), sleep(giveBackMs, undefined, { ref: false })]).catch(
      (error: unknown) => {
        this.#logger.debug({ account: this.account, err: error }, "the budget was not given back");
      },
    );
  }

  accessToken(): string {
    if (this.#open === undefined) throw new NotReadyError(this.#closedBecause);
    if (!this.#tenure.isValid()) throw new NotReadyError("another process may own the account by now");
    return this.#open.accessToken;
  }

  /** Once for as long as it goes on: a runaway would fill the log as well. */
  #atCap(cap: string): void {
    const now = Date.now();
    this.#caps ??= new Map();
    const isNews = now - (this.#caps.get(cap) ?? 0) > calmMs;
    this.#caps.set(cap, now);
    if (isNews) this.#logger.warn({ account: this.account }, `${cap} is reached: further writes wait, none is lost`);
  }

  tokenRefused(): void {
    this.#open?.refused();
  }

  straggled(rider: string, operation: CallName, outcome: string): void {
    const fields = { account: this.account, rider, operation, outcome, epoch: this.epoch };
    this.#logger.warn(fields, "a write that was on its way when the account changed its owner has ended: a straggler");
  }

  simulated(rider: string, operation: CallName, params: RequestParams): void {
    this.#logger.info({ account: this.account, rider, operation, params }, `dry run: would call ${operation}`);
  }
}
