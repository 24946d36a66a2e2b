import "reflect-metadata";
import { beforeEach, describe, expect, test } from "vitest";
import { Revoking, type Revocation } from "../../core/auth/revocation.js";
import type { Sandbox } from "../../sandbox/index.js";
import { dialectNames } from "../../sandbox/dialects/dialects.js";
import { tokenFor } from "../sandbox/bot.js";
import { directoryFor, filesIn, mirroredAt } from "./mirrored.js";
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

function revoking(name = "newsbot", more: { fleet?: string[]; onlyHere?: boolean } = {}): Promise<Revocation> {
  const { auth, oauth, vault } = services;
  const { fleet = [name], onlyHere = false } = more;
  return new Revoking(vault, oauth, auth).revoke({ account: accountOn(sandbox.url, name), fleet, onlyHere });
}

test("the token is ended at the server and forgotten here; the app and the person stay", async () => {
  const account = accountOn(sandbox.url);
  const { credentials } = await authorize(services, sandbox, account, "alice");
  expect(await revoking()).toEqual({ outcome: "revoked" });
  expect(sandbox.revoke({ user: "alice" })).toBe(0);
  expect(await services.vault.credentials(account)).toBeUndefined();
  expect(await services.vault.person(account)).toMatchObject({ username: "alice" });
  expect(await services.vault.app(sandbox.url, credentials?.appScopes ?? "")).toBeDefined();
  expect(await services.auth.run(account, needed)).toMatchObject({ state: "needs_authorization" });
  expect(await revoking()).toEqual({ outcome: "none" });
  expect((await authorize(services, sandbox, account, "alice")).credentials?.generation).toBe(3);
});

test.each(dialectNames)("as %s: revoked, or kept with what the server said", async (dialect) => {
  sandbox = await sandboxFor({ dialect });
  const account = accountOn(sandbox.url);
  const { credentials } = await authorize(services, sandbox, account, "alice");
  const revocation = await revoking();
  const standing = await services.auth.verify(account, credentials?.accessToken ?? "");
  expect([revocation.outcome, "status" in standing && standing.status < 300]).toEqual(["revoked", false]);
});

test("a refresh token is ended as well", async () => {
  sandbox = await sandboxFor({ refreshTokens: { expiresInSeconds: 3_600, rotate: "at-once" } });
  const account = accountOn(sandbox.url);
  const { credentials } = await authorize(services, sandbox, account, "alice");
  const app = await services.vault.app(sandbox.url, credentials?.appScopes ?? "");
  if (credentials?.refreshToken === undefined || app === undefined) throw new Error("no refresh token");
  expect(await revoking()).toEqual({ outcome: "revoked" });
  const outcome = await services.oauth.refresh(sandbox.url, app, credentials, credentials.refreshToken);
  expect(outcome).toHaveProperty("refusal");
});

describe("a token that another account holds too", () => {
  // Before persons were pinned, or from an import: what counts is the token, not the person.
  test.each([
    ["in accounts.yaml", ["newsbot", "other"]],
    ["known to the vault only", ["newsbot"]],
  ])("%s: is forgotten here, and not revoked", async (what, fleet) => {
    const other = accountOn(sandbox.url, "other");
    const { credentials } = await authorize(services, sandbox, accountOn(sandbox.url), "alice");
    if (credentials === undefined) throw new Error("not authorized");
    await services.vault.store(other, credentials, 0);
    if (what !== "in accounts.yaml") await services.vault.pin(other, { id: "77", username: "somebody" });
    expect(await revoking("newsbot", { fleet })).toEqual({ outcome: "shared", with: "other" });
    expect(count(sandbox, revoke)).toBe(0);
    expect(await services.vault.credentials(accountOn(sandbox.url))).toBeUndefined();
    expect((await services.vault.credentials(other))?.accessToken).toBe(credentials.accessToken);
    expect(await revoking("other", { fleet: ["newsbot", "other"] })).toEqual({ outcome: "revoked" });
  });
});

