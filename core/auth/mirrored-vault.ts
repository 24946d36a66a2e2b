import type {
  AccountKey,
  App,
  Credentials,
  NewCredentials,
  PendingAuthorization,
  Person,
  RefreshIntent,
  Vault,
} from "./vault.js";
import type { VaultMirror } from "./vault-mirror.js";

/**
 * Any vault with a mirror: each change of credentials, person and apps is written there as well. Every method throws
 * VAULT_UNDECIDED while the operator has to decide what becomes of an older mirror.
 */
export class MirroredVault implements Vault {
  readonly #inner: Vault;
  readonly #mirror: VaultMirror;
  /** The generation that the mirror was last seen to hold, by account and server. */
  readonly #kept = new Map<string, number>();
  readonly #keptServers = new Set<string>();

  constructor(inner: Vault, mirror: VaultMirror) {
    this.#inner = inner;
    this.#mirror = mirror;
  }

  /** Another process may have changed them, on a host with a mirror of its own: this one takes it over. */
  async credentials(account: AccountKey): Promise<Credentials | undefined> {
    await this.#mirror.decided();
    const credentials = await this.#inner.credentials(account);
    const place = `${account.name} ${account.server}`;
    if (credentials !== undefined && this.#kept.get(place) !== credentials.generation) {
      this.#kept.set(place, credentials.generation);
      this.#mirror.keepInTurn(account);
    }
    return credentials;
  }

  async store(account: AccountKey, credentials: NewCredentials, expected: number): Promise<number | undefined> {
    await this.#mirror.decided();
    const generation = await this.#inner.store(account, credentials, expected);
    if (generation !== undefined) await this.#mirror.keepAccount(account);
    return generation;
  }

  async drop(account: AccountKey, generation: number, lostBecause?: string): Promise<boolean> {
    await this.#mirror.decided();
    const dropped = await this.#inner.drop(account, generation, lostBecause);
    if (dropped) await this.#mirror.keepAccount(account);
    return dropped;
  }

  async lostBecause(account: AccountKey): Promise<string | undefined> {
    await this.#mirror.decided();
    return this.#inner.lostBecause(account);
  }

  async refreshIntent(account: AccountKey, generation: number): Promise<RefreshIntent | undefined> {
    await this.#mirror.decided();
    return this.#inner.refreshIntent(account, generation);
  }

  /** Mirrored too: a token that comes back out of the mirror may have been spent. */
  async setRefreshIntent(account: AccountKey, generation: number, intent: RefreshIntent | undefined): Promise<boolean> {
    await this.#mirror.decided();
    const stands = await this.#inner.setRefreshIntent(account, generation, intent);
    if (stands) await this.#mirror.keepAccount(account);
    return stands;
  }

  async generation(account: AccountKey): Promise<number> {
    await this.#mirror.decided();
    return this.#inner.generation(account);
  }

  async person(account: AccountKey): Promise<Person | undefined> {
    await this.#mirror.decided();
    return this.#inner.person(account);
  }

  async pin(account: AccountKey, person: Person): Promise<string | undefined> {
    await this.#mirror.decided();
    const holder = await this.#inner.pin(account, person);
    if (holder === undefined) await this.#mirror.keepAccount(account);
    return holder;
  }

  async unpin(account: AccountKey): Promise<void> {
    await this.#mirror.decided();
    await this.#inner.unpin(account);
    await this.#mirror.keepAccount(account);
  }

  async holder(server: string, personId: string): Promise<string | undefined> {
    await this.#mirror.decided();
    return this.#inner.holder(server, personId);
  }

  async elsewhere(account: AccountKey): Promise<{ server: string; username: string }[]> {
    await this.#mirror.decided();
    return this.#inner.elsewhere(account);
  }

  async holders(server: string): Promise<string[]> {
    await this.#mirror.decided();
    return this.#inner.holders(server);
  }

  async app(server: string, scopes: string): Promise<App | undefined> {
    await this.#mirror.decided();
    const app = await this.#inner.app(server, scopes);
    if (app !== undefined && !this.#keptServers.has(server)) {
      this.#keptServers.add(server);
      await this.#mirror.keepServer(server);
    }
    return app;
  }

  async storeApp(server: string, app: App): Promise<void> {
    await this.#mirror.decided();
    await this.#inner.storeApp(server, app);
    await this.#mirror.keepServer(server);
  }

  async storeAppAs(server: string, scopes: string, app: App): Promise<void> {
    await this.#mirror.decided();
    await this.#inner.storeAppAs(server, scopes, app);
    await this.#mirror.keepServer(server);
  }

  async forgetApp(server: string, app: App): Promise<void> {
    await this.#mirror.decided();
    await this.#inner.forgetApp(server, app);
    await this.#mirror.keepServer(server);
  }

  async pending(account: AccountKey): Promise<PendingAuthorization | undefined> {
    await this.#mirror.decided();
    return this.#inner.pending(account);
  }

  async storePending(account: AccountKey, pending: PendingAuthorization): Promise<void> {
    await this.#mirror.decided();
    await this.#inner.storePending(account, pending);
  }

  async clearPending(account: AccountKey): Promise<void> {
    await this.#mirror.decided();
    await this.#inner.clearPending(account);
  }
}
