import type { Redis } from "ioredis";
import { inject, injectable } from "tsyringe";
import type { Account, Fleet } from "../accounts/account.js";
import { VaultToken, type Vault } from "../auth/vault.js";
import { vaultKeys } from "../auth/vault-keys.js";
import { VaultMirrorToken, type VaultMirror } from "../auth/vault-mirror.js";
import { HowdahError } from "../errors.js";
import type { Tenure } from "../jobs/ownership.js";
import type { Plugin } from "../plugin.js";
import { KeysToken, type Keys } from "../store/keys.js";
import { moveAccount } from "../store/move-account.js";
import { RedisToken } from "../store/redis.js";
import { KeyringToken, type Keyring } from "../store/seal.js";
import { sealedPlaces } from "./sealed-places.js";
import { FleetToken } from "./tokens.js";

/** An entry of accounts.yaml that has been another one: `was: oldname`. */
export type RenamedAccount = Pick<Account<Plugin>, "name" | "server"> & { readonly was: string };

/** Each once begun is ended before anything else happens under the new name. */
const begin = `
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return -1 end
for index = 2, #KEYS do redis.call("DEL", KEYS[index]) end
return 1`;
const changeHolder = `
if redis.call("HGET", KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[3])
return 1`;

/** What only means something together with the epochs of one name, or while it is held. */
const ownershipsOwn = new Set(["epoch", "batch", "refreshing"]);
/** Lists whose records may be damaged, or sealed under a key that was lost. */
const lists = new Set(["due", "failed", "set-aside"]);
/** Where an account that was ever used has left something. */
const traces = ["bound", "cursor", "counts", "ticks", "paused", ...lists];

/** Gives what is stored under an account's old name to the new one, once. Whoever calls it owns both. */
@injectable()
export class Renames {
  readonly #fleet: Pick<Fleet<Plugin>, "accounts">;
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #keyring: Keyring;
  readonly #vault: Vault;
  readonly #mirror: VaultMirror;

  constructor(
    @inject(FleetToken) fleet: Pick<Fleet<Plugin>, "accounts">,
    @inject(RedisToken) redis: Redis,
    @inject(KeysToken) keys: Keys,
    @inject(KeyringToken) keyring: Keyring,
    @inject(VaultToken) vault: Vault,
    @inject(VaultMirrorToken) mirror: VaultMirror,
  ) {
    this.#fleet = fleet;
    this.#redis = redis;
    this.#keys = keys;
    this.#keyring = keyring;
    this.#vault = vault;
    this.#mirror = mirror;
  }

  /** What an account is called now, by whatever name a timer knows it. */
  nameNow(name: string): string {
    return this.#fleet.accounts.find(({ was }) => was === name)?.name ?? name;
  }

  /** Whether anything is still stored under the old name. Throws VAULT_UNDECIDED: a restore may bring it back. */
  async isPending(account: RenamedAccount): Promise<boolean> {
    await this.#mirror.decided();
    const { server, was } = account;
    if ((await this.#begun(account)) === was) return true;
    const { credentials, person } = vaultKeys(this.#keys);
    const old = { name: was, server };
    const keys = [credentials(old), person(old), ...traces.map((trace) => this.#keys.account(was, trace))];
    return (await this.#redis.exists(...keys)) > 0;
  }

  /** Moves it; killed, it is run again. Throws CONFIG_INVALID where the new name has a person of its own already. */
  async carryOut(account: RenamedAccount, from: Tenure, to: Tenure): Promise<void> {
    const { name, was } = account;
    await this.#mirror.decided();
    if ((await this.#begun(account)) !== was) {
      await this.#refuseTaken(account);
      await this.#clear(account, to);
      await this.#redis.hset(this.#record(), name, was);
    }
    const { servers, people } = await this.#bindings(was);
    for (const [server, id] of people) {
      await this.#redis.eval(changeHolder, 1, vaultKeys(this.#keys).people(server), id, was, name);
    }
    await moveAccount(
      {
        redis: this.#redis,
        keys: this.#keys,
        keyring: this.#keyring,
        places: sealedPlaces,
        stays: (rest) => ownershipsOwn.has(rest),
        mayBeUnreadable: (rest) => lists.has(rest),
        amend: (rest, text) => (rest === "status" ? statusOf(text, name) : text),
      },
      { from: { name: was, epoch: from.epoch }, to: { name, epoch: to.epoch } },
    );
    await this.#mirrorAnew(account, servers);
    await this.#redis.hdel(this.#record(), name);
  }

  /** Another host's mirror may still hold the old name, which nothing in Redis bears any more. */
  async forgetMirrored({ server, was }: RenamedAccount): Promise<void> {
    await this.#mirror.keepAccount({ name: was, server });
  }

  async #begun({ name }: RenamedAccount): Promise<string | undefined> {
    return (await this.#redis.hget(this.#record(), name)) ?? undefined;
  }

  async #refuseTaken(account: RenamedAccount): Promise<void> {
    const { name, was } = account;
    const person = await this.#vault.person(account);
    if (person === undefined && (await this.#vault.credentials(account)) === undefined) return;
    const who = person === undefined ? "" : ` as @${person.username}`;
    throw new HowdahError(
      "CONFIG_INVALID",
      `${name} is authorized${who} already, so it cannot become what ${was} was`,
      {
        cure: `take was: out of accounts.yaml, or free the name first with: bot revoke ${name} --forget-person`,
      },
    );
  }

  /** What a token that was dropped left under the new name. */
  async #clear(account: RenamedAccount, { epoch }: Tenure): Promise<void> {
    const { credentials, pending } = vaultKeys(this.#keys);
    const keys = [this.#keys.account(account.name, "epoch"), credentials(account), pending(account)];
    if ((await this.#redis.eval(begin, keys.length, ...keys, epoch)) === -1) {
      throw new Error(`the account ${account.name} has changed owner`);
    }
  }

  /** The servers that the old name has a place on, and who it is there. */
  async #bindings(name: string): Promise<{ servers: string[]; people: [server: string, id: string][] }> {
    const servers = Object.keys(await this.#redis.hgetall(vaultKeys(this.#keys).bound(name)));
    const people: [string, string][] = [];
    for (const server of servers) {
      const person = await this.#vault.person({ name, server });
      if (person !== undefined) people.push([server, person.id]);
    }
    return { servers, people };
  }

  async #mirrorAnew({ name, server, was }: RenamedAccount, servers: readonly string[]): Promise<void> {
    const now = Object.keys(await this.#redis.hgetall(vaultKeys(this.#keys).bound(name)));
    for (const origin of new Set([server, ...servers, ...now])) {
      await this.#mirror.keepAccount({ name, server: origin });
      await this.#mirror.keepAccount({ name: was, server: origin });
    }
  }

  #record(): string {
    return this.#keys.fleet("renaming");
  }
}

function statusOf(text: string, name: string): string {
  const { status, ...rest } = JSON.parse(text) as { status: object };
  return JSON.stringify({ ...rest, status: { ...status, account: name, owner: null } });
}
