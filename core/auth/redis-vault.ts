import type { Redis } from "ioredis";
import type { Keys } from "../store/keys.js";
import type { Keyring } from "../store/seal.js";
import { accountPlace, appPlace, servedBy, servingScopes, vaultKeys } from "./vault-keys.js";
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

const daySeconds = 24 * 60 * 60;

/** Replaces all fields over an expected generation, with "late" also over what was dropped as that one's loss. */
const replace = `
local generation = tonumber(redis.call("HGET", KEYS[1], "generation") or "0")
local isLate = ARGV[2] == "late" and redis.call("HGET", KEYS[1], "lost_generation") == ARGV[1]
if generation ~= tonumber(ARGV[1]) and not isLate then return 0 end
redis.call("DEL", KEYS[1])
redis.call("HSET", KEYS[1], "generation", generation + 1, unpack(ARGV, 3))
return generation + 1`;

const intend = `
if redis.call("HGET", KEYS[1], "generation") ~= ARGV[1] then return 0 end
if ARGV[2] == "" then return 1 + redis.call("HDEL", KEYS[1], "refresh_sent_at", "refresh_unreported") end
return 1 + redis.call("HSET", KEYS[1], "refresh_sent_at", ARGV[2], "refresh_unreported", ARGV[3])`;

const pinOnce = `
local holder = redis.call("HGET", KEYS[1], ARGV[1])
if holder and holder ~= ARGV[2] then return holder end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
return false`;

const unpinOwn = `
if redis.call("HGET", KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call("HDEL", KEYS[1], ARGV[1])`;

/** The vault in Redis: tokens, secrets and verifiers sealed, each bound to account, origin and field. */
export class RedisVault implements Vault {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #keyring: Keyring;

  constructor(redis: Redis, keys: Keys, keyring: Keyring) {
    this.#redis = redis;
    this.#keys = keys;
    this.#keyring = keyring;
  }

  async credentials(account: AccountKey): Promise<Credentials | undefined> {
    const fields = await this.#redis.hgetall(this.#credentialsKey(account));
    if (fields["access_token"] === undefined) return undefined;
    return {
      accessToken: this.#open(account, "access_token", fields["access_token"]),
      refreshToken:
        fields["refresh_token"] === undefined
          ? undefined
          : this.#open(account, "refresh_token", fields["refresh_token"]),
      scopes: (fields["scopes"] ?? "").split(" ").filter((scope) => scope !== ""),
      expiresAt: fields["expires_at"] === undefined ? undefined : Number(fields["expires_at"]),
      obtainedAt: Number(fields["obtained_at"] ?? 0),
      appScopes: fields["app_scopes"],
      generation: Number(fields["generation"] ?? 0),
    };
  }

  async store(account: AccountKey, credentials: NewCredentials, expected: number): Promise<number | undefined> {
    const fields: Record<string, string | undefined> = {
      access_token: this.#seal(account, "access_token", credentials.accessToken),
      refresh_token:
        credentials.refreshToken === undefined
          ? undefined
          : this.#seal(account, "refresh_token", credentials.refreshToken),
      scopes: credentials.scopes.join(" "),
      expires_at: credentials.expiresAt?.toString(),
      obtained_at: credentials.obtainedAt.toString(),
      app_scopes: credentials.appScopes,
    };
    return this.#replace(account, expected, "late", fields);
  }

