import { setTimeout as sleep } from "node:timers/promises";
import { inject, injectable } from "tsyringe";
import { isUndecided } from "../auth/undecided.js";
import { HowdahError } from "../errors.js";
import { OwnershipToken, type Ownership, type Tenure } from "../jobs/ownership.js";
import { Renames, type RenamedAccount } from "./renames.js";

/** Until it is said that the old name is in other hands. */
const sayAfterMs = 2_000;
const lookAgainMs = 2_000;

/** What an account waits for before it can be what it was. */
export interface Obstacle {
  readonly reason: string;
  readonly cure: string;
}

/**
 * Settles accounts under their new names. What is stored under the old one is moved by the owner of both: the old
 * name is owned like any account, so that no process with an older accounts.yaml acts for it meanwhile.
 */
@injectable()
export class Settling implements Ownership {
  readonly #renames: Renames;
  readonly #ownership: Ownership;
  /** Old names that are wanted, with who waits for each. */
  readonly #wanted = new Map<string, (tenure: Tenure) => Promise<void>>();
  #names: readonly string[] = [];

  constructor(@inject(Renames) renames: Renames, @inject(OwnershipToken) ownership: Ownership) {
    this.#renames = renames;
    this.#ownership = ownership;
  }

  /** Takes part for these; `hold` is called for each, never for an old name. */
  async start(names: readonly string[], hold: (tenure: Tenure) => Promise<void>): Promise<void> {
    this.#names = names;
    await this.#ownership.start(names, (tenure) => this.#wanted.get(tenure.account)?.(tenure) ?? hold(tenure));
  }

  async setAccounts(names: readonly string[]): Promise<void> {
    this.#names = names;
    await this.#participate();
  }

  async letGo(names: readonly string[]): Promise<void> {
    await this.#ownership.letGo(names);
  }

  async stop(): Promise<void> {
    await this.#ownership.stop();
  }

  /**
   * Returns once nothing is stored under the old name any more, or the tenure of the new one has ended. `onObstacle`
   * is told what it waits for.
   */
  async settle(account: RenamedAccount, to: Tenure, onObstacle: (obstacle: Obstacle) => Promise<void>): Promise<void> {
    let said = "";
    const say = async (obstacle: Obstacle) => {
      if (obstacle.reason !== said) await onObstacle(obstacle);
      said = obstacle.reason;
    };
    while (!to.signal.aborted) {
      try {
        if (!(await this.#renames.isPending(account))) return await this.#renames.forgetMirrored(account);
        await this.#owning(account, to, say);
      } catch (error) {
        if (to.signal.aborted) return;
        if (!isObstacle(error)) throw error;
        await say({ reason: error.message, cure: error.cure ?? "" });
        await sleep(lookAgainMs, undefined, { signal: to.signal }).catch(() => undefined);
      }
    }
  }

  /** Takes part for the old name as well, until it was owned once or the new one is let go. */
  async #owning(account: RenamedAccount, to: Tenure, say: (obstacle: Obstacle) => Promise<void>): Promise<void> {
    const { name, was } = account;
    const late = setTimeout(() => {
      const reason = `${was}, which ${name} was, is still run by a process with an older accounts.yaml`;
      void say({ reason, cure: "start that process again with this file" });
    }, sayAfterMs);
    try {
      await new Promise<void>((resolve, reject) => {
        to.signal.addEventListener("abort", () => resolve(), { once: true });
        this.#wanted.set(was, (from) => this.#renames.carryOut(account, from, to).then(resolve, reject));
        this.#participate().catch(reject);
      });
    } finally {
      clearTimeout(late);
      this.#wanted.delete(was);
      await this.#participate();
    }
  }

  async #participate(): Promise<void> {
    await this.#ownership.setAccounts([...this.#names, ...this.#wanted.keys()]);
  }
}

/** What passes when the operator has done something. */
function isObstacle(error: unknown): error is HowdahError {
  return isUndecided(error) || (error instanceof HowdahError && error.code === "CONFIG_INVALID");
}
