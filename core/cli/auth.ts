import { constants } from "node:os";
import { text } from "node:stream/consumers";
import { Argument, type Command } from "commander";
import type { DependencyContainer } from "tsyringe";
import type { Account, Fleet } from "../accounts/account.js";
import { AuthService, type Standing } from "../auth/auth-service.js";
import { Authorization } from "../auth/authorization.js";
import { HowdahError } from "../errors.js";
import { scopeNotes } from "../auth/scope-notes.js";
import { neededScopes } from "../host/needed-scopes.js";
import { parseScopes } from "../mastodon/scopes.js";
import { Servers } from "../host/servers.js";
import { sendWake } from "../host/wake.js";
import type { Plugin } from "../plugin.js";
import { KeysToken } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { accountNamed, withServices, type Context, type Services } from "./context.js";
import { talkThrough } from "./auth-dialogue.js";
import { exitCodeFor, exitCodes, explain } from "./exit.js";
import { InputLines } from "./input-lines.js";
import { settleName } from "./settle-name.js";

interface AuthOptions {
  accounts?: string;
  url?: boolean;
  code?: string;
  withToken?: boolean;
  all?: boolean;
  qr?: boolean;
}

/** One call of the command. */
interface Call {
  readonly context: Context;
  readonly container: DependencyContainer;
  readonly options: AuthOptions;
  readonly lines: InputLines;
  /** What was begun at this terminal and is not ended: a signal ends it without a trace. */
  readonly begun: Set<Account<Plugin>>;
}

/** `bot auth`: the operator's part of the sequence. */
export function addAuth(program: Command, context: Context): void {
  program
    .command("auth")
    .description("authorize an account: visit the server's page, paste the code it shows")
    .addArgument(new Argument("[account]", "its name in accounts.yaml"))
    .option("--accounts <file>", "another accounts.yaml")
    .option("--url", "print only the address to visit")
    .option("--code <code>", "finish with this code")
    .option("--with-token", "take an access token from standard input instead")
    .option("--all", "walk through all accounts that need it")
    .option("--qr", "at a terminal, show the address as a QR code as well")
    .action(async (name: string | undefined, options: AuthOptions) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      const chosen = accountFor(fleet, name, options);
      await withServices(context, environment, fleet, async (services) => {
        const { container } = services;
        const call: Call = { context, container, options, lines: new InputLines(context.stdin), begun: new Set() };
        const stopHearing = endAtSignal(services, call);
        try {
          await (chosen === undefined ? walk(call, await needing(fleet, container)) : authorize(call, chosen));
        } finally {
          stopHearing();
          call.lines.close();
        }
      });
    });
}

/** The account that is named; undefined for --all. */
function accountFor(fleet: Fleet<Plugin>, name: string | undefined, options: AuthOptions) {
  if (options.all === true && name === undefined && options.code === undefined && options.withToken !== true) {
    return undefined;
  }
  if (name !== undefined && options.all !== true) return accountNamed(fleet, name);
  throw new HowdahError("CONFIG_INVALID", "bot auth wants the name of one account, or --all alone", {
    cure: `the accounts are: ${fleet.accounts.map((account) => account.name).join(", ")}`,
  });
}

async function needing(fleet: Fleet<Plugin>, container: DependencyContainer): Promise<Account<Plugin>[]> {
  const auth = container.resolve(AuthService);
  const needy: Account<Plugin>[] = [];
  for (const account of fleet.accounts) {
    // What is against it is said when its turn comes.
    const isSettled = await settleName(container, account).then(
      () => true,
      () => false,
    );
    if (!isSettled) {
      needy.push(account);
      continue;
    }
    const { missing, state } = await auth.run(account, neededScopes(account).scopes);
    if (state === "needs_authorization" || missing.length > 0) needy.push(account);
  }
  return needy;
}

/** One after the other: what fails for one account is said, and the next one follows. Giving up ends it. */
async function walk(call: Call, accounts: readonly Account<Plugin>[]): Promise<void> {
  if (accounts.length === 0) call.context.stderr.write("no account needs it\n");
  const waiting = new Set(accounts.map(({ name }) => name));
  for (const [index, account] of accounts.entries()) {
    try {
      if (!(await authorize(call, account, `${index + 1} of ${accounts.length}`))) break;
      waiting.delete(account.name);
    } catch (error) {
      call.context.stderr.write(`${account.name}: ${explain(error)}\n`);
      process.exitCode = exitCodeFor(error);
    }
  }
  if (accounts.length > 1 && call.options.url !== true) call.context.stderr.write(summaryOf(accounts.length, waiting));
}

