import { beforeEach, describe, expect, test } from "vitest";
import type { Sandbox } from "../../sandbox/index.js";
import { tokenFor } from "../sandbox/bot.js";
import { oddServer } from "./odd-server.js";
import {
  accountOn,
  authorize,
  count,
  needed,
  place,
  revoke,
  sandboxFor,
  servicesAt,
  verify,
  type Place,
  type Services,
} from "./services.js";

let here: Place;
let sandbox: Sandbox;
let services: Services;
beforeEach(async () => {
  here = await place();
  sandbox = await sandboxFor();
  services = servicesAt(here);
});

const wrongPerson = (text: string) => ({ code: "PERSON_WRONG", message: expect.stringContaining(text) as string });

describe("the wrong person", () => {
  test("by handle: refused, the token is revoked, nothing is pinned or stored", async () => {
    const account = accountOn(sandbox.url, "newsbot", { handle: "alice" });
    await expect(authorize(services, sandbox, account, "bob")).rejects.toMatchObject(
      wrongPerson("the token is @bob's, accounts.yaml says @alice"),
    );
    expect(count(sandbox, revoke)).toBe(1);
    expect(sandbox.revoke({ user: "bob" })).toBe(0);
    expect(await services.vault.credentials(account)).toBeUndefined();
    expect(await services.vault.person(account)).toBeUndefined();
    expect((await authorize(services, sandbox, account, "alice")).state).toBe("ready");
  });

  test("by the person it was bound to: refused, the good token stays in force", async () => {
    const account = accountOn(sandbox.url);
    const { credentials } = await authorize(services, sandbox, account, "alice");
    await expect(authorize(services, sandbox, account, "bob")).rejects.toMatchObject(
      wrongPerson("the token is @bob's, but newsbot has been @alice so far"),
    );
    expect(await services.vault.credentials(account)).toEqual(credentials);
    expect(await services.auth.run(account, needed)).toMatchObject({ state: "ready", person: { username: "alice" } });
    expect(sandbox.revoke({ user: "bob" })).toBe(0);
  });

  test("bound to another account, which holds that very token: refused, and not revoked", async () => {
    const [one, other] = [accountOn(sandbox.url, "one"), accountOn(sandbox.url, "other")];
    const { credentials } = await authorize(services, sandbox, one, "alice");
    await expect(authorize(services, sandbox, other, "alice")).rejects.toMatchObject(
      wrongPerson("@alice belongs to the account one already"),
    );
    await expect(authorize(services, sandbox, other, "alice")).rejects.toMatchObject({
      cure: expect.stringContaining(
        "if other is a new name of one, write was: one under it in accounts.yaml",
      ) as string,
    });
    expect(count(sandbox, revoke)).toBe(0);
    expect(await services.auth.run(one, needed)).toMatchObject({ state: "ready", credentials });
    expect(await services.vault.credentials(other)).toBeUndefined();
  });

  test("bound to another account, which holds another token: that of the wrong account is revoked", async () => {
    const [one, other] = [accountOn(sandbox.url, "one"), accountOn(sandbox.url, "other")];
    await authorize(services, sandbox, one, "alice");
    await expect(authorize(services, sandbox, other, "alice", ["read"])).rejects.toMatchObject(
      wrongPerson("one already"),
    );
    expect(count(sandbox, revoke)).toBe(1);
    expect((await services.auth.run(one, needed)).state).toBe("ready");
  });

  test("may sign in again as the right one by the same address", async () => {
    const account = accountOn(sandbox.url, "newsbot", { handle: "ALICE" });
    const first = await services.authorization.begin(account, needed);
    await expect(authorize(services, sandbox, account, "bob")).rejects.toMatchObject({ code: "PERSON_WRONG" });
    expect(await services.authorization.begin(account, needed)).toBe(first);
    expect((await authorize(services, sandbox, account, "alice")).state).toBe("ready");
  });

  test("is held, and not dropped, where accounts.yaml names another handle later", async () => {
    const { credentials } = await authorize(services, sandbox, accountOn(sandbox.url), "alice");
    const renamed = accountOn(sandbox.url, "newsbot", { handle: "carol" });
    expect(await services.auth.run(renamed, needed)).toMatchObject({
      state: "held",
      reason: "the token is @alice's, accounts.yaml says @carol",
      credentials,
    });
  });

  test("of a server that revokes nothing: refused all the same", async () => {
    sandbox.addFault({ path: revoke, action: "cut" });
    const account = accountOn(sandbox.url, "newsbot", { handle: "alice" });
    await expect(authorize(services, sandbox, account, "bob")).rejects.toMatchObject({ code: "PERSON_WRONG" });
  });
});

