import type { DependencyContainer } from "tsyringe";
import type { Account, Fleet } from "../accounts/account.js";
import { whyUnauthorized } from "../auth/unauthorized.js";
import { isUndecided } from "../auth/undecided.js";
import { VaultToken, type Vault } from "../auth/vault.js";
import { Budgets } from "../client/budgets.js";
import { Pauses } from "../client/pauses.js";
import { RedisLedger } from "../client/redis-ledger.js";
import type { MarkedFleet } from "../host/entry-marks.js";
import { InForce, type Configuration } from "../host/in-force.js";
import { neededScopes } from "../host/needed-scopes.js";
import { Renames } from "../host/renames.js";
import { isoTime, pauseStatus, StatusBoard, type AccountStatus } from "../host/status.js";
import { missingScopes } from "../mastodon/scopes.js";
import type { Plugin } from "../plugin.js";
import { KeysToken } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { refusalNow } from "../store/refusal.js";
import { KeyringToken } from "../store/seal.js";

/** How each account of the fleet stands: what its owner says, and where there is none, what is stored. */
export async function accountStatuses(fleet: Fleet<Plugin>, container: DependencyContainer): Promise<AccountStatus[]> {
  const board = container.resolve(StatusBoard);
  const stored = new Stored(container.resolve(VaultToken), container.resolve(Renames));
  const inForce = container.resolve(InForce);
  const [now, own] = [await inForce.read(), await inForce.mark(fleet)];
  const budgets = container.resolve(Budgets);
  const [redis, keys] = [container.resolve(RedisToken), container.resolve(KeysToken)];
  const keyring = container.resolve(KeyringToken);
  const pauses = new Pauses(redis, keys);
  const refusal = await refusalNow(redis, keys.fleet("probe"));
  return Promise.all(
    fleet.accounts.map(async (account) => ({
      ...(await statusOf(account, board, stored, () => notInForce(account.name, own, now))),
      ...(refusal && { state: "held" as const, reason: refusal.message, cure: refusal.cure ?? "" }),
      stragglers: await new RedisLedger(redis, keys, keyring, account.name).stragglers(),
      budget: await budgetOf(account, budgets),
      paused: pauseStatus((await pauses.read(account.name))?.pause),
    })),
  );
}

/** As the whole fleet counts it. */
async function budgetOf(account: Account<Plugin>, budgets: Budgets): Promise<AccountStatus["budget"]> {
  const riders = account.riders.map(({ name }) => name);
  const rows = await budgets.rows(account, riders);
  return rows.map(({ resetsAt, ...row }) => ({ ...row, resets_at: new Date(resetsAt).toISOString() }));
}

/** Why no process may run the account as the file here has it; undefined: one may. */
function notInForce(name: string, own: MarkedFleet, now: Configuration | undefined) {
  if (now === undefined || now.entries.get(name)?.digest === own.marks.get(name)?.digest) return undefined;
  const what = now.entries.has(name) ? "has another entry for it than the file here" : "does not have it";
  const reason = `the configuration in force (generation ${now.generation}) ${what}`;
  return { state: "held", reason, cure: "put the file here in force with: bot reload" } as const;
}

async function statusOf(
  account: Account<Plugin>,
  board: StatusBoard,
  stored: Stored,
  waits: () => Pick<AccountStatus, "state" | "reason" | "cure"> | undefined,
): Promise<AccountStatus> {
  const said = await board.read(account.name);
  if (said?.isFresh === true && said.status.server === account.server) return said.status;
  const { credentials, held, person, why } = await stored.of(account);
  const needed = neededScopes(account).scopes;
  const before = said?.status.server === account.server ? said.status : undefined;
  const unauthorized = {
    state: "needs_authorization",
    ...(before?.state === "needs_authorization" ? { reason: before.reason, cure: before.cure } : why),
  } as const;
  const notRunning = {
    state: before === undefined || before.state === "needs_authorization" ? "unreachable" : before.state,
    reason: "no process runs this account",
    cure: "start one with: bot run",
  } as const;
  return {
    account: account.name,
    server: account.server,
    handle: person?.username ?? account.handle ?? null,
    ...(held ?? (credentials === undefined ? unauthorized : (waits() ?? notRunning))),
    since: before?.since ?? new Date().toISOString(),
    paused: null,
    dry_run: account.dryRun,
    scopes: {
      needed,
      granted: credentials?.scopes ?? [],
      missing: credentials === undefined ? needed : missingScopes(credentials.scopes, needed),
      notes: before?.scopes.notes ?? [],
    },
    token:
      credentials === undefined
        ? null
        : {
            expires_at: isoTime(credentials.expiresAt),
            refreshable: credentials.refreshToken !== undefined,
            generation: credentials.generation,
          },
    stream: { mode: "none", connected: false, last_event_at: before?.stream.last_event_at ?? null },
    owner: null,
    riders: account.riders.map(({ name, plugin }) => {
      const rider = before?.riders.find((row) => row.name === name);
      const counts = { handled: rider?.handled ?? 0, failed: rider?.failed ?? 0, waiting: rider?.waiting ?? 0 };
      return { name, plugin: plugin.name, state: "stopped", reason: "no process runs this account", ...counts };
    }),
    stragglers: 0,
    budget: [],
  };
}

/** What is known of accounts that nobody runs. */
class Stored {
  readonly #vault: Vault;
  readonly #renames: Renames;

  constructor(vault: Vault, renames: Renames) {
    this.#vault = vault;
    this.#renames = renames;
  }

  /** A vault that waits for the operator's decision gives nothing out. */
  async of(account: Account<Plugin>) {
    try {
      const held = await this.#waitsForItsName(account);
      const [credentials, person] = [await this.#vault.credentials(account), await this.#vault.person(account)];
      return { credentials, person, held, why: await whyUnauthorized(this.#vault, account) };
    } catch (error) {
      if (!isUndecided(error)) throw error;
      const held = { state: "held", reason: error.message, cure: error.cure ?? "" } as const;
      return { credentials: undefined, person: undefined, held, why: { reason: "", cure: "" } };
    }
  }

  async #waitsForItsName(account: Account<Plugin>) {
    const { name, was } = account;
    if (was === undefined || !(await this.#renames.isPending({ ...account, was }))) return undefined;
    const reason = `it is still stored as ${was}, and becomes ${name} when a process runs it`;
    return { state: "held", reason, cure: "start one with: bot run" } as const;
  }
}
