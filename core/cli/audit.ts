import { once } from "node:events";
import { Option, type Command } from "commander";
import type { DependencyContainer } from "tsyringe";
import type { Fleet } from "../accounts/account.js";
import { didYouMean } from "../accounts/did-you-mean.js";
import { durationRule, readSince } from "../accounts/duration.js";
import { AuditLog, newestFirst, type AuditEntry, type AuditSpan } from "../client/audit-log.js";
import type { AuditOutcome } from "../client/audit.js";
import { HowdahError } from "../errors.js";
import { operationList } from "../mastodon/operations.js";
import type { Plugin } from "../plugin.js";
import { KeysToken } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { hasRun } from "./brake-selection.js";
import { unknownAccount, withServices, type Context } from "./context.js";

interface AuditOptions {
  accounts?: string;
  rider?: string;
  operation?: string;
  outcome?: ShownOutcome[];
  since?: string;
  until?: string;
  limit: string;
  json?: boolean;
}

/** What an operator calls the outcomes. */
const shown = {
  done: "sent",
  replayed: "replayed",
  "dry-run": "dry-run",
  void: "refused",
  uncertain: "uncertain",
  skipped: "skipped",
  gap: "gap",
} as const satisfies Record<AuditOutcome, string>;
type ShownOutcome = (typeof shown)[AuditOutcome];

const usualLimit = 100;
/** Lines of all audits together that are in memory at a time. */
const linesAtOnce = 10_000;
const pageLengths = { least: 5, most: 200 };

/** `bot audit`: what was written, and what was left out. */
export function addAudit(program: Command, context: Context): void {
  program
    .command("audit")
    .description("show what accounts have written, and which events they left out, the newest first")
    .argument("[account...]", "only these accounts")
    .option("--accounts <file>", "another accounts.yaml")
    .option("--rider <name>", "only what this rider did")
    .option("--operation <name>", "only this operation, such as statuses.create")
    .addOption(new Option("--outcome <outcome...>", "only what ended so").choices(Object.values(shown)))
    .option("--since <time>", "from then on: 2h ago, or 2026-08-01T12:00:00Z")
    .option("--until <time>", "up to then")
    .option("--limit <lines>", "at most so many lines, or all", String(usualLimit))
    .option("--json", "as one JSON document")
    .action(async (names: string[], options: AuditOptions) => {
      const isWanted = filterOf(options);
      const [span, limit] = [spanOf(options), limitOf(options)];
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      await withServices(context, environment, fleet, async ({ container }) => {
        const accounts = await accountsOf(container, fleet, names);
        const printer = options.json === true ? new JsonPrinter(context) : new LinePrinter(context, accounts);
        const { isMore, unreadable } = await print({ container, accounts, span, limit, isWanted, printer });
        for (const [account, count] of unreadable) {
          context.stderr.write(`${account}: ${count === 1 ? "1 line" : `${count} lines`} cannot be read: left out\n`);
        }
        if (isMore) context.stderr.write(`there is more: these are the newest ${limit}; see --limit and --since\n`);
      });
    });
}

interface Printing {
  readonly container: DependencyContainer;
  readonly accounts: readonly string[];
  readonly span: AuditSpan;
  readonly limit: number;
  readonly isWanted: (entry: AuditEntry) => boolean;
  readonly printer: Printer;
}

/** Prints line by line, so that an audit may be longer than the memory. */
async function print({ accounts, container, isWanted, limit, printer, span }: Printing) {
  const [redis, keys] = [container.resolve(RedisToken), container.resolve(KeysToken)];
  const unreadable = new Map<string, number>();
  const { least, most } = pageLengths;
  const pageLength = Math.min(most, Math.max(least, Math.floor(linesAtOnce / Math.max(1, accounts.length))));
  const audits = accounts.map((account) =>
    wantedOf(
      new AuditLog(redis, keys, account, pageLength).entries(span, () =>
        unreadable.set(account, (unreadable.get(account) ?? 0) + 1),
      ),
      isWanted,
    ),
  );
  let count = 0;
  let isMore = false;
  for await (const entry of newestFirst(audits)) {
    isMore = count === limit;
    if (isMore || !(await printer.add(entry))) break;
    count += 1;
  }
  await printer.end();
  return { isMore, unreadable };
}

async function* wantedOf(entries: AsyncGenerator<AuditEntry>, isWanted: (entry: AuditEntry) => boolean) {
  for await (const entry of entries) if (isWanted(entry)) yield entry;
}

function filterOf({ operation, outcome, rider }: AuditOptions): (entry: AuditEntry) => boolean {
  if (operation !== undefined) checkOperation(operation);
  return (entry) =>
    (rider === undefined || entry.rider === rider) &&
    (operation === undefined || entry.operation === operation) &&
    (outcome === undefined || outcome.includes(shown[entry.outcome]));
}

