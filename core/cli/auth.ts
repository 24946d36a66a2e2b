import { text } from "node:stream/consumers";
import { createInterface } from "node:readline";
import { Argument, type Command } from "commander";
import type { DependencyContainer } from "tsyringe";
import type { Account, Fleet } from "../accounts/account.js";
import { AuthService, type Standing } from "../auth/auth-service.js";
import { Authorization } from "../auth/authorization.js";
import { HowdahError } from "../errors.js";
import { neededScopes } from "../host/needed-scopes.js";
import { sendWake } from "../host/wake.js";
import type { Plugin } from "../plugin.js";
import { KeysToken } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { accountNamed, withServices, type Context } from "./context.js";
import { talkThrough } from "./auth-dialogue.js";
import { exitCodes } from "./exit.js";

interface AuthOptions {
  accounts?: string;
  url?: boolean;
  code?: string;
  withToken?: boolean;
  all?: boolean;
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
    .action(async (name: string | undefined, options: AuthOptions) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      const chosen = accountsFor(fleet, name, options);
      await withServices(context, environment, fleet, async ({ container }) => {
        for (const account of chosen ?? (await needing(fleet, container))) {
          await authorize(context, container, account, options);
        }
      });
    });
}

function accountsFor(fleet: Fleet<Plugin>, name: string | undefined, options: AuthOptions) {
  if (options.all === true && name === undefined && options.code === undefined && options.withToken !== true) {
    return undefined;
  }
  if (name !== undefined && options.all !== true) return [accountNamed(fleet, name)];
  throw new HowdahError("CONFIG_INVALID", "bot auth wants the name of one account, or --all alone", {
    cure: `the accounts are: ${fleet.accounts.map((account) => account.name).join(", ")}`,
  });
}

async function needing(fleet: Fleet<Plugin>, container: DependencyContainer): Promise<Account<Plugin>[]> {
  const auth = container.resolve(AuthService);
  const needy: Account<Plugin>[] = [];
  for (const account of fleet.accounts) {
    const { missing, state } = await auth.run(account, neededScopes(account).scopes);
    if (state === "needs_authorization" || missing.length > 0) needy.push(account);
  }
  return needy;
}

async function authorize(
  context: Context,
  container: DependencyContainer,
  account: Account<Plugin>,
  options: AuthOptions,
): Promise<void> {
  const authorization = container.resolve(Authorization);
  const needed = neededScopes(account);
  const finish = (code: string) => authorization.finish(account, needed.scopes, code);
  if (options.withToken === true) {
    return conclude(
      context,
      container,
      account,
      await authorization.adopt(account, needed.scopes, await pipedText(context)),
    );
  }
  if (options.code !== undefined) return conclude(context, container, account, await finish(options.code));
  const url = await authorization.begin(account, needed.scopes);
  if (options.url === true) {
    context.stdout.write(`${url}\n`);
    return;
  }
  if (context.stdin.isTTY) {
    const standing = await talkThrough({ account, needed, url, finish });
    if (standing !== undefined) return conclude(context, container, account, standing);
    await authorization.giveUp(account);
    process.exitCode = exitCodes.authorizationNeeded;
    return;
  }
  context.stderr.write(`visit ${url}\nand give the code on standard input\n`);
  return conclude(context, container, account, await finish(await firstLine(context)));
}

/** Says how the account stands now, and wakes its owner. */
async function conclude(
  context: Context,
  container: DependencyContainer,
  account: Account<Plugin>,
  standing: Standing,
): Promise<void> {
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
}

async function pipedText(context: Context): Promise<string> {
  const token = (await text(context.stdin)).trim();
  if (/^\S+$/.test(token)) return token;
  throw new HowdahError("CONFIG_INVALID", "standard input holds no token", {
    cure: "pipe it in: bot auth NAME --with-token < file",
  });
}

async function firstLine(context: Context): Promise<string> {
  for await (const line of createInterface({ input: context.stdin })) return line;
  throw new HowdahError("CODE_REFUSED", "standard input holds no code", {
    cure: "pipe it in, or use --url and --code",
  });
}
