import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { DependencyContainer } from "tsyringe";
import type { Fleet } from "../accounts/account.js";
import { openExport } from "../auth/export-file.js";
import { importStep, planImport, type ImportStep } from "../auth/transfer.js";
import { VaultToken } from "../auth/vault.js";
import { HowdahError } from "../errors.js";
import { sendWake } from "../host/wake.js";
import type { Plugin } from "../plugin.js";
import { KeysToken } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { confirmed } from "./confirm.js";
import { withServices, type Context } from "./context.js";
import { exitCodes } from "./exit.js";
import { passphraseOf } from "./passphrase.js";
import { table } from "./table.js";

interface ImportOptions {
  accounts?: string;
  force?: boolean;
  yes?: boolean;
}

/** `bot import`: takes over the accounts of an export. */
export function addImport(program: Command, context: Context): void {
  program
    .command("import")
    .description("take over the accounts of a file that bot export wrote")
    .argument("<file>", "what bot export wrote")
    .option("--accounts <file>", "another accounts.yaml")
    .option("--force", "replace newer credentials as well")
    .option("--yes", "do not ask")
    .action(async (file: string, options: ImportOptions) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      const text = await readExport(file);
      const exported = await openExport(text, await passphraseOf(context, environment));
      await withServices(context, environment, fleet, async ({ container }) => {
        const steps = await planImport(container.resolve(VaultToken), exported, options.force === true);
        context.stderr.write(`${describe(steps, fleet)}\n`);
        await carryOut(context, container, steps, options);
      });
    });
}

async function readExport(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HowdahError("CONFIG_INVALID", `${file} cannot be read (${reason})`, {
      cure: "name the file that bot export wrote",
      cause,
    });
  }
}

async function carryOut(
  context: Context,
  container: DependencyContainer,
  steps: readonly ImportStep[],
  { yes }: ImportOptions,
): Promise<void> {
  const wanted = steps.filter(({ action }) => action === "new" || action === "replaced");
  if (steps.some(({ action }) => action === "refused")) process.exitCode = exitCodes.failed;
  if (wanted.length === 0) {
    context.stdout.write("Nothing to import.\n");
    return;
  }
  if (!(await confirmed(context, `Import ${wanted.map(({ exported }) => exported.name).join(", ")}?`, yes))) {
    process.exitCode = exitCodes.failed;
    return;
  }
  for (const step of wanted) await carryOutOne(context, container, step);
}

async function carryOutOne(context: Context, container: DependencyContainer, step: ImportStep): Promise<void> {
  const { name, server } = step.exported;
  if (!(await importStep(container.resolve(VaultToken), step))) {
    context.stdout.write(`${name}: changed meanwhile and left as it is; run the import again\n`);
    process.exitCode = exitCodes.failed;
    return;
  }
  const [redis, keys] = [container.resolve(RedisToken), container.resolve(KeysToken)];
  await sendWake(redis, keys, { account: name, why: "credentials" });
  context.stdout.write(`${name} on ${new URL(server).host}: imported\n`);
}

function describe(steps: readonly ImportStep[], fleet: Fleet<Plugin>): string {
  const rows = steps.map(({ action, exported, note }) => [
    exported.name,
    exported.server,
    exported.person === undefined ? "-" : `@${exported.person.username}`,
    action,
    [note, fileNote(exported, fleet)].filter((text) => text !== "").join("; "),
  ]);
  return table(["ACCOUNT", "SERVER", "HANDLE", "", ""], rows).join("\n");
}

function fileNote({ name, server }: ImportStep["exported"], fleet: Fleet<Plugin>): string {
  const entry = fleet.accounts.find((account) => account.name === name);
  if (entry === undefined) return "not in accounts.yaml yet";
  return entry.server === server ? "" : `accounts.yaml says ${entry.server}: these credentials would not be used`;
}
