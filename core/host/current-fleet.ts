import type { Account, Fleet } from "../accounts/account.js";
import type { Plugin } from "../plugin.js";

/** accounts.yaml as this process has read it last. */
export class CurrentFleet implements Fleet<Plugin> {
  #now: Fleet<Plugin>;
  #byName: ReadonlyMap<string, Account<Plugin>>;

  constructor(fleet: Fleet<Plugin>) {
    this.#now = fleet;
    this.#byName = byName(fleet);
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

  account(name: string): Account<Plugin> | undefined {
    return this.#byName.get(name);
  }

  /** From now on it is this one. */
  replace(fleet: Fleet<Plugin>): void {
    this.#now = fleet;
    this.#byName = byName(fleet);
  }
}

function byName({ accounts }: Fleet<Plugin>): ReadonlyMap<string, Account<Plugin>> {
  return new Map(accounts.map((account) => [account.name, account]));
}
