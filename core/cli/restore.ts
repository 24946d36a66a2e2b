import type { Command } from "commander";
import type { DependencyContainer } from "tsyringe";
import type { MirrorContents } from "../auth/mirror-directory.js";
import type { AccountKey } from "../auth/vault.js";
import { VaultMirrorToken, type Restored, type VaultMirror } from "../auth/vault-mirror.js";
import { HowdahError } from "../errors.js";
import { sendWake } from "../host/wake.js";
import { KeysToken } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { confirmed } from "./confirm.js";
import { withServices, type Context } from "./context.js";
import { exitCodes } from "./exit.js";

interface RestoreOptions {
  accounts?: string;
  discard?: boolean;
  yes?: boolean;
}

/** `bot restore`: what becomes of the vault's mirror after Redis has lost its data. */
export function addRestore(program: Command, context: Context): void {
  program
    .command("restore")
    .description("after Redis has lost its data: load the accounts' credentials from the mirror, or forget them")
    .option("--accounts <file>", "another accounts.yaml")
    .option("--discard", "forget what the mirror holds")
    .option("--yes", "do not ask")
    .action(async (options: RestoreOptions) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      await withServices(context, environment, fleet, async ({ container }) => {
        const mirror = container.resolve(VaultMirrorToken);
        if (!(await mirror.isUndecided())) return nothingToDecide(context, mirror);
        await (options.discard === true ? discard : load)(context, container, options);
      });
    });
}

async function nothingToDecide(context: Context, mirror: VaultMirror): Promise<void> {
  const { accounts } = await mirror.contents();
  if (accounts.length === 0) {
    throw new HowdahError("MIRROR_INVALID", `there is no mirror of the vault in ${mirror.path}`, {
      cure: "set BOT_DATA to the directory of the fleet that ran before, or authorize the accounts: bot auth --all",
    });
  }
  context.stdout.write(
    `Nothing to restore: Redis holds the vault that the mirror was made of (${counted(accounts)}).\n`,
  );
}

async function load(context: Context, container: DependencyContainer, { yes }: RestoreOptions): Promise<void> {
  const mirror = container.resolve(VaultMirrorToken);
  context.stderr.write(`${describe(await mirror.contents())}\n`);
  if (!(await confirmed(context, "Load these into Redis?", yes))) {
    process.exitCode = exitCodes.failed;
    return;
  }
  const restored = await mirror.restore();
  await wake(container, restored.accounts);
  context.stdout.write(`${report(restored)}\n`);
}

async function discard(context: Context, container: DependencyContainer, { yes }: RestoreOptions): Promise<void> {
  const mirror = container.resolve(VaultMirrorToken);
  const accounts = await mirror.accountCount();
  context.stderr.write(
    `The mirror in ${mirror.path} holds ${accounts} ${accounts === 1 ? "file" : "files"} of accounts.\n`,
  );
  if (!(await confirmed(context, "Forget these tokens for good? Each account must be authorized anew.", yes))) {
    process.exitCode = exitCodes.failed;
    return;
  }
  await mirror.discard();
  context.stdout.write("The mirror is empty. Authorize the accounts with: bot auth --all\n");
}

/** Their owners, where a fleet runs, take them up at once. */
async function wake(container: DependencyContainer, accounts: readonly AccountKey[]): Promise<void> {
  const [redis, keys] = [container.resolve(RedisToken), container.resolve(KeysToken)];
  for (const { name } of accounts) await sendWake(redis, keys, { account: name, why: "credentials" });
}

function describe({ accounts }: MirrorContents): string {
  const times = accounts.map(({ saved_at }) => saved_at).toSorted();
  const lines = accounts.map(({ account, saved_at, server }) => `  ${account} on ${server}, saved ${saved_at}`);
  const age =
    times.length === 0
      ? ""
      : `, the oldest saved ${daysSince(times[0] ?? "")}, the newest ${daysSince(times.at(-1) ?? "")}`;
  return [`The mirror holds ${counted(accounts)}${age}:`, ...lines].join("\n");
}

function daysSince(time: string): string {
  const days = Math.floor((Date.now() - Date.parse(time)) / (24 * 60 * 60 * 1_000));
  return days <= 0 ? "today" : days === 1 ? "a day ago" : `${days} days ago`;
}

function report({ accounts, kept }: Restored): string {
  return [
    `${counted(accounts)} restored. Each is verified now; where a token was renewed after the mirror was written, the`,
    "old one is spent and the account needs: bot auth",
    ...kept.map(({ account, why }) => `${account.name}: left as it is (${why})`),
  ].join("\n");
}

function counted(accounts: readonly unknown[]): string {
  return accounts.length === 1 ? "1 account" : `${accounts.length} accounts`;
}
