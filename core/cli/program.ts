import { Command, CommanderError } from "commander";
import { addAudit } from "./audit.js";
import { addAuth } from "./auth.js";
import { addCheck } from "./check.js";
import type { Context } from "./context.js";
import { addDoctor } from "./doctor.js";
import { exitCodeFor, exitCodes, explain } from "./exit.js";
import { addDrop } from "./drop.js";
import { addExport } from "./export.js";
import { addFailed } from "./failed.js";
import { addImport } from "./import.js";
import { addKeys } from "./keys.js";
import { addOperations } from "./operations.js";
import { addPause } from "./pause.js";
import { addReload } from "./reload.js";
import { addRestore } from "./restore.js";
import { addResume } from "./resume.js";
import { addRetry } from "./retry.js";
import { addRevoke } from "./revoke.js";
import { addRun } from "./run.js";
import { addSandbox } from "./sandbox.js";
import { addStatus } from "./status.js";

/** Runs the command line and sets the exit code; what is thrown becomes a line of what and a line of what to do. */
export async function runProgram(argv: readonly string[], version: string, context: Context): Promise<void> {
  const program = new Command("bot")
    .description("Run a herd of Mastodon bots.")
    .version(version)
    .exitOverride()
    .showHelpAfterError("(bot --help lists the commands)")
    .showSuggestionAfterError();
  const adders = [
    addRun,
    addAuth,
    addCheck,
    addStatus,
    addPause,
    addResume,
    addAudit,
    addFailed,
    addRetry,
    addDrop,
    addReload,
    addDoctor,
    addRevoke,
    addRestore,
    addExport,
    addImport,
    addKeys,
    addOperations,
    addSandbox,
  ];
  for (const add of adders) add(program, context);
  for (const stream of [context.stdout, context.stderr]) stream.on("error", leaveClosedPipe);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? commanderExit(error) : exitCodeFor(error);
    if (!(error instanceof CommanderError)) context.stderr.write(`${explain(error)}\n`);
  }
}

function commanderExit(error: CommanderError): number {
  return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongCall;
}

/** Whoever reads along may stop: `bot status | head -1`. What was asked for is done all the same. */
function leaveClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