function summaryOf(count: number, waiting: ReadonlySet<string>): string {
  if (waiting.size === 0) return `all ${count} accounts are authorized\n`;
  return `${count - waiting.size} of ${count} accounts are authorized; still to do: ${[...waiting].join(", ")}\n`;
}

/** Answers whether to go on: false when the operator gave up. */
async function authorize(call: Call, account: Account<Plugin>, place = ""): Promise<boolean> {
  const standing = await standingOf(call, account, place);
  if (standing === "given up") process.exitCode = exitCodes.authorizationNeeded;
  else if (standing !== undefined) await conclude(call, account, standing);
  return standing !== "given up";
}

/** How the account stands after whatever way was chosen; undefined where only the address was asked for. */
async function standingOf(
  call: Call,
  account: Account<Plugin>,
  place: string,
): Promise<Standing | "given up" | undefined> {
  const { container, context, lines, options } = call;
  const authorization = container.resolve(Authorization);
  await settleName(container, account);
  const needed = neededScopes(account);
  const finish = (code: string) => authorization.finish(account, needed.scopes, code);
  if (options.withToken === true) return authorization.adopt(account, needed.scopes, await pipedToken(context));
  if (options.code !== undefined) return finish(options.code);
  const url = await authorization.begin(account, needed.scopes);
  if (options.url === true) {
    context.stdout.write(`${url}\n`);
    return undefined;
  }
  if (!context.stdin.isTTY) {
    context.stderr.write(`visit ${url}\nand give the code on standard input\n`);
    return finish(await lines.next());
  }
  call.begun.add(account);
  const rules = await rulesOf(container, account.server);
  const standing = await talkThrough({ account, needed, rules, url, qr: options.qr === true, place, finish });
  if (standing === undefined) await authorization.giveUp(account);
  call.begun.delete(account);
  return standing ?? "given up";
}

/** For the operator to read: a server that does not tell them holds nothing up. */
async function rulesOf(container: DependencyContainer, server: string): Promise<readonly string[]> {
  const info = await container
    .resolve(Servers)
    .info(server)
    .catch(() => undefined);
  return info?.rules ?? [];
}

/** Says how the account stands now, and wakes its owner. */
async function conclude({ container, context }: Call, account: Account<Plugin>, standing: Standing): Promise<void> {
  await sendWake(container.resolve(RedisToken), container.resolve(KeysToken), {
    account: account.name,
    why: "credentials",
  });
  const who = standing.person === undefined ? account.name : `${account.name} is @${standing.person.username}`;
  context.stdout.write(`${who} on ${new URL(account.server).host}: ${standing.state}\n`);
  if (standing.reason !== "") context.stdout.write(`${standing.reason}\n  ${standing.cure}\n`);
  if (standing.missing.length > 0) {
    context.stdout.write(`the server did not grant: ${standing.missing.join(" ")}\n`);
  }
  for (const note of await notesOn(container, account, standing)) context.stdout.write(`${note}\n`);
}

/** What the operator should know of how the server takes scopes; nothing where it does not say what it is. */
async function notesOn(container: DependencyContainer, account: Account<Plugin>, { credentials }: Standing) {
  if (credentials?.appScopes === undefined) return [];
  const needed = neededScopes(account).scopes;
  const info = await container
    .resolve(Servers)
    .info(account.server)
    .catch(() => undefined);
  const asked = parseScopes(credentials.appScopes);
  return info === undefined ? [] : scopeNotes(info, { asked, granted: credentials.scopes, needed });
}

/** Waiting for an operator may take long: whoever ends it must leave behind neither what was begun nor an embedded Redis. */
function endAtSignal(services: Services, { begun, container }: Call): () => void {
  const end = (signal: NodeJS.Signals) => {
    const authorization = container.resolve(Authorization);
    void Promise.allSettled([...begun].map((account) => authorization.giveUp(account)))
      .then(() => services.close())
      .finally(() => process.exit(128 + constants.signals[signal]));
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.once(signal, end);
  return () => {
    for (const signal of signals) process.off(signal, end);
  };
}

async function pipedToken(context: Context): Promise<string> {
  const token = (await text(context.stdin)).trim();
  if (/^\S+$/.test(token)) return token;
  throw new HowdahError("CONFIG_INVALID", "standard input holds no token", {
    cure: "pipe it in: bot auth NAME --with-token < file",
  });
}
