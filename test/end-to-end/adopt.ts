import { RedisVault } from "../../core/auth/redis-vault.js";
import { connectRedis } from "../../core/store/redis.js";
import { keysUnder } from "../../core/store/keys.js";
import { Keyring } from "../../core/store/seal.js";
import { exchange, outOfBand, register } from "../sandbox/bot.js";
import type { Fleet } from "./fleet.js";

/** A vault that a fleet's processes read, and what is put into it. */
interface Adoption {
  readonly url: string;
  readonly prefix: string;
  /** `BOT_KEY` of the processes. */
  readonly key: string;
  readonly scopes: readonly string[];
}

/** Puts each account's token into the vault, as `bot auth` would have, one after the other in no time. */
export async function adoptAll(fleet: Fleet, accounts: readonly string[], adoption: Adoption): Promise<void> {
  const { key, prefix, scopes, url } = adoption;
  const redis = await connectRedis({ url });
  const vault = new RedisVault(redis, keysUnder(prefix), Keyring.parse(key, "the fleet's key"));
  const scope = scopes.join(" ");
  // Once: servers limit how often apps are registered.
  const client = await register(fleet.sandbox, scope);
  for (const name of accounts) {
    const { code } = fleet.sandbox.grant({ user: name, client_id: client.client_id, redirect_uri: outOfBand, scope });
    const accessToken = String((await exchange(fleet.sandbox, client, code)).body.access_token);
    const token = { accessToken, refreshToken: undefined, scopes, expiresAt: undefined, appScopes: undefined };
    await vault.store({ name, server: fleet.sandbox.url }, { ...token, obtainedAt: Date.now() }, 0);
  }
  redis.disconnect();
}
