import type { Command } from "commander";
import { sealExport } from "../auth/export-file.js";
import { collectExport } from "../auth/transfer.js";
import { VaultToken } from "../auth/vault.js";
import { HowdahError } from "../errors.js";
import { accountNamed, withServices, type Context } from "./context.js";
import { newPassphrase } from "./passphrase.js";
import { refuseExisting, writePrivateFile } from "./private-file.js";

/** `bot export`: accounts' credentials as one encrypted file, for a fleet elsewhere. */
export function addExport(program: Command, context: Context): void {
  program
    .command("export")
    .description("write accounts' credentials to one file under a passphrase (BOT_PASSPHRASE), to move them elsewhere")
    .argument("<file>", "a new file; only this user will be able to read it")
    .argument("[account...]", "names in accounts.yaml; default all")
    .option("--accounts <file>", "another accounts.yaml")
    .action(async (file: string, names: string[], options: { accounts?: string }) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      const chosen = names.length === 0 ? fleet.accounts : [...new Set(names)].map((name) => accountNamed(fleet, name));
      await refuseExisting(file);
      await withServices(context, environment, fleet, async ({ container }) => {
        const exported = await collectExport(container.resolve(VaultToken), chosen);
        if (exported.accounts.length === 0) {
          throw new HowdahError(
            "AUTHORIZATION_NEEDED",
            "none of the accounts holds a token: there is nothing to export",
            {
              cure: "authorize them with: bot auth --all",
            },
          );
        }
        await writePrivateFile(file, await sealExport(exported, await newPassphrase(context, environment)));
        const left = chosen.length - exported.accounts.length;
        const without = left === 0 ? "" : `; ${left} hold no token and are left out`;
        context.stdout.write(`${file}: ${exported.accounts.map(({ name }) => name).join(", ")}${without}\n`);
        context.stderr.write("Let one fleet only run an account: a token that one renews is lost for the other.\n");
      });
    });
}
