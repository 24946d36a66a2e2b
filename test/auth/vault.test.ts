import { beforeEach, describe, expect, test } from "vitest";
import { RedisVault } from "../../core/auth/redis-vault.js";
import type { NewCredentials, Vault } from "../../core/auth/vault.js";
import { Keyring } from "../../core/store/seal.js";
import { place, type Place } from "./services.js";

const server = "https://server.example";
const account = { name: "newsbot", server };
const other = { name: "other", server };
const mismatch = expect.objectContaining({ code: "KEY_MISMATCH" });

const credentials: NewCredentials = {
  accessToken: "the-access-token",
  refreshToken: "the-refresh-token",
  scopes: ["read", "write:statuses"],
  expiresAt: 3_153_600_000_000_000,
  obtainedAt: 1_700_000_000_000,
  appScopes: "read write:statuses",
};
const app = { clientId: "client", clientSecret: "the-client-secret", scopes: "read" };
const pending = { url: "https://server.example/?a=1", app, codeVerifier: "the-verifier", begunAt: 1 };

let here: Place;
let vault: Vault;
beforeEach(async () => {
  here = await place();
  vault = new RedisVault(here.redis, here.corner.keys, here.keyring);
});

const vaultWith = (keyring: Keyring) => new RedisVault(here.redis, here.corner.keys, keyring);
const keyOf = (name: string, ...parts: string[]) => here.corner.keys.account(name, ...parts, server);

describe("credentials", () => {
  test("come back as they were stored, also without what is optional", async () => {
    expect(await vault.credentials(account)).toBeUndefined();
    expect(await vault.store(account, credentials, 0)).toBe(1);
    expect(await vault.credentials(account)).toEqual({ ...credentials, generation: 1 });
    const bare = { ...credentials, refreshToken: undefined, expiresAt: undefined, appScopes: undefined, scopes: [] };
    expect(await vault.store(account, bare, 1)).toBe(2);
    expect(await vault.credentials(account)).toEqual({ ...bare, generation: 2 });
  });

  test("are stored over the expected generation only", async () => {
    expect(await vault.store(account, credentials, 1)).toBeUndefined();
    expect(await vault.generation(account)).toBe(0);
    const stored = await Promise.all(
      Array.from({ length: 8 }, (_, at) => vault.store(account, { ...credentials, accessToken: `token-${at}` }, 0)),
    );
    expect(stored.filter((generation) => generation !== undefined)).toEqual([1]);
    expect((await vault.credentials(account))?.accessToken).toBe(`token-${stored.indexOf(1)}`);
  });

  test("are dropped in the named generation only; the generation goes on rising", async () => {
    await vault.store(account, credentials, 0);
    expect(await vault.drop(account, 2)).toBe(false);
    expect(await Promise.all([vault.drop(account, 1), vault.drop(account, 1)])).toEqual([true, false]);
    expect(await vault.credentials(account)).toBeUndefined();
    expect(await vault.generation(account)).toBe(2);
    expect(await vault.store(account, credentials, 1)).toBeUndefined();
    expect(await vault.store(account, credentials, 2)).toBe(3);
  });

  test("belong to an account and its server", async () => {
    await vault.store(account, credentials, 0);
    expect(await vault.credentials(other)).toBeUndefined();
    expect(await vault.credentials({ ...account, server: "https://elsewhere.example" })).toBeUndefined();
  });
});

