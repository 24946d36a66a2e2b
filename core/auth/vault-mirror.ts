import { randomUUID } from "node:crypto";
import type { InjectionToken } from "tsyringe";
import { HowdahError } from "../errors.js";
import { sealedUnder, type Keyring } from "../store/seal.js";
import type { MirrorContents, MirrorDirectory } from "./mirror-directory.js";
import type { AccountKey, Vault } from "./vault.js";
import { accountPlace, appPlace } from "./vault-keys.js";
import { personOf, type VaultRows } from "./vault-rows.js";

/** How long the mirror's accounts need not be counted again while nothing is decided: many accounts ask at once. */
const undecidedForMs = 1_000;

/** Where it is said that the mirror cannot be written. */
export interface MirrorLog {
  warn(fields: object, text: string): void;
}

/** What a mirror is made of. */
export interface MirrorOptions {
  readonly rows: VaultRows;
  readonly directory: MirrorDirectory;
  /** Proves that the mirror can be opened before it is restored. */
  readonly keyring: Keyring;
  /** The vault that is mirrored. */
  readonly vault: Vault;
  readonly log: MirrorLog;
}

/** How a restore went. */
export interface Restored {
  /** Accounts that are in Redis again. */
  readonly accounts: readonly AccountKey[];
  /** Accounts that were left as they are in Redis, and why. */
  readonly kept: readonly { readonly account: AccountKey; readonly why: string }[];
}

/**
 * Keeps a copy of the vault's rows in files, still sealed, and stands guard: while Redis holds another vault than the
 * one that the mirror was made of, or none, and the mirror holds accounts, nothing is used until the operator decides.
 */
export class VaultMirror {
  readonly #rows: VaultRows;
  readonly #directory: MirrorDirectory;
  readonly #keyring: Keyring;
  readonly #vault: Vault;
  readonly #log: MirrorLog;
  #mirrored: string | undefined;
  #complaint = "";
  /** What is kept in its turn. */
  #turn: Promise<void> = Promise.resolve();
  #isStopped = false;
  #undecided: { readonly error: HowdahError; readonly between: string; readonly at: number } | undefined;

  constructor({ directory, keyring, log, rows, vault }: MirrorOptions) {
    this.#rows = rows;
    this.#directory = directory;
    this.#keyring = keyring;
    this.#vault = vault;
    this.#log = log;
  }

