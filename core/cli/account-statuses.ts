import type { DependencyContainer } from "tsyringe";
import type { Account, Fleet } from "../accounts/account.js";
import { whyUnauthorized } from "../auth/unauthorized.js";
import { isUndecided } from "../auth/undecided.js";
import { VaultToken, type Vault } from "../auth/vault.js";
import { neededScopes } from "../host/needed-scopes.js";
import { isoTime, StatusBoard, type AccountStatus } from "../host/status.js";
import { missingScopes } from "../mastodon/scopes.js";
import type { Plugin } from "../plugin.js";

/** How each account of the fleet stands: what its owner says, and where there is none, what is stored. */
export async function accountStatuses(fleet: Fleet<Plugin>, container: DependencyContainer): Promise<AccountStatus[]> {
  const board = container.resolve(StatusBoard);
  const vault = container.resolve(VaultToken);
  return Promise.all(fleet.accounts.map((account) => statusOf(account, board, vault)));
}

async function statusOf(account: Account<Plugin>, board: StatusBoard, vault: Vault): Promise<AccountStatus> {
  const said = await board.read(account.name);
  if (said?.isFresh === true && said.status.server === account.server) return said.status;
  const { credentials, held, person, why } = await storedOf(account, vault);
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
    ...(held ?? (credentials === undefined ? unauthorized : notRunning)),
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
    budget: [],
  };
}

/** A vault that waits for the operator's decision gives nothing out. */
async function storedOf(account: Account<Plugin>, vault: Vault) {
  try {
    const [credentials, person] = [await vault.credentials(account), await vault.person(account)];
    return { credentials, person, held: undefined, why: await whyUnauthorized(vault, account) };
  } catch (error) {
    if (!isUndecided(error)) throw error;
    const held = { state: "held", reason: error.message, cure: error.cure ?? "" } as const;
    return { credentials: undefined, person: undefined, held, why: { reason: "", cure: "" } };
  }
}
