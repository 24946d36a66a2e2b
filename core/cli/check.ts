import type { Command } from "commander";
import type { Account } from "../accounts/account.js";
import { neededScopes } from "../host/needed-scopes.js";
import type { Plugin } from "../plugin.js";
import type { Context } from "./context.js";

/** `bot check`: reads accounts.yaml and says what would be asked for; needs no Redis and asks no server. */
export function addCheck(program: Command, context: Context): void {
  program
    .command("check")
    .description("check accounts.yaml and show which scopes the accounts need, and why")
    .option("--accounts <file>", "another accounts.yaml")
    .option("--json", "as one JSON document")
    .action(async (options: { accounts?: string; json?: boolean }) => {
      const fleet = await context.fleet(context.environment(options));
      if (options.json === true) {
        context.stdout.write(`${JSON.stringify(fleet.accounts.map(factsOf), null, 2)}\n`);
        return;
      }
      for (const account of fleet.accounts) context.stdout.write(`${describe(account)}\n`);
      const count = fleet.accounts.length;
      context.stdout.write(`${count === 1 ? "1 account" : `${count} accounts`}, no mistakes\n`);
    });
}

function factsOf(account: Account<Plugin>) {
  const { scopes, wantedBy } = neededScopes(account);
  return {
    account: account.name,
    server: account.server,
    handle: account.handle ?? null,
    dry_run: account.dryRun,
    scopes,
    wanted_by: Object.fromEntries(wantedBy),
    riders: account.riders.map((rider) => ({ name: rider.name, plugin: rider.plugin.name, scopes: rider.scopes })),
  };
}

function describe(account: Account<Plugin>): string {
  const lines = [...neededScopes(account).wantedBy].map(
    ([scope, names]) => `    ${scope.padEnd(24)}${names.join(", ")}`,
  );
  const riders = account.riders.map(({ name }) => name).join(", ") || "no plugins";
  return [`${account.name} on ${account.server}: ${riders}`, ...lines, ""].join("\n");
}