  /** Passes where the vault may be used. Throws VAULT_UNDECIDED where the operator has to decide first. */
  async decided(): Promise<void> {
    const stored = await this.#rows.identity();
    if (stored !== undefined && stored === this.#mirrored) return;
    await this.#compare(stored);
  }

  /** Writes the account's rows as they are now. A mirror that cannot be written holds nothing up. */
  async keepAccount(account: AccountKey): Promise<void> {
    await this.#keep(async () => {
      const row = await this.#rows.account(account);
      if (!(await this.#isSameVault())) return false;
      if (Object.keys(row.credentials).length + Object.keys(row.person).length > 0) {
        if (!(await this.#directory.writeAccount(row))) return false;
      } else await this.#directory.forgetAccount(account);
      return JSON.stringify(row) !== JSON.stringify(await this.#rows.account(account));
    });
  }

  /** As `keepAccount`, one account after the other, with nobody waiting: a fleet that starts looks at all of its files. */
  keepInTurn(account: AccountKey): void {
    this.#turn = this.#turn.then(() => (this.#isStopped ? undefined : this.keepAccount(account)));
  }

  /** Leaves what still waits for its turn to the next process; resolves when nothing is being written. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#turn;
  }

  /** Writes the server's apps as they are now. */
  async keepServer(server: string): Promise<void> {
    await this.#keep(async () => {
      const row = await this.#rows.server(server);
      if (!(await this.#isSameVault())) return false;
      await this.#directory.writeServer(row);
      return JSON.stringify(row) !== JSON.stringify(await this.#rows.server(server));
    });
  }

  /** Writes all anew that it holds: their keys have changed. Throws VAULT_UNDECIDED or MIRROR_INVALID. */
  async refresh(): Promise<void> {
    await this.decided();
    const { accounts, servers } = await this.#directory.contents();
    for (const { account: name, server } of accounts) await this.keepAccount({ name, server });
    for (const { server } of servers) await this.keepServer(server);
  }

  get path(): string {
    return this.#directory.path;
  }

  /** How many accounts it holds, whether they can be read or not. */
  async accountCount(): Promise<number> {
    return this.#directory.accountCount();
  }

  /** How many values in it are sealed under each key id. Throws MIRROR_INVALID. */
  async countByKey(): Promise<Map<string, number>> {
    const { accounts, servers } = await this.#directory.contents();
    const counts = new Map<string, number>();
    for (const row of [...accounts.map(({ credentials }) => credentials), ...servers.map(({ apps }) => apps)]) {
      for (const text of Object.values(row)) {
        const id = sealedUnder(text);
        if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
      }
    }
    return counts;
  }

  /** What it holds. Throws MIRROR_INVALID. */
  async contents(): Promise<MirrorContents> {
    return this.#directory.contents();
  }

  /** Whether the operator has something to decide. */
  async isUndecided(): Promise<boolean> {
    this.#undecided = undefined;
    return this.decided().then(
      () => false,
      (error: unknown) => {
        if (error instanceof HowdahError && error.code === "VAULT_UNDECIDED") return true;
        throw error;
      },
    );
  }

  /**
   * Loads what it holds into Redis, beside what is there already. Killed, it is run again. Throws MIRROR_INVALID, or
   * KEY_MISMATCH where a key is missing; then nothing was changed.
   */
  async restore(): Promise<Restored> {
    const { accounts, servers } = await this.#directory.contents();
    proveKeys(this.#keyring, { accounts, servers });
    for (const row of servers) await this.#rows.loadApps(row);
    const restored: AccountKey[] = [];
    const kept: { account: AccountKey; why: string }[] = [];
    for (const row of accounts) {
      const account = { name: row.account, server: row.server };
      const person = personOf(row);
      const holder = person === undefined ? undefined : await this.#vault.pin(account, person);
      if (holder !== undefined) kept.push({ account, why: `@${person?.username} belongs to ${holder} by now` });
      else if (await this.#rows.loadCredentials(account, row.credentials)) restored.push(account);
      else kept.push({ account, why: "Redis holds newer credentials" });
    }
    await this.#settle((await this.#directory.identity()) ?? randomUUID());
    return { accounts: restored, kept };
  }

  /** Forgets what it holds; from now on it mirrors what is in Redis. */
  async discard(): Promise<void> {
    await this.#directory.clear();
    await this.#settle(randomUUID());
  }

  async #compare(stored: string | undefined): Promise<void> {
    const mirrored = await this.#directory.identity();
    const between = `${stored} ${mirrored}`;
    const known = this.#undecided;
    if (known?.between === between && performance.now() - known.at < undecidedForMs) throw known.error;
    const count = await this.#directory.accountCount();
    if (count > 0 && (stored === undefined || stored !== mirrored)) {
      const error = undecided(stored, count);
      this.#undecided = { error, between, at: performance.now() };
      throw error;
    }
    await this.#settle(mirrored ?? randomUUID());
  }

  /** The vault in Redis and the mirror belong together from now on. */
  async #settle(proposed: string): Promise<void> {
    const identity = await this.#rows.identify(proposed);
    this.#undecided = undefined;
    this.#mirrored = identity;
    await this.#keep(async () => {
      if ((await this.#directory.identity()) !== identity) await this.#directory.setIdentity(identity);
      return false;
    });
  }

  /** What was read just before is of the mirrored vault: Redis was not emptied meanwhile. */
  async #isSameVault(): Promise<boolean> {
    return this.#mirrored !== undefined && (await this.#rows.identity()) === this.#mirrored;
  }

  /** Again while the rows change under it: of two writers the last one must have written the latest. */
  async #keep(write: () => Promise<boolean>): Promise<void> {
    try {
      while (await write());
      this.#complaint = "";
    } catch (error) {
      this.#complain(error instanceof Error && "code" in error ? String(error.code) : String(error), error);
    }
  }

  /** Once per kind: a full disk would be said at each of a thousand accounts. */
  #complain(kind: string, error: unknown): void {
    if (kind === this.#complaint) return;
    this.#complaint = kind;
    const reason = error instanceof Error ? error.message : String(error);
    this.#log.warn({ directory: this.#directory.path }, `the mirror of the vault cannot be written: ${reason}`);
  }
}

function undecided(stored: string | undefined, count: number): HowdahError {
  const held = count === 1 ? "1 account" : `${count} accounts`;
  const what = stored === undefined ? "Redis holds no vault" : "Redis holds another vault";
  return new HowdahError("VAULT_UNDECIDED", `${what}, but the mirror of the one before holds ${held}`, {
    cure: "load them with: bot restore, or forget them with: bot restore --discard",
  });
}

/** Proves that everything opens before anything is changed. */
function proveKeys(keyring: Keyring, { accounts, servers }: MirrorContents): void {
  const missing = new Set<string>();
  const prove = (sealed: string, place: string) => {
    const id = sealedUnder(sealed);
    if (id === undefined) return;
    if (keyring.ids.includes(id)) keyring.open(sealed, place);
    else missing.add(id);
  };
  for (const { account: name, credentials, server } of accounts) {
    for (const [field, text] of Object.entries(credentials)) prove(text, accountPlace({ name, server }, field));
  }
  for (const { apps, server } of servers) {
    for (const [scopes, sealed] of Object.entries(apps)) prove(sealed, appPlace(server, scopes));
  }
  if (missing.size === 0) return;
  throw new HowdahError(
    "KEY_MISMATCH",
    `the mirror was sealed under a key that is not at hand: ${[...missing].join(", ")}`,
    {
      cure: "add that key behind the others in BOT_KEY or BOT_KEY_FILE, separated by a comma; nothing was changed",
    },
  );
}

/** The injection token of the mirror. */
export const VaultMirrorToken: InjectionToken<VaultMirror> = Symbol("VaultMirror");