describe("a sealed value moved elsewhere does not open", () => {
  beforeEach(() => vault.store(account, credentials, 0));

  test("to another account", async () => {
    await here.redis.hset(keyOf("other", "credentials"), await here.redis.hgetall(keyOf("newsbot", "credentials")));
    await expect(vault.credentials(other)).rejects.toEqual(mismatch);
  });

  test("to another server", async () => {
    const elsewhere = "https://elsewhere.example";
    const key = here.corner.keys.account("newsbot", "credentials", elsewhere);
    await here.redis.hset(key, await here.redis.hgetall(keyOf("newsbot", "credentials")));
    await expect(vault.credentials({ name: "newsbot", server: elsewhere })).rejects.toEqual(mismatch);
  });

  test("to another field", async () => {
    const key = keyOf("newsbot", "credentials");
    await here.redis.hset(key, "access_token", (await here.redis.hget(key, "refresh_token")) ?? "");
    await expect(vault.credentials(account)).rejects.toEqual(mismatch);
  });

  test("an app to other scopes or another server", async () => {
    await vault.storeApp(server, app);
    const apps = here.corner.keys.server(server, "apps");
    const sealed = (await here.redis.hget(apps, "read")) ?? "";
    await here.redis.hset(apps, "write", sealed);
    await here.redis.hset(here.corner.keys.server("https://elsewhere.example", "apps"), "read", sealed);
    await expect(vault.app(server, "write")).rejects.toEqual(mismatch);
    await expect(vault.app("https://elsewhere.example", "read")).rejects.toEqual(mismatch);
    expect(await vault.app(server, "read")).toEqual(app);
  });

  test("what an authorization waits for to another account", async () => {
    await vault.storePending(account, pending);
    await here.redis.set(keyOf("other", "pending"), (await here.redis.get(keyOf("newsbot", "pending"))) ?? "");
    await expect(vault.pending(other)).rejects.toEqual(mismatch);
    expect(await vault.pending(account)).toEqual(pending);
  });
});

describe("keys", () => {
  const [old, fresh] = [Keyring.generate(), Keyring.generate()];

  test("a wrong one opens nothing, says so, and nothing is overwritten", async () => {
    await vault.store(account, credentials, 0);
    await vault.storeApp(server, app);
    await vault.storePending(account, pending);
    const wrong = vaultWith(Keyring.parse(fresh, "BOT_KEY"));
    await expect(wrong.credentials(account)).rejects.toEqual(mismatch);
    await expect(wrong.app(server, "read")).rejects.toEqual(mismatch);
    await expect(wrong.pending(account)).rejects.toEqual(mismatch);
    await expect(wrong.forgetApp(server, app)).rejects.toEqual(mismatch);
    expect(await vault.credentials(account)).toEqual({ ...credentials, generation: 1 });
    expect(await vault.app(server, "read")).toEqual(app);
  });

  test("an older one still opens, what is stored from then on takes the newest", async () => {
    await vaultWith(Keyring.parse(old, "BOT_KEY")).store(account, credentials, 0);
    const both = vaultWith(Keyring.parse(`${fresh},${old}`, "BOT_KEY"));
    expect((await both.credentials(account))?.accessToken).toBe("the-access-token");
    await both.store(account, credentials, 1);
    const newest = vaultWith(Keyring.parse(fresh, "BOT_KEY"));
    expect((await newest.credentials(account))?.generation).toBe(2);
    await expect(vaultWith(Keyring.parse(old, "BOT_KEY")).credentials(account)).rejects.toEqual(mismatch);
  });
});

describe("a person", () => {
  const alice = { id: "1", username: "alice" };

  test("is pinned to one account of a server, whoever asks at the same time", async () => {
    const names = ["a", "b", "c", "d"];
    const holders = await Promise.all(names.map((name) => vault.pin({ name, server }, alice)));
    const winner = names[holders.indexOf(undefined)];
    expect(holders.filter((holder) => holder === undefined).length).toBe(1);
    expect(new Set(holders.filter((holder) => holder !== undefined))).toEqual(new Set([winner]));
    expect(await vault.holder(server, "1")).toBe(winner);
    expect(await vault.person({ name: winner ?? "", server })).toEqual(alice);
  });

  test("may be pinned again to the same account, and stays when the token goes", async () => {
    expect(await vault.pin(account, alice)).toBeUndefined();
    expect(await vault.pin(account, { id: "1", username: "alice_renamed" })).toBeUndefined();
    await vault.store(account, credentials, 0);
    await vault.drop(account, 1);
    expect(await vault.person(account)).toEqual({ id: "1", username: "alice_renamed" });
  });

  test("with the same id on another server is another person", async () => {
    await vault.pin(account, alice);
    expect(await vault.pin({ name: "other", server: "https://elsewhere.example" }, alice)).toBeUndefined();
  });
});