describe("where the server does not do it, the token is kept", () => {
  test.each([
    ["it is down", { path: revoke, action: { status: 503, html: "<h1>Down</h1>" } } as const, /out of order \(503\)/],
    ["it cannot be reached", { path: revoke, action: "cut" } as const, /cut the connection/],
    [
      "it refuses",
      { path: revoke, action: { status: 403, json: { error: "unauthorized_client" } } } as const,
      /403|unauth/,
    ],
    ["it only says so", { path: revoke, action: { status: 200, json: {} } } as const, /still works/],
  ])("%s", async (_what, fault, why) => {
    const account = accountOn(sandbox.url);
    const { credentials } = await authorize(services, sandbox, account, "alice");
    sandbox.addFault(fault);
    expect(await revoking()).toEqual({ outcome: "kept", why: expect.stringMatching(why) as string });
    expect(await services.vault.credentials(account)).toEqual(credentials);
    expect(await revoking("newsbot", { onlyHere: true })).toEqual({ outcome: "forgotten" });
    expect(await services.vault.credentials(account)).toBeUndefined();
  });

  test("but not where only the proof is missing: it was taken", async () => {
    await authorize(services, sandbox, accountOn(sandbox.url), "alice");
    sandbox.addFault({ path: verify, action: "cut" });
    expect(await revoking()).toEqual({ outcome: "revoked" });
  });
});

test("only here: the server is not asked", async () => {
  await authorize(services, sandbox, accountOn(sandbox.url), "alice");
  expect(await revoking("newsbot", { onlyHere: true })).toEqual({ outcome: "forgotten" });
  expect(count(sandbox, revoke)).toBe(0);
});

test("a token that the operator brought has no app here that could revoke it", async () => {
  const account = accountOn(sandbox.url, "newsbot", { allowUnlabelled: true });
  await services.authorization.adopt(account, needed, await tokenFor(sandbox, "alice"));
  expect(await revoking()).toEqual({ outcome: "foreign" });
  expect([count(sandbox, revoke), sandbox.revoke({ user: "alice" })]).toEqual([0, 1]);
});

test("a token that is renewed while it is revoked does not survive in its new form", async () => {
  const account = accountOn(sandbox.url);
  const { credentials } = await authorize(services, sandbox, account, "alice");
  const held = sandbox.addFault({ path: revoke, action: "hold" });
  const revoked = revoking();
  await expect.poll(() => sandbox.faults().some(({ held }) => held > 0)).toBe(true);
  const second = await authorize(services, sandbox, account, "alice", ["read"]);
  expect(second.credentials?.accessToken).not.toBe(credentials?.accessToken);
  sandbox.release(held);
  expect(await revoked).toEqual({ outcome: "revoked" });
  expect(await services.vault.credentials(account)).toBeUndefined();
  expect(sandbox.revoke({ user: "alice" })).toBe(0);
});

test("an authorization under way is given up", async () => {
  const account = accountOn(sandbox.url);
  await services.authorization.begin(account, needed);
  expect(await revoking()).toEqual({ outcome: "none" });
  expect(await services.vault.pending(account)).toBeUndefined();
});

test("unpinned, the account may become somebody else's and the person another account's; the mirror follows", async () => {
  const directory = directoryFor();
  services = mirroredAt(here, directory);
  const [account, other] = [accountOn(sandbox.url), accountOn(sandbox.url, "other")];
  await authorize(services, sandbox, account, "bob");
  await revoking();
  await services.vault.unpin(account);
  const [row = ""] = filesIn(directory).values();
  expect(JSON.parse(row)).toMatchObject({ account: "newsbot", person: {} });
  expect(row).not.toContain("bob");
  expect((await authorize(services, sandbox, other, "bob")).state).toBe("ready");
  expect((await authorize(services, sandbox, account, "alice")).person?.username).toBe("alice");
  await services.vault.unpin(accountOn(sandbox.url, "nobody"));
  expect(await services.vault.holders(sandbox.url)).toHaveLength(2);
});
