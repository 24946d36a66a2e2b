import type { Account, Fleet } from "../accounts/account.js";
import type { Plugin } from "../plugin.js";

/** accounts.yaml as this process has read it last. */
export class CurrentFleet implements Fleet<Plugin> {
  #now: Fleet<Plugin>;

  constructor(fleet: Fleet<Plugin>) {
    this.#now = fleet;
  }

  /** As it is at this moment. */
  get now(): Fleet<Plugin> {
    return this.#now;
  }

  get file(): string {
    return this.#now.file;
  }

  get contact(): string | undefined {
    return this.#now.contact;
  }

  get accounts(): readonly Account<Plugin>[] {
    return this.#now.accounts;
  }

  /** From now on it is this one. */
  replace(fleet: Fleet<Plugin>): void {
    this.#now = fleet;
  }
}
