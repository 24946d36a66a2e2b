import type { Redis } from "ioredis";
import type { Keys } from "../store/keys.js";
import type { AccountRow, ServerRow } from "./mirror-directory.js";
import type { AccountKey, Person } from "./vault.js";
import { vaultKeys } from "./vault-keys.js";

/** Over older fields only; the generation rises above both. */
const load = `
local have = tonumber(redis.call("HGET", KEYS[1], "generation") or "0")
local obtained = tonumber(redis.call("HGET", KEYS[1], "obtained_at") or "0")
local dropped = tonumber(redis.call("HGET", KEYS[1], "dropped_at") or "0")
if have > 0 and math.max(obtained, dropped) >= tonumber(ARGV[1]) then return 0 end
redis.call("DEL", KEYS[1])
redis.call("HSET", KEYS[1], "generation", math.max(have, tonumber(ARGV[2])) + 1, unpack(ARGV, 3))
return 1`;

/** The vault's rows in Redis as they stand there, still sealed. */
export class VaultRows {
  readonly #redis: Redis;
  readonly #keys: ReturnType<typeof vaultKeys>;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = vaultKeys(keys);
  }

  /** Which vault this is; undefined for a Redis that holds none (any more). */
  async identity(): Promise<string | undefined> {
    return (await this.#redis.get(this.#keys.identity())) ?? undefined;
  }

  /** Gives a vault its identity unless it has one. Answers the one in force. */
  async identify(identity: string): Promise<string> {
    await this.#redis.set(this.#keys.identity(), identity, "NX");
    return (await this.identity()) ?? identity;
  }

  async account({ name, server }: AccountKey): Promise<AccountRow> {
    const [credentials, person] = await Promise.all([
      this.#redis.hgetall(this.#keys.credentials({ name, server })),
      this.#redis.hgetall(this.#keys.person({ name, server })),
    ]);
    return { account: name, server, credentials, person };
  }

  async server(server: string): Promise<ServerRow> {
    return { server, apps: await this.#redis.hgetall(this.#keys.apps(server)) };
  }

  /** Puts credentials back unless newer ones are there. Answers whether it did. */
  async loadCredentials(account: AccountKey, row: Readonly<Record<string, string>>): Promise<boolean> {
    const { generation = "0", ...rest } = row;
    const changedAt = Math.max(Number(rest["obtained_at"] ?? 0), Number(rest["dropped_at"] ?? 0));
    const pairs = Object.entries(rest).flat();
    if (pairs.length === 0) return false;
    const key = this.#keys.credentials(account);
    return (await this.#redis.eval(load, 1, key, changedAt, generation, ...pairs)) === 1;
  }

  /** Puts apps back that are not there. */
  async loadApps({ apps, server }: ServerRow): Promise<void> {
    for (const [scopes, sealed] of Object.entries(apps)) {
      await this.#redis.hsetnx(this.#keys.apps(server), scopes, sealed);
    }
  }
}

/** The person in a row. */
export function personOf({ person }: AccountRow): Person | undefined {
  return person["id"] === undefined ? undefined : { id: person["id"], username: person["username"] ?? "" };
}
