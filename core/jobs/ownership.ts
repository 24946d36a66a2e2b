import type { InjectionToken } from "tsyringe";

/** What an owner holds: the right to act for an account until `signal` aborts. */
export interface Tenure {
  readonly account: string;
  /** Rises each time the account changes owner. */
  readonly epoch: number;
  /** Aborts when the account must be let go: asked to, lost to another process, or not renewed in time. */
  readonly signal: AbortSignal;
  /**
   * Whether the lock certainly still stands: false from the moment at which another process might own the account,
   * by monotonic and wall clock, also after this process was stopped for a while.
   */
  isValid(): boolean;
}

/** Gives each account to one process of the fleet at a time. */
export interface Ownership {
  /**
   * Takes part: `hold` is called for each account that becomes this process's, and the account is given up when
   * the promise that it returned settles. It must settle soon after `tenure.signal` aborts.
   */
  start(accounts: readonly string[], hold: (tenure: Tenure) => Promise<void>): Promise<void>;
  /** Changes the accounts that this process takes part for; those no longer named are let go. */
  setAccounts(accounts: readonly string[]): Promise<void>;
  /** Lets these go, to be taken anew at once by whoever may own them. */
  letGo(accounts: readonly string[]): Promise<void>;
  /** Lets every account go to whoever waits and stops taking part. */
  stop(): Promise<void>;
}

/** The injection token of the ownership. */
export const OwnershipToken: InjectionToken<Ownership> = Symbol("Ownership");
