import type { Command } from "commander";
import { confirmed } from "./confirm.js";
import { withServices, type Context } from "./context.js";
import { exitCodes } from "./exit.js";
import { addSelection, selectFailed, type SelectionOptions } from "./failed-selection.js";

/** `bot drop`: forgets failed events. */
export function addDrop(program: Command, context: Context): void {
  addSelection(program.command("drop").description("forget failed events: nobody handles them any more"))
    .option("--yes", "do not ask")
    .action(async (names: string[], options: SelectionOptions & { yes?: boolean }) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      await withServices(context, environment, fleet, async ({ container }) => {
        const selected = await selectFailed(container, fleet, names, options);
        const count = selected.reduce((sum, { events }) => sum + events.length, 0);
        if (count === 0) return void context.stdout.write("nothing is there to be dropped\n");
        const what = count === 1 ? "1 event" : `${count} events`;
        if (!(await confirmed(context, `Forget ${what}? That cannot be taken back.`, options.yes))) {
          process.exitCode = exitCodes.failed;
          return;
        }
        for (const { events, failed } of selected) await failed.drop(events.map(({ invocation }) => invocation));
        context.stdout.write(`${what} dropped\n`);
      });
    });
}
