import type { Redis } from "ioredis";
import { inject, injectable } from "tsyringe";
import type { Tenure } from "../jobs/ownership.js";
import { KeysToken, type Keys } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { spotOf } from "../store/sealed-spot.js";
import { awayAt } from "./away.js";

/** Done by the account's owner only: one of the past changes nothing. */
const guarded = (body: string) => `if redis.call("GET", KEYS[1]) ~= ARGV[1] then return -1 end\n${body}`;
const setHome = guarded(`redis.call("SET", KEYS[2], ARGV[2])\nreturn 1`);
/** A tick may have come to an empty place meanwhile: it joins what was there before. */
const move = guarded(`
if redis.call("EXISTS", KEYS[2]) == 0 then return 0 end
if redis.call("EXISTS", KEYS[3]) == 0 or redis.call("TYPE", KEYS[2]).ok ~= "hash" then
  redis.call("RENAME", KEYS[2], KEYS[3])
  return 1
end
local fields = redis.call("HGETALL", KEYS[2])
for index = 1, #fields, 2 do redis.call("HSETNX", KEYS[3], fields[index], fields[index + 1]) end
redis.call("DEL", KEYS[2])
return 1`);

/** What is an account's on whichever server it is; everything else belongs to one of them. */
const anywhere =
  /^(?:audit|batch|bound|epoch|home|paused|refreshing|renewal-slot|status|under-way)$|^(?:away|credentials|pending|person):/;
const keysPerCall = 500;
const movesAtOnce = 100;
/** Stands before the server to which an account is on its way. */
const moving = ">";

/**
 * Keeps what an account has on one server apart from what it has on another: ids, places and records of the one mean
 * something else on the other. When `server:` changes, what belongs to the old one is put away, and lies there until
 * `server:` names it again.
 */
@injectable()
export class Homes {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(@inject(RedisToken) redis: Redis, @inject(KeysToken) keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Makes the server the account's home. Answers the one before, where it was another. Killed, it is run again. */
  async settle(server: string, { account, epoch }: Tenure): Promise<string | undefined> {
    const owner = { account, epoch };
    let before: string | undefined;
    for (;;) {
      const home = (await this.#redis.get(this.#keys.account(account, "home"))) ?? undefined;
      if (home === server) return before;
      if (home === undefined) await this.#setHome(owner, server);
      else if (home.startsWith(moving)) await this.#arrive(owner, home.slice(moving.length));
      else {
        before = home;
        // Ended in between, it comes home first, whichever server is asked for then.
        await this.#setHome(owner, `${moving}${home}`);
        await this.#moveAll(owner, (rest) => (anywhere.test(rest) ? undefined : awayAt(home, rest)));
        await this.#setHome(owner, `${moving}${server}`);
      }
    }
  }

  async #arrive(owner: Owner, server: string): Promise<void> {
    await this.#moveAll(owner, (rest) =>
      rest.startsWith(awayAt(server, "")) ? rest.slice(awayAt(server, "").length) : undefined,
    );
    await this.#setHome(owner, server);
  }

  async #setHome(owner: Owner, home: string): Promise<void> {
    await this.#eval(setHome, owner, [this.#keys.account(owner.account, "home")], home);
  }

  async #moveAll(owner: Owner, targetOf: (rest: string) => string | undefined): Promise<void> {
    let waiting: Promise<void>[] = [];
    for (const { key, rest } of await this.#spots(owner.account)) {
      const target = targetOf(rest);
      if (target === undefined) continue;
      waiting.push(this.#eval(move, owner, [key, this.#keys.account(owner.account, target)]));
      if (waiting.length < movesAtOnce) continue;
      await Promise.all(waiting);
      waiting = [];
    }
    await Promise.all(waiting);
  }

  async #spots(account: string): Promise<{ key: string; rest: string }[]> {
    const found = new Map<string, string>();
    let cursor = "0";
    do {
      const [next, names] = await this.#redis.scan(
        cursor,
        "MATCH",
        `${this.#keys.account(account)}:*`,
        "COUNT",
        keysPerCall,
      );
      cursor = next;
      for (const key of names) found.set(key, spotOf(this.#keys, key)?.rest ?? "");
    } while (cursor !== "0");
    return [...found].map(([key, rest]) => ({ key, rest }));
  }

  async #eval(script: string, { account, epoch }: Owner, keys: readonly string[], ...args: string[]): Promise<void> {
    const all = [this.#keys.account(account, "epoch"), ...keys];
    const done = await this.#redis.eval(script, all.length, ...all, epoch, ...args);
    if (done === -1) throw new Error(`the account ${account} has changed owner`);
  }
}

type Owner = Pick<Tenure, "account" | "epoch">;
