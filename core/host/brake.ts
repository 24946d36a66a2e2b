import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { inject, injectable } from "tsyringe";
import type { Account } from "../accounts/account.js";
import type { Pace } from "../auth/pace.js";
import { Pauses } from "../client/pauses.js";
import { oneAtATime } from "../events/one-at-a-time.js";
import type { Tenure } from "../jobs/ownership.js";
import type { Plugin } from "../plugin.js";
import { KeysToken, type Keys } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { AccountLoggerToken, AccountToken, ResumePaceToken, TenureToken } from "./tokens.js";

/** Whoever resumes an account says so, but that can get lost. */
const lookAgainMs = 5_000;
/** So long after a pause that ends by itself, so that it has ended. */
const afterEndMs = 20;

/**
 * The operator's brake on one account, as its owner knows it: while it is on, no handler is begun. It only spares work;
 * what keeps writes from being sent is their admission. When the pause ends, the accounts of a server go on by and by.
 */
@injectable()
export class Brake {
  readonly #account: Pick<Account<Plugin>, "name" | "server">;
  readonly #tenure: Tenure;
  readonly #pauses: Pauses;
  readonly #pace: Pace;
  readonly #logger: Logger;
  /** Finds out whether the account is paused. */
  readonly look = oneAtATime(() => this.#look());
  #isPaused = false;
  #isOn = false;
  #isReleasing = false;
  #goOn: () => Promise<void> = async () => undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @inject(AccountToken) account: Pick<Account<Plugin>, "name" | "server">,
    @inject(TenureToken) tenure: Tenure,
    @inject(RedisToken) redis: Redis,
    @inject(KeysToken) keys: Keys,
    @inject(ResumePaceToken) pace: Pace,
    @inject(AccountLoggerToken) logger: Logger,
  ) {
    this.#account = account;
    this.#tenure = tenure;
    this.#pauses = new Pauses(redis, keys);
    this.#pace = pace;
    this.#logger = logger;
    tenure.signal.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
  }

  /** Whether nothing may be begun: the account is paused, or waits for its turn to go on. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** `goOn` is called when a pause has ended; until it resolves, it keeps others of the server back. */
  whenReleased(goOn: () => Promise<void>): void {
    this.#goOn = goOn;
  }

  async #look(): Promise<void> {
    const { name } = this.#account;
    const standing = await this.#pauses.read(name);
    clearTimeout(this.#timer);
    if (this.#tenure.signal.aborted) return;
    this.#isPaused = standing !== undefined;
    if (standing !== undefined) {
      const { by, reason } = standing.pause;
      if (!this.#isOn) this.#logger.warn({ by, reason }, "paused: events wait, nothing is written");
      this.#isOn = true;
      this.#lookIn(Math.min(lookAgainMs, (standing.leftMs ?? lookAgainMs) + afterEndMs));
    } else if (this.#isOn && !this.#isReleasing) void this.#release();
  }

  /** One account of the server at first, one more with each that went on. */
  async #release(): Promise<void> {
    this.#isReleasing = true;
    const turn = async () => {
      this.#isReleasing = false;
      // It may have been paused again, or let go, while it waited for its turn.
      if (this.#isPaused || this.#tenure.signal.aborted) return;
      this.#isOn = false;
      this.#logger.info("goes on after a pause");
      await this.#goOn();
    };
    const isGood = () => !this.#tenure.signal.aborted;
    await this.#pace
      .run(this.#account.server, turn, isGood)
      .catch((error: unknown) => this.#logger.warn({ err: error }, "what waited during the pause is looked for later"));
  }

  #lookIn(delayMs: number): void {
    this.#timer = setTimeout(() => {
      // A Redis that is away is said elsewhere.
      this.look().catch(() => this.#lookIn(lookAgainMs));
    }, delayMs);
  }
}
