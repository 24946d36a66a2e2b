import type { Command } from "commander";
import type { DependencyContainer } from "tsyringe";
import type { Account, Fleet } from "../accounts/account.js";
import { Revoking, type Revocation } from "../auth/revocation.js";
import { VaultToken, type Person } from "../auth/vault.js";
import { sendWake } from "../host/wake.js";
import type { Plugin } from "../plugin.js";
import { KeysToken } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { confirmed } from "./confirm.js";
import { accountNamed, withServices, type Context } from "./context.js";
import { exitCodes } from "./exit.js";
import { settleName } from "./settle-name.js";

interface RevokeOptions {
  accounts?: string;
  local?: boolean;
  forgetPerson?: boolean;
  yes?: boolean;
}

/** `bot revoke`: ends an account's token. */
export function addRevoke(program: Command, context: Context): void {
  program
    .command("revoke")
    .description("end an account's token at its server, and forget it here")
    .argument("<account>", "its name in accounts.yaml")
    .option("--accounts <file>", "another accounts.yaml")
    .option("--local", "only forget it here: the server is not asked")
    .option("--forget-person", "also forget whose account it is: somebody else may be authorized then")
    .option("--yes", "do not ask")
    .action(async (name: string, options: RevokeOptions) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      const account = accountNamed(fleet, name);
      await withServices(context, environment, fleet, ({ container }) =>
        revoke(context, container, { account, fleet, options }),
      );
    });
}

/** What one call is about. */
interface Call {
  readonly account: Account<Plugin>;
  readonly fleet: Fleet<Plugin>;
  readonly options: RevokeOptions;
}

async function revoke(context: Context, container: DependencyContainer, call: Call): Promise<void> {
  const { account, fleet, options } = call;
  await settleName(container, account);
  const vault = container.resolve(VaultToken);
  const credentials = await vault.credentials(account);
  const person = await vault.person(account);
  if (credentials !== undefined || (person !== undefined && options.forgetPerson === true)) {
    if (!(await confirmed(context, question(call, person), options.yes))) {
      process.exitCode = exitCodes.failed;
      return;
    }
  }
  const revocation = await container.resolve(Revoking).revoke({
    account,
    fleet: fleet.accounts.map(({ name }) => name),
    onlyHere: options.local === true,
  });
  const isKept = revocation.outcome === "kept";
  if (!isKept && options.forgetPerson === true) await vault.unpin(account);
  await wake(container, account);
  context.stdout.write(`${wordsFor(account, revocation)}\n`);
  if (!isKept && options.forgetPerson === true) context.stdout.write(`${aboutPerson(account, person)}\n`);
  if (isKept) process.exitCode = exitCodes.failed;
}

function question({ account, options }: Call, person: Person | undefined): string {
  const who = person === undefined ? account.name : `${account.name} (@${person.username} on ${hostOf(account)})`;
  const what = options.local === true ? `Forget the token of ${who} here` : `Revoke the token of ${who}`;
  const more = options.forgetPerson === true ? ", and forget who it is" : "";
  return `${what}${more}? It can do nothing until it is authorized again.`;
}

/** Its owner, where a fleet runs, stops at once. */
async function wake(container: DependencyContainer, { name }: Account<Plugin>): Promise<void> {
  const [redis, keys] = [container.resolve(RedisToken), container.resolve(KeysToken)];
  await sendWake(redis, keys, { account: name, why: "credentials" });
}

function wordsFor(account: Account<Plugin>, revocation: Revocation): string {
  const { name } = account;
  const host = hostOf(account);
  const byHand = `on the web page of ${host}, signed in as the bot (Preferences, Account, Authorized apps)`;
  switch (revocation.outcome) {
    case "none":
      return `${name} holds no token: there is nothing to revoke`;
    case "revoked":
      return `${name}: the token is revoked on ${host} and forgotten here`;
    case "forgotten":
      return `${name}: the token is forgotten here; it is still good on ${host}\n  end it there ${byHand}`;
    case "shared":
      return `${name}: the token is forgotten here, and not revoked: the account ${revocation.with} lives by the same one`;
    case "foreign":
      return `${name}: the token is forgotten here, and still good: only the app that it was made for can revoke it\n  end it ${byHand}`;
    case "kept":
      return `${name}: not revoked (${revocation.why}); the token is still in force\n  try again later, or forget it here only: bot revoke ${name} --local`;
  }
}

function aboutPerson({ name }: Account<Plugin>, person: Person | undefined): string {
  return person === undefined
    ? `${name} was nobody's so far`
    : `${name} is not @${person.username} any more: authorize whom it belongs to with: bot auth ${name}`;
}

function hostOf({ server }: Account<Plugin>): string {
  return new URL(server).host;
}