describe("authorized again", () => {
  test("the old token stays until the new one is verified", async () => {
    const account = accountOn(sandbox.url);
    const old = (await authorize(services, sandbox, account, "alice")).credentials;
    sandbox.addFault({ path: "/api/v1/accounts/verify_credentials", action: { status: 503, html: "<h1>Down</h1>" } });
    await expect(authorize(services, sandbox, account, "alice", ["read"])).rejects.toMatchObject({
      code: "SERVER_REFUSED",
    });
    expect(await services.vault.credentials(account)).toEqual(old);
    const { credentials } = await authorize(services, sandbox, account, "alice", ["read"]);
    expect(credentials).toMatchObject({ generation: 2, scopes: ["read"] });
    expect(credentials?.accessToken).not.toBe(old?.accessToken);
  });

  test("the same token is one more generation, and not revoked", async () => {
    const account = accountOn(sandbox.url);
    const old = (await authorize(services, sandbox, account, "alice")).credentials;
    const { credentials, state } = await authorize(services, sandbox, account, "alice");
    expect([state, credentials?.accessToken, credentials?.generation]).toEqual(["ready", old?.accessToken, 2]);
    expect(count(sandbox, revoke)).toBe(0);
  });

  test("on another server it is another person's place: the first one's credentials stay", async () => {
    const elsewhere = await sandboxFor();
    await authorize(services, sandbox, accountOn(sandbox.url), "alice");
    const moved = accountOn(elsewhere.url);
    const asked = sandbox.requests().length;
    expect(await services.auth.run(moved, needed)).toMatchObject({
      state: "needs_authorization",
      reason: `newsbot was @alice on ${sandbox.url}`,
      cure: `authorize it on ${elsewhere.url} with: bot auth newsbot, or put server: ${sandbox.url} back into accounts.yaml`,
      credentials: undefined,
    });
    expect(sandbox.requests()).toHaveLength(asked);
    expect(elsewhere.requests().some(({ path }) => path === verify)).toBe(false);
    expect((await authorize(services, elsewhere, moved, "bob")).state).toBe("ready");
    expect((await services.auth.run(accountOn(sandbox.url), needed)).person?.username).toBe("alice");
  });
});

describe("an unlabelled account", () => {
  beforeEach(() => sandbox.actAs("alice").accounts.updateCredentials({ bot: false }));

  test("is held, with its token", async () => {
    const standing = await authorize(services, sandbox, accountOn(sandbox.url), "alice");
    expect(standing).toMatchObject({ state: "held", credentials: { generation: 1 }, person: { bot: false } });
    expect(standing.reason).toBe(`@alice is not labelled as a bot on ${new URL(sandbox.url).host}`);
    await sandbox.actAs("alice").accounts.updateCredentials({ bot: true });
    expect((await services.auth.run(accountOn(sandbox.url), needed)).state).toBe("ready");
  });

  test("is ready where accounts.yaml allows it", async () => {
    const account = accountOn(sandbox.url, "newsbot", { allowUnlabelled: true });
    expect((await authorize(services, sandbox, account, "alice")).state).toBe("ready");
  });
});

describe("a token that the operator brings", () => {
  test("is verified, pinned, and counts as granted all that is needed", async () => {
    const account = accountOn(sandbox.url, "newsbot", { allowUnlabelled: true });
    const brought = await tokenFor(sandbox, "alice");
    const standing = await services.authorization.adopt(account, needed, `  ${brought}\n`);
    expect(standing).toMatchObject({ state: "ready", missing: [], person: { username: "alice" } });
    expect(standing.credentials).toMatchObject({ refreshToken: undefined, appScopes: undefined, scopes: needed });
    expect(await services.vault.holder(sandbox.url, standing.person?.id ?? "")).toBe("newsbot");
  });

  test("of the wrong person is refused, and never revoked: it is the operator's own", async () => {
    const brought = await tokenFor(sandbox, "bob");
    const account = accountOn(sandbox.url, "newsbot", { handle: "alice" });
    await expect(services.authorization.adopt(account, needed, brought)).rejects.toMatchObject(wrongPerson("@bob"));
    expect([count(sandbox, revoke), sandbox.revoke({ user: "bob" })]).toEqual([0, 1]);
    expect(await services.vault.credentials(account)).toBeUndefined();
  });

  test.each([
    ["unknown to the server", "nonsense", "SERVER_REFUSED"],
    ["not fit for a header", "line\nbreak", "NETWORK_FAILED"],
  ])("%s: refused, with a cure that names the account", async (_what, brought, code) => {
    const error: unknown = await services.authorization
      .adopt(accountOn(sandbox.url), needed, brought)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    if (code === "SERVER_REFUSED") expect(error).toMatchObject({ cure: "run: bot auth newsbot" });
    expect(String(error)).not.toContain(brought);
  });
});

test("a server that does not say who it is gets nobody pinned", async () => {
  const server = await oddServer({
    token: () => ({ json: { access_token: "t" } }),
    verify: () => ({ json: { id: 7 } }),
  });
  const account = accountOn(server.origin);
  await services.authorization.begin(account, needed);
  await expect(services.authorization.finish(account, needed, "abc")).rejects.toMatchObject({ code: "SERVER_REFUSED" });
  expect(await services.vault.person(account)).toBeUndefined();
});
