import type { Account, RiderEntry } from "../../core/accounts/account.js";
import type { Plugin, Scope } from "../../core/plugin.js";

/** A plugin as it rides an account. */
export function riding(plugin: Plugin, as = plugin.name, allow: readonly Scope[] = []): RiderEntry<Plugin> {
  return { name: as, use: plugin.name, plugin, scopes: [...plugin.scopes, ...allow], config: undefined };
}

/** An entry of accounts.yaml. */
export function accountOf(name: string, server: string, riders: readonly RiderEntry<Plugin>[]): Account<Plugin> {
  return {
    name,
    server,
    handle: undefined,
    scopes: [],
    timezone: "UTC",
    dryRun: false,
    allowUnlabelled: true,
    share: 0.8,
    caps: { riderPerHour: 60, serverPerHour: 300 },
    riders,
  };
}
