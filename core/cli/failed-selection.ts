import type { Command } from "commander";
import type { DependencyContainer } from "tsyringe";
import type { Account, Fleet } from "../accounts/account.js";
import { durationRule, readSince } from "../accounts/duration.js";
import { HowdahError } from "../errors.js";
import { FailedEvents, type FailedEvent } from "../host/failed-events.js";
import type { Plugin } from "../plugin.js";
import { KeysToken } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { KeyringToken } from "../store/seal.js";
import { accountNamed } from "./context.js";

/** Which of the failed events a command is about. */
export interface SelectionOptions {
  accounts?: string;
  account?: string;
  rider?: string;
  since?: string;
  all?: boolean;
}

/** The failed events of one account that were selected. */
export interface Selected {
  readonly account: Account<Plugin>;
  readonly failed: FailedEvents;
  readonly events: readonly FailedEvent[];
}

/** Adds the options that select failed events. */
export function addSelection(command: Command): Command {
  return command
    .argument("[invocation...]", "their names, as bot failed shows them")
    .option("--accounts <file>", "another accounts.yaml")
    .option("--account <name>", "only of this account")
    .option("--rider <name>", "those of this rider")
    .option("--since <time>", "those that came since then: 2h ago, or 2026-08-01T12:00:00Z")
    .option("--all", "all of them");
}

/** The failed events of an account in Redis. */
export function failedOf(container: DependencyContainer, account: string): FailedEvents {
  const [redis, keys, keyring] = [RedisToken, KeysToken, KeyringToken] as const;
  return new FailedEvents(container.resolve(redis), container.resolve(keys), container.resolve(keyring), account);
}

/**
 * What the call selects, by account. Throws CONFIG_INVALID where it does not say which, EVENT_UNKNOWN for a name that is not
 * there or stands for events of several accounts.
 */
export async function selectFailed(
  container: DependencyContainer,
  fleet: Fleet<Plugin>,
  names: readonly string[],
  options: SelectionOptions,
): Promise<Selected[]> {
  const isIncluded = filterOf(names, options);
  const accounts = options.account === undefined ? fleet.accounts : [accountNamed(fleet, options.account)];
  if (options.rider !== undefined) checkRider(accounts, options.rider);
  const selected: Selected[] = [];
  for (const account of accounts) {
    const failed = failedOf(container, account.name);
    selected.push({ account, failed, events: (await failed.list()).filter(isIncluded) });
  }
  for (const name of names) checkName(name, selected);
  return selected;
}

function filterOf(names: readonly string[], options: SelectionOptions): (event: FailedEvent) => boolean {
  const since = options.since === undefined ? undefined : sinceOf(options.since);
  if (names.length === 0 && options.all !== true && options.rider === undefined && since === undefined) {
    throw new HowdahError("CONFIG_INVALID", "which events are meant is not said", {
      cure: "name them as bot failed shows them, or add --rider, --since or --all",
    });
  }
  return ({ invocation, rider, since: came }) =>
    (names.length === 0 || names.includes(invocation)) &&
    (options.rider === undefined || rider === options.rider) &&
    (since === undefined || (came !== null && Date.parse(came) >= since));
}

function sinceOf(text: string): number {
  const since = readSince(text);
  if (since === undefined) {
    throw new HowdahError("CONFIG_INVALID", `--since ${text} is neither a duration nor a time`, {
      cure: `${durationRule}, or a time such as 2026-08-01T12:00:00Z`,
    });
  }
  return "at" in since ? since.at : Date.now() - since.agoMs;
}

function checkRider(accounts: readonly Account<Plugin>[], rider: string): void {
  const names = new Set(accounts.flatMap(({ riders }) => riders.map(({ name }) => name)));
  if (names.has(rider)) return;
  throw new HowdahError("CONFIG_INVALID", `there is no rider ${rider}`, {
    cure: names.size === 0 ? "no account has any plugins" : `the riders are: ${[...names].join(", ")}`,
  });
}

function checkName(name: string, selected: readonly Selected[]): void {
  const holders = selected.filter(({ events }) => events.some(({ invocation }) => invocation === name));
  if (holders.length === 1) return;
  if (holders.length === 0) {
    throw new HowdahError("EVENT_UNKNOWN", `no event ${name} has failed`, {
      cure: "see bot failed; what was handled, dropped or is older than 30 days is not there any more",
    });
  }
  const accounts = holders.map(({ account }) => account.name);
  throw new HowdahError("EVENT_UNKNOWN", `the event ${name} has failed on several accounts`, {
    cure: `add --account with one of ${accounts.join(", ")}`,
  });
}
