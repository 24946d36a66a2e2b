import { join } from "node:path";
import type { Command } from "commander";
import type { Account } from "../accounts/account.js";
import { MirrorDirectory } from "../auth/mirror-directory.js";
import { servingScopes } from "../auth/vault-keys.js";
import { neededScopes } from "../host/needed-scopes.js";
import type { Plugin } from "../plugin.js";
import type { Context } from "./context.js";
import type { Environment } from "./environment.js";

/** `bot check`: reads accounts.yaml and says what would be asked for; needs no Redis and asks no server. */
export function addCheck(program: Command, context: Context): void {
  program
    .command("check")
    .description("check accounts.yaml and show which scopes the accounts need, and why")
    .option("--accounts <file>", "another accounts.yaml")
    .option("--json", "as one JSON document")
    .action(async (options: { accounts?: string; json?: boolean }) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      const coarser = await coarserScopes(environment);
      if (options.json === true) {
        const facts = fleet.accounts.map((account) => factsOf(account, coarser));
        context.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
        return;
      }
      for (const account of fleet.accounts) context.stdout.write(`${describe(account, coarser)}\n`);
      const count = fleet.accounts.length;
      context.stdout.write(`${count === 1 ? "1 account" : `${count} accounts`}, no mistakes\n`);
    });
}

/** What a server is asked for instead of these scopes, which it does not know; undefined where it knows them, so far. */
type Coarser = (server: string, scopes: readonly string[]) => string | undefined;

/** Read from the mirror of the vault, because that needs no Redis. Where there is none, nothing is known. */
async function coarserScopes({ dataDirectory, prefix }: Environment): Promise<Coarser> {
  const mirror = new MirrorDirectory(join(dataDirectory, "vault", prefix));
  const { servers } = await mirror.contents().catch(() => ({ servers: [] }));
  const appsOf = new Map(servers.map(({ apps, server }) => [server, apps]));
  return (server, scopes) => servingScopes(appsOf.get(server)?.[scopes.join(" ")] ?? "");
}

function factsOf(account: Account<Plugin>, coarser: Coarser) {
  const { scopes, wantedBy } = neededScopes(account);
  return {
    account: account.name,
    server: account.server,
    handle: account.handle ?? null,
    dry_run: account.dryRun,
    scopes,
    asked_as: coarser(account.server, scopes) ?? null,
    wanted_by: Object.fromEntries(wantedBy),
    riders: account.riders.map((rider) => ({ name: rider.name, plugin: rider.plugin.name, scopes: rider.scopes })),
  };
}

function describe(account: Account<Plugin>, coarser: Coarser): string {
  const { scopes, wantedBy } = neededScopes(account);
  const lines = [...wantedBy].map(([scope, names]) => `    ${scope.padEnd(24)}${names.join(", ")}`);
  const riders = account.riders.map(({ name }) => name).join(", ") || "no plugins";
  const whole = coarser(account.server, scopes);
  if (whole !== undefined) lines.push(`    asked for as: ${whole}   (the server knows no finer scopes)`);
  return [`${account.name} on ${account.server}: ${riders}`, ...lines, ""].join("\n");
}