/** A request of a plugin's own is called by its method and path: `request POST /api/v1/pleroma/mascot`. */
function checkOperation(operation: string): void {
  const names = operationList.map(({ name }) => name as string);
  if (names.includes(operation) || operation.startsWith("request ")) return;
  const near = didYouMean(operation, names);
  throw new HowdahError("CONFIG_INVALID", `there is no operation ${operation}`, {
    cure: `${near === undefined ? "" : `did you mean ${near}? `}bot operations lists them`,
  });
}

function spanOf(options: AuditOptions): AuditSpan {
  const [since, until] = [timeOf("--since", options.since), timeOf("--until", options.until)];
  if (since === undefined || until === undefined || since <= until) return { since, until };
  throw new HowdahError("CONFIG_INVALID", "--since is later than --until", { cure: "exchange them" });
}

function timeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = readSince(text);
  if (time !== undefined) return "at" in time ? time.at : Date.now() - time.agoMs;
  throw new HowdahError("CONFIG_INVALID", `${option} ${text} is neither a duration nor a time`, {
    cure: `${durationRule}, or a time such as 2026-08-01T12:00:00Z`,
  });
}

function limitOf({ limit }: AuditOptions): number {
  if (limit === "all") return Infinity;
  if (/^[1-9]\d{0,8}$/.test(limit)) return Number(limit);
  throw new HowdahError("CONFIG_INVALID", `--limit ${limit} is no number of lines`, {
    cure: "write a number from 1 on, or all",
  });
}

/** One that was taken out of accounts.yaml has left its audit. */
async function accountsOf(
  container: DependencyContainer,
  fleet: Fleet<Plugin>,
  names: readonly string[],
): Promise<readonly string[]> {
  const known = fleet.accounts.map(({ name }) => name);
  for (const name of names) {
    if (!known.includes(name) && !(await hasRun(container, name))) throw unknownAccount(fleet, name);
  }
  return names.length === 0 ? known : [...new Set(names)];
}

/** Writes entries as they come. */
abstract class Printer {
  readonly #stdout: NodeJS.WriteStream;

  constructor({ stdout }: Pick<Context, "stdout">) {
    this.#stdout = stdout;
  }

  /** False where nobody reads any more. */
  abstract add(entry: AuditEntry): Promise<boolean>;
  abstract end(): Promise<unknown>;

  protected async write(text: string): Promise<boolean> {
    if (this.#stdout.destroyed) return false;
    // Whoever reads along may stop.
    if (!this.#stdout.write(text)) await once(this.#stdout, "drain").catch(() => undefined);
    return !this.#stdout.destroyed;
  }
}

class JsonPrinter extends Printer {
  #isEmpty = true;

  add(entry: AuditEntry): Promise<boolean> {
    const { account, at, id, invocation, operation, outcome, params, reason, rider, url } = entry;
    const row = {
      ...{ at: new Date(at).toISOString(), account, rider, invocation, operation: operation || null, params },
      ...{ outcome: shown[outcome], reason, id: id || null, url: url || null },
    };
    const before = this.#isEmpty ? "[\n" : ",\n";
    this.#isEmpty = false;
    return this.write(`${before}  ${JSON.stringify(row)}`);
  }

  async end(): Promise<void> {
    await this.write(this.#isEmpty ? "[]\n" : "\n]\n");
  }
}

class LinePrinter extends Printer {
  readonly #width: number;
  #isEmpty = true;

  constructor(context: Context, accounts: readonly string[]) {
    super(context);
    this.#width = accounts.reduce((width, name) => Math.max(width, name.length), "ACCOUNT".length);
  }

  async add(entry: AuditEntry): Promise<boolean> {
    if (this.#isEmpty) await this.write(this.#line("TIME", "ACCOUNT", "OUTCOME", "WHAT"));
    this.#isEmpty = false;
    const time = new Date(entry.at).toISOString().replace(/\.\d+Z$/, "Z");
    return this.write(this.#line(time, entry.account, shown[entry.outcome], wordsFor(entry)));
  }

  async end(): Promise<void> {
    if (this.#isEmpty) await this.write("nothing of that kind was written; the audit goes back 30 days\n");
  }

  #line(time: string, account: string, outcome: string, what: string): string {
    return `${time.padEnd(20)}  ${account.padEnd(this.#width)}  ${outcome.padEnd(9)}  ${what}\n`;
  }
}

function wordsFor({ id, invocation, operation, params, reason, url }: AuditEntry): string {
  const about = Object.entries(params).map(([name, value]) => `${name}=${String(value)}`);
  const made = url || (id === "" ? "" : `id ${id}`);
  return [operation, ...about, made === "" ? "" : `-> ${made}`, `(${invocation})`, reason]
    .filter((word) => word !== "")
    .join(" ")
    .replaceAll(/\p{Cc}+/gu, " ");
}
