import type { Ownership, Tenure } from "./ownership.js";
import { Participation, type ParticipationOptions } from "./participation.js";

type Defaulted = "lockMs" | "stalledCheckMs";

/** What `createOwnership` needs to know; locks stand for 5 s and are checked every 2.5 s unless it says otherwise. */
type OwnershipOptions = Omit<ParticipationOptions, "hold" | Defaulted> & Partial<Pick<ParticipationOptions, Defaulted>>;

/** Ownership by the locks of long-lived BullMQ jobs, one per account. It connects when it is started. */
export function createOwnership(options: OwnershipOptions): Ownership {
  return new BullmqOwnership(options);
}

class BullmqOwnership implements Ownership {
  readonly #options: OwnershipOptions;
  #participation: Participation | undefined;

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  async start(accounts: readonly string[], hold: (tenure: Tenure) => Promise<void>): Promise<void> {
    if (this.#participation) throw new Error("this process already takes part in ownership");
    const { lockMs = 5_000, stalledCheckMs = 2_500 } = this.#options;
    this.#participation = new Participation({ ...this.#options, lockMs, stalledCheckMs, hold });
    await this.#participation.start(accounts);
  }

  async setAccounts(accounts: readonly string[]): Promise<void> {
    if (!this.#participation) throw new Error("start() comes before setAccounts()");
    await this.#participation.setAccounts(accounts);
  }

  async letGo(accounts: readonly string[]): Promise<void> {
    this.#participation?.letGo(new Set(accounts));
  }

  async stop(): Promise<void> {
    const participation = this.#participation;
    this.#participation = undefined;
    await participation?.stop();
  }
}
