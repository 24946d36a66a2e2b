import type { Command } from "commander";
import type { DependencyContainer } from "tsyringe";
import type { Account, Fleet } from "../accounts/account.js";
import { didYouMean } from "../accounts/did-you-mean.js";
import { isUndecided } from "../auth/undecided.js";
import { ConfigError, HowdahError } from "../errors.js";
import { Renames } from "../host/renames.js";
import type { Plugin } from "../plugin.js";
import { KeysToken } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { spotOf } from "../store/sealed-spot.js";
import { unknownAccount, withServices, type Context } from "./context.js";

/** Which accounts a call of the brake is about. */
export interface BrakeOptions {
  accounts?: string;
  all?: boolean;
  server?: string;
  json?: boolean;
}

/** One account that is meant. */
export interface Meant {
  readonly name: string;
  /** The names under which it may be acting: until it has become what it is called now, its old one too. */
  readonly storedAs: readonly string[];
}

const keysPerCall = 1_000;

/** Adds what selects accounts. */
export function addBrakeSelection(command: Command): Command {
  return command
    .argument("[account...]", "their names in accounts.yaml")
    .option("--accounts <file>", "another accounts.yaml")
    .option("--all", "all accounts")
    .option("--server <server>", "all accounts on this server")
    .option("--json", "as one JSON document");
}

/**
 * Runs `work` with the accounts that the call means. A brake must work also where accounts.yaml is broken: it goes by the
 * accounts that have ever run then. Throws CONFIG_INVALID where it is not said which are meant, ACCOUNT_UNKNOWN.
 */
export async function withMeant(
  context: Context,
  names: readonly string[],
  options: BrakeOptions,
  work: (container: DependencyContainer, meant: readonly Meant[]) => Promise<void>,
): Promise<void> {
  const ways = [names.length > 0, options.all === true, options.server !== undefined].filter(Boolean);
  if (ways.length !== 1) {
    throw new HowdahError("CONFIG_INVALID", "which accounts are meant is not said, or in two ways", {
      cure: "name them, or add --server SERVER or --all: one of these",
    });
  }
  const environment = context.environment(options);
  const fleet = await context.fleet(environment).catch((error: unknown) => {
    if (!(error instanceof ConfigError) || options.server !== undefined) throw error;
    return error;
  });
  const known =
    fleet instanceof ConfigError ? { file: environment.accountsFile, contact: undefined, accounts: [] } : fleet;
  await withServices(context, environment, known, async ({ container }) => {
    if (!(fleet instanceof ConfigError)) return work(container, await inFile(container, fleet, names, options));
    const meant = await everRun(container, names, fleet);
    context.stderr.write(`bot: ${environment.accountsFile} is wrong (bot check says where)\n`);
    context.stderr.write("     that matters to nobody here: meant are the accounts that have ever run\n");
    await work(container, meant);
  });
}

async function inFile(
  container: DependencyContainer,
  fleet: Fleet<Plugin>,
  names: readonly string[],
  { server }: BrakeOptions,
): Promise<Meant[]> {
  const chosen = server === undefined ? fleet.accounts : onServer(fleet, server);
  if (names.length === 0) return Promise.all(chosen.map((account) => meantBy(container, account)));
  return Promise.all(
    [...new Set(names)].map(async (name) => {
      const account = fleet.accounts.find((entry) => entry.name === name);
      if (account !== undefined) return meantBy(container, account);
      // Another host's accounts.yaml may have it.
      if (await hasRun(container, name)) return { name, storedAs: [name] };
      throw unknownAccount(fleet, name);
    }),
  );
}

function onServer({ accounts }: Fleet<Plugin>, server: string): readonly Account<Plugin>[] {
  const hosts = new Set(accounts.map((account) => new URL(account.server).host));
  const chosen = accounts.filter((account) => account.server === server || new URL(account.server).host === server);
  if (chosen.length > 0) return chosen;
  const near = didYouMean(server.replace(/^https?:\/\//, ""), hosts);
  throw new HowdahError("CONFIG_INVALID", `no account of accounts.yaml is on ${server}`, {
    cure: `${near === undefined ? "" : `did you mean ${near}? `}the servers are: ${[...hosts].join(", ")}`,
  });
}

/** Where a copy of the vault waits for its operator, nobody can say whether the old name is still in use. */
async function meantBy(container: DependencyContainer, account: Account<Plugin>): Promise<Meant> {
  const { name, was } = account;
  if (was === undefined) return { name, storedAs: [name] };
  const isPending = await container
    .resolve(Renames)
    .isPending({ ...account, was })
    .catch((error: unknown) => {
      if (isUndecided(error)) return true;
      throw error;
    });
  return { name, storedAs: isPending ? [name, was] : [name] };
}

/** Whoever has acted has had an owner. */
export async function hasRun(container: DependencyContainer, name: string): Promise<boolean> {
  return (await container.resolve(RedisToken).exists(container.resolve(KeysToken).account(name, "epoch"))) === 1;
}

async function everRun(
  container: DependencyContainer,
  names: readonly string[],
  mistakes: ConfigError,
): Promise<Meant[]> {
  const [redis, keys] = [container.resolve(RedisToken), container.resolve(KeysToken)];
  const found = new Set<string>();
  const wanted = { match: keys.account("*", "epoch"), count: keysPerCall };
  for await (const batch of redis.scanStream(wanted) as AsyncIterable<string[]>) {
    for (const key of batch) found.add(spotOf(keys, key)?.name ?? "");
  }
  if (found.size === 0 || names.some((name) => !found.has(name))) throw mistakes;
  return (names.length === 0 ? [...found].toSorted() : [...new Set(names)]).map((name) => ({ name, storedAs: [name] }));
}
