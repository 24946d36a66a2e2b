import { createHmac } from "node:crypto";
import { dirname } from "node:path";
import type { Account, Fleet, RiderEntry } from "../accounts/account.js";
import type { Plugin } from "../plugin.js";
import { neededScopes } from "./needed-scopes.js";
import { pluginFile, sourceDigest } from "./plugin-sources.js";

/**
 * What of an account's entry can be compared without being shown. Digests are keyed: what they stand for, such as a
 * password in a plugin's settings, cannot be guessed from them.
 */
export interface EntryMark {
  /** Of all of it. */
  readonly digest: string;
  readonly server: string;
  /** Its name before. */
  readonly was?: string;
  /** Of what belongs to no rider. */
  readonly settings: string;
  /** What it needs, normalized. */
  readonly scopes: readonly string[];
  /** By rider. */
  readonly riders: Readonly<Record<string, string>>;
}

/** accounts.yaml with the marks of its entries. */
export interface MarkedFleet {
  readonly fleet: Fleet<Plugin>;
  /** Of all entries: what stands in comments, and their order, changes nothing. */
  readonly digest: string;
  /** By account. */
  readonly marks: ReadonlyMap<string, EntryMark>;
}

/** Marks what a file says, plugins beside it included, under the fleet's secret. */
export async function markFleet(fleet: Fleet<Plugin>, secret: Buffer): Promise<MarkedFleet> {
  const digest = (value: unknown) => createHmac("sha256", secret).update(textOf(value)).digest("hex").slice(0, 32);
  const sources = await sourcesOf(fleet);
  const markOf = (account: Account<Plugin>): EntryMark => {
    const { name: _name, riders, ...rest } = account;
    const settings = digest(rest);
    const marks = riders.map((rider) => [rider.name, digest(factsOf(rider, sources))] as const);
    return {
      digest: digest([settings, marks]),
      server: account.server,
      ...(account.was !== undefined && { was: account.was }),
      settings,
      scopes: neededScopes(account).scopes,
      riders: Object.fromEntries(marks),
    };
  };
  const marks = new Map(fleet.accounts.map((account) => [account.name, markOf(account)]));
  const entries = [...marks]
    .map(([name, mark]) => [name, mark.digest] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return { fleet, digest: digest(entries), marks };
}

/** As written: what a plugin's schema makes of its settings may differ from one time to the next. */
function factsOf({ config: _config, plugin, ...entry }: RiderEntry<Plugin>, sources: ReadonlyMap<string, string>) {
  return { ...entry, plugin: plugin.name, source: sources.get(entry.use) };
}

/** By `use`; of plugins that come as a package, their version is the host's business. */
async function sourcesOf({ accounts, file }: Fleet<Plugin>): Promise<ReadonlyMap<string, string>> {
  const uses = new Set(accounts.flatMap(({ riders }) => riders.map(({ use }) => use)));
  const sources = new Map<string, string>();
  for (const use of uses) {
    const path = pluginFile(use, dirname(file));
    if (path !== undefined) sources.set(use, await sourceDigest(path));
  }
  return sources;
}

/** JSON knows no infinity, which YAML does. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "bigint" || (typeof inner === "number" && !Number.isFinite(inner)) ? `number ${inner}` : inner,
  );
}
