import type { DependencyContainer } from "tsyringe";
import type { Fleet } from "../accounts/account.js";
import { VaultToken } from "../auth/vault.js";
import { VaultMirrorToken } from "../auth/vault-mirror.js";
import type { AccountStatus } from "../host/status.js";
import type { Plugin } from "../plugin.js";
import { AnnouncedKeysToken, type LiveProcess } from "../store/announced-keys.js";
import { KeyringToken } from "../store/seal.js";
import { ok, warn, type Check, type Looked } from "./doctor-check.js";
import { accountStatuses } from "./account-statuses.js";

/** What the checks of the fleet look at. */
export interface FleetSubject {
  readonly fleet: Fleet<Plugin>;
  readonly container: DependencyContainer;
}

/** The fleet as a whole: its keys, its mirror, its processes, its accounts. */
export const fleetChecks: readonly Check<FleetSubject>[] = [
  { name: "keys", look: keys },
  { name: "mirror", look: mirror },
  { name: "processes", look: processes },
  { name: "accounts", look: accounts },
  { name: "riders", look: riders },
];

async function keys({ container }: FleetSubject): Promise<Looked> {
  const { ids, writing } = container.resolve(KeyringToken);
  const [newest] = ids;
  const behind = (await others(container)).filter((process) => !process.keys.includes(newest));
  if (behind.length > 0) {
    return warn(
      `${writing} is in use; ${named(behind)} do not have the newest, ${newest}`,
      "give all processes the same keys, the newest first, and start those anew",
    );
  }
  if (writing !== newest) {
    return warn(`${writing} is in use, ${newest} is newer and not taken up yet`, "run this again in ten seconds");
  }
  const older = ids.length === 1 ? "" : `, ${ids.length - 1} older at hand`;
  return ok(`the newest, ${newest}, is in use${older}`);
}

async function mirror({ container, fleet }: FleetSubject): Promise<Looked> {
  const copy = container.resolve(VaultMirrorToken);
  await copy.decided();
  const { accounts: mirrored } = await copy.contents();
  const vault = container.resolve(VaultToken);
  const missing: string[] = [];
  for (const { name, server } of fleet.accounts) {
    const isThere = mirrored.some((row) => row.account === name && row.server === server);
    if (!isThere && (await vault.generation({ name, server })) > 0) missing.push(name);
  }
  if (missing.length > 0) {
    return warn(
      `${copy.path} does not hold ${missing.slice(0, 5).join(", ")}${missing.length > 5 ? " and others" : ""}`,
      "make the directory writable for this user; it is written when the accounts are used next",
    );
  }
  const newest = mirrored
    .map(({ saved_at }) => saved_at)
    .toSorted()
    .at(-1);
  return ok(
    newest === undefined
      ? `${copy.path} is empty: no account has been authorized`
      : `${copy.path} holds ${mirrored.length}, last changed ${newest}`,
  );
}

async function processes({ container, fleet }: FleetSubject): Promise<Looked> {
  const statuses = await accountStatuses(fleet, container);
  const owners = new Set(statuses.flatMap(({ owner }) => (owner === null ? [] : `${owner.process} on ${owner.host}`)));
  const owned = statuses.filter(({ owner }) => owner !== null).length;
  if (owners.size === 0) return warn("no process runs any account", "start one with: bot run");
  const found = `${[...owners].join(", ")}: ${owned} of ${statuses.length} accounts have an owner`;
  return owned === statuses.length
    ? ok(found)
    : warn(found, "wait some seconds; if it stays so, start the processes anew with this accounts.yaml");
}

async function accounts({ container, fleet }: FleetSubject): Promise<Looked> {
  const statuses = await accountStatuses(fleet, container);
  const counts = new Map<string, number>();
  for (const { state } of statuses) counts.set(state, (counts.get(state) ?? 0) + 1);
  const paused = statuses.filter((row) => row.paused !== null);
  const states = [...counts].map(([state, count]) => `${count} ${state}`).join(", ");
  const found = paused.length === 0 ? states : `${states}; ${paused.length} paused: ${list(paused)}`;
  if (counts.size === 1 && counts.has("ready")) {
    return paused.length === 0 ? ok(found) : warn(found, "let them write again with: bot resume");
  }
  const waiting = statuses.filter(({ state }) => state === "needs_authorization");
  if (waiting.length > 0) return warn(`${found}: ${list(waiting)}`, "authorize them with: bot auth --all");
  return warn(found, "see what each needs with: bot status");
}

/** Riders that do not run although a process runs their account: held, stopped, failed. */
async function riders({ container, fleet }: FleetSubject): Promise<Looked> {
  const owned = (await accountStatuses(fleet, container)).filter(({ owner }) => owner !== null);
  const all = owned.flatMap(({ account, riders: own }) => own.map((rider) => ({ ...rider, account })));
  const down = all.filter(({ state }) => state === "held" || state === "stopped" || state === "failed");
  if (down.length === 0) return ok(`${all.length} run, or wait for scopes`);
  const names = down.slice(0, 5).map(({ account, name, state }) => `${account}/${name} (${state})`);
  const more = down.length > names.length ? ` and ${down.length - names.length} more` : "";
  return warn(`${names.join(", ")}${more}`, "see why, and what lets each run again, with: bot status");
}

/** Live processes but this one. */
async function others(container: DependencyContainer): Promise<LiveProcess[]> {
  const live = await container.resolve(AnnouncedKeysToken).live();
  return live.filter(({ pid }) => pid !== process.pid);
}

function named(live: readonly LiveProcess[]): string {
  return live.map(({ host, pid }) => `${pid} on ${host}`).join(", ");
}

function list(rows: readonly AccountStatus[]): string {
  const names = rows.slice(0, 5).map(({ account }) => account);
  return rows.length > names.length ? `${names.join(", ")} and ${rows.length - names.length} more` : names.join(", ");
}
