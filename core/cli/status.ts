import type { Command } from "commander";
import type { AccountStatus } from "../host/status.js";
import { accountStatuses } from "./account-statuses.js";
import { withServices, type Context } from "./context.js";
import { outdatedLines } from "./outdated.js";
import { table } from "./table.js";

/** `bot status`: how each account stands. */
export function addStatus(program: Command, context: Context): void {
  program
    .command("status")
    .description("show how each account stands")
    .option("--accounts <file>", "another accounts.yaml")
    .option("--json", "as one JSON document")
    .action(async (options: { accounts?: string; json?: boolean }) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      const { outdated, rows } = await withServices(context, environment, fleet, async ({ container }) => ({
        outdated: await outdatedLines(container),
        rows: await accountStatuses(fleet, container),
      }));
      const output = options.json === true ? JSON.stringify(rows, null, 2) : describe(rows);
      context.stdout.write(`${output}\n`);
      for (const line of outdated) context.stderr.write(`${line}\n`);
    });
}

function describe(rows: readonly AccountStatus[]): string {
  const lines = table(
    ["ACCOUNT", "HANDLE", "SERVER", "STATE", "STREAM", "PLUGINS"],
    rows.map((row) => [
      row.account,
      row.handle === null ? "-" : `@${row.handle}`,
      new URL(row.server).host,
      [row.state, ...(row.paused === null ? [] : ["paused"]), ...(row.dry_run ? ["dry run"] : [])].join(", "),
      row.stream.connected ? row.stream.mode : row.stream.mode === "none" ? "-" : `${row.stream.mode}, not connected`,
      row.riders.map(({ name, state, handled }) => `${name} ${state === "running" ? handled : state}`).join(", ") ||
        "-",
    ]),
  );
  const advice = rows
    .filter(({ reason }) => reason !== "")
    .map(({ account, cure, reason }) => `${account}: ${reason}${cure === "" ? "" : `; ${cure}`}`);
  const paused = rows.flatMap(({ account, paused: pause }) => (pause === null ? [] : [pauseWords(account, pause)]));
  const waiting = rows.flatMap(({ account, riders }) =>
    riders
      .filter(({ reason, state }) => reason !== "" && state !== "stopped")
      .map((r) => `${account}/${r.name}: ${r.reason}`),
  );
  const late = rows
    .filter(({ stragglers }) => stragglers > 0)
    .map(
      ({ account, stragglers }) =>
        `${account}: ${stragglers} ${stragglers === 1 ? "write" : "writes"} ended after the account had changed its owner`,
    );
  const below = [...advice, ...paused, ...waiting, ...late];
  return [...lines, ...(below.length > 0 ? [""] : []), ...below].join("\n");
}

function pauseWords(account: string, { by, reason, since, until }: NonNullable<AccountStatus["paused"]>): string {
  const who = by === "" ? "" : ` by ${by}`;
  const why = reason === "" ? "" : `: ${reason}`;
  const end = until === null ? "" : `it ends at ${until}, or `;
  return `${account}: paused since ${since}${who}${why}; ${end}end it with: bot resume ${account}`;
}