  async drop(account: AccountKey, generation: number, lostBecause?: string): Promise<boolean> {
    const next = await this.#replace(account, generation, "in time", {
      dropped_at: Date.now().toString(),
      lost_because: lostBecause,
      lost_generation: lostBecause === undefined ? undefined : generation.toString(),
    });
    return next !== undefined;
  }

  async lostBecause(account: AccountKey): Promise<string | undefined> {
    return (await this.#redis.hget(this.#credentialsKey(account), "lost_because")) ?? undefined;
  }

  async refreshIntent(account: AccountKey, generation: number): Promise<RefreshIntent | undefined> {
    const key = this.#credentialsKey(account);
    const [stands, sentAt, unreported] = await this.#redis.hmget(
      key,
      "generation",
      "refresh_sent_at",
      "refresh_unreported",
    );
    if (Number(stands ?? 0) !== generation || typeof sentAt !== "string") return undefined;
    return { sentAt: Number(sentAt), unreported: Number(unreported ?? 0) };
  }

  async setRefreshIntent(account: AccountKey, generation: number, intent: RefreshIntent | undefined): Promise<boolean> {
    const { sentAt = "", unreported = 0 } = intent ?? {};
    const done = await this.#redis.eval(intend, 1, this.#credentialsKey(account), generation, sentAt, unreported);
    return Number(done) > 0;
  }

  async generation(account: AccountKey): Promise<number> {
    return Number((await this.#redis.hget(this.#credentialsKey(account), "generation")) ?? 0);
  }

  async person(account: AccountKey): Promise<Person | undefined> {
    const fields = await this.#redis.hgetall(this.#personKey(account));
    return fields["id"] === undefined ? undefined : { id: fields["id"], username: fields["username"] ?? "" };
  }

  async pin(account: AccountKey, person: Person): Promise<string | undefined> {
    const holder = await this.#redis.eval(pinOnce, 1, this.#peopleKey(account.server), person.id, account.name);
    if (typeof holder === "string") return holder;
    await this.#redis
      .multi()
      .hset(this.#personKey(account), { id: person.id, username: person.username })
      .hset(this.#boundKey(account), account.server, person.username)
      .exec();
    return undefined;
  }

  async unpin(account: AccountKey): Promise<void> {
    const person = await this.person(account);
    if (person === undefined) return;
    await this.#redis.eval(unpinOwn, 1, this.#peopleKey(account.server), person.id, account.name);
    await this.#redis.multi().del(this.#personKey(account)).hdel(this.#boundKey(account), account.server).exec();
  }

  async elsewhere(account: AccountKey): Promise<{ server: string; username: string }[]> {
    const bound = Object.entries(await this.#redis.hgetall(this.#boundKey(account)));
    return bound.map(([server, username]) => ({ server, username })).filter(({ server }) => server !== account.server);
  }

  async holder(server: string, personId: string): Promise<string | undefined> {
    return (await this.#redis.hget(this.#peopleKey(server), personId)) ?? undefined;
  }

  async holders(server: string): Promise<string[]> {
    return this.#redis.hvals(this.#peopleKey(server));
  }

  async app(server: string, scopes: string): Promise<App | undefined> {
    const stored = await this.#redis.hget(this.#appsKey(server), scopes);
    if (stored === null) return undefined;
    const servedBy = servingScopes(stored);
    if (servedBy !== undefined) return servedBy === scopes ? undefined : this.app(server, servedBy);
    return JSON.parse(this.#keyring.open(stored, appPlace(server, scopes))) as App;
  }

  async storeApp(server: string, app: App): Promise<void> {
    const sealed = this.#keyring.seal(JSON.stringify(app), appPlace(server, app.scopes));
    await this.#redis.hset(this.#appsKey(server), app.scopes, sealed);
  }

  async storeAppAs(server: string, scopes: string, app: App): Promise<void> {
    await this.#redis.hset(this.#appsKey(server), scopes, servedBy(app.scopes));
  }

  async forgetApp(server: string, app: App): Promise<void> {
    const stored = await this.app(server, app.scopes);
    if (stored?.clientId === app.clientId) await this.#redis.hdel(this.#appsKey(server), app.scopes);
  }

  async pending(account: AccountKey): Promise<PendingAuthorization | undefined> {
    const sealed = await this.#redis.get(this.#pendingKey(account));
    return sealed === null ? undefined : (JSON.parse(this.#open(account, "pending", sealed)) as PendingAuthorization);
  }

  async storePending(account: AccountKey, pending: PendingAuthorization): Promise<void> {
    const sealed = this.#seal(account, "pending", JSON.stringify(pending));
    await this.#redis.set(this.#pendingKey(account), sealed, "EX", daySeconds);
  }

  async clearPending(account: AccountKey): Promise<void> {
    await this.#redis.del(this.#pendingKey(account));
  }

  async #replace(
    account: AccountKey,
    expected: number,
    when: "late" | "in time",
    fields: Record<string, string | undefined>,
  ): Promise<number | undefined> {
    const pairs = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
    const next = await this.#redis.eval(replace, 1, this.#credentialsKey(account), expected, when, ...pairs);
    return Number(next) === 0 ? undefined : Number(next);
  }

  #seal(account: AccountKey, field: string, text: string): string {
    return this.#keyring.seal(text, accountPlace(account, field));
  }

  #open(account: AccountKey, field: string, sealed: string): string {
    return this.#keyring.open(sealed, accountPlace(account, field));
  }

  #credentialsKey(account: AccountKey): string {
    return vaultKeys(this.#keys).credentials(account);
  }

  #personKey(account: AccountKey): string {
    return vaultKeys(this.#keys).person(account);
  }

  #boundKey({ name }: AccountKey): string {
    return vaultKeys(this.#keys).bound(name);
  }

  #pendingKey(account: AccountKey): string {
    return vaultKeys(this.#keys).pending(account);
  }

  #peopleKey(server: string): string {
    return vaultKeys(this.#keys).people(server);
  }

  #appsKey(server: string): string {
    return vaultKeys(this.#keys).apps(server);
  }
}
