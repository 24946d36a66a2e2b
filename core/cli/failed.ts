import type { Command } from "commander";
import type { FailedEvent } from "../host/failed-events.js";
import { accountNamed, withServices, type Context } from "./context.js";
import { failedOf } from "./failed-selection.js";
import { table } from "./table.js";

/** `bot failed`: the events that need a human. */
export function addFailed(program: Command, context: Context): void {
  program
    .command("failed")
    .description("show the events that no attempt brought to an end, and writes whose outcome nobody knows")
    .argument("[account]", "only those of this account")
    .option("--accounts <file>", "another accounts.yaml")
    .option("--json", "as one JSON document")
    .action(async (name: string | undefined, options: { accounts?: string; json?: boolean }) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      const accounts = name === undefined ? fleet.accounts : [accountNamed(fleet, name)];
      const events = await withServices(context, environment, fleet, ({ container }) =>
        Promise.all(accounts.map((account) => failedOf(container, account.name).list())),
      );
      const all = events.flat();
      context.stdout.write(`${options.json === true ? JSON.stringify(all, null, 2) : describe(all)}\n`);
    });
}

function describe(events: readonly FailedEvent[]): string {
  if (events.length === 0) return "nothing has failed";
  const lines = table(
    ["ACCOUNT", "EVENT", "SINCE", "ATTEMPTS", "INVOCATION"],
    events.map(({ account, attempts, event, invocation, since, state }) => [
      account,
      event === "" ? state : event,
      since === null ? "-" : since.replace(/\.\d+Z$/, "Z"),
      String(attempts),
      invocation,
    ]),
  );
  const reasons = events.map(({ account, invocation, reason }) => `${account} ${invocation}: ${reason}`);
  const uncertain = events.flatMap(({ account, invocation, uncertain: writes }) =>
    writes.map(
      ({ operation, sent_at }) =>
        `${account} ${invocation}: ${operation}, sent at ${sent_at}, may have happened: look at the account; then bot retry ${invocation} --account ${account} with --happened or --resend`,
    ),
  );
  const advice = "try them again with: bot retry INVOCATION, or --all; forget them with: bot drop";
  return [...lines, "", ...reasons, ...uncertain, "", advice].join("\n");
}
