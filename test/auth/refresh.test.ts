import { beforeEach, describe, expect, test } from "vitest";
import type { AuthAccount } from "../../core/auth/auth-service.js";
import type { Credentials } from "../../core/auth/vault.js";
import type { Sandbox } from "../../sandbox/index.js";
import { oddServer } from "./odd-server.js";
import {
  accountOn,
  authorize,
  count,
  needed,
  place,
  register,
  sandboxFor,
  servicesAt,
  token,
  verify,
  type Place,
  type Services,
} from "./services.js";

let here: Place;
beforeEach(async () => {
  here = await place();
});

const ways = ["at-once", "on-first-use"] as const;
const refreshes = (sandbox: Sandbox) => count(sandbox, token, { grant_type: "refresh_token" });

async function refreshable(rotate: (typeof ways)[number] = "at-once") {
  const sandbox = await sandboxFor({ refreshTokens: { expiresInSeconds: 3_600, rotate } });
  const services = servicesAt(here);
  const account = accountOn(sandbox.url);
  const { credentials } = await authorize(services, sandbox, account, "alice");
  if (credentials === undefined) throw new Error("not authorized");
  return { sandbox, services, account, credentials };
}

/** Makes the cached token look as if 80 % of its lifetime were over; the server still takes it. */
async function makeDue(services: Services, account: AuthAccount, credentials: Credentials): Promise<number> {
  const aged = { ...credentials, obtainedAt: Date.now() - 3_500_000, expiresAt: Date.now() + 100_000 };
  const generation = await services.vault.store(account, aged, credentials.generation);
  if (generation === undefined) throw new Error("stored by another");
  return generation;
}

describe.each(ways)("a token that rotates %s", (rotate) => {
  test("is renewed when due, and the new pair is in force", async () => {
    const { account, credentials, sandbox, services } = await refreshable(rotate);
    expect(credentials.expiresAt).toBeGreaterThan(Date.now() + 3_500_000);
    const due = await makeDue(services, account, credentials);
    const standing = await services.auth.run(account, needed);
    expect(standing).toMatchObject({
      state: "ready",
      missing: [],
      credentials: { generation: due + 1, scopes: needed },
    });
    expect(standing.credentials?.accessToken).not.toBe(credentials.accessToken);
    expect(standing.credentials?.refreshToken).not.toBe(credentials.refreshToken);
    expect(await services.vault.credentials(account)).toEqual(standing.credentials);
    await services.auth.run(account, needed);
    expect(refreshes(sandbox)).toBe(1);
  });

  test("is renewed when the server refuses it before its time", async () => {
    const { account, sandbox, services } = await refreshable(rotate);
    sandbox.expire("alice");
    expect(await services.auth.run(account, needed)).toMatchObject({ state: "ready", credentials: { generation: 2 } });
    expect([refreshes(sandbox), count(sandbox, verify)]).toEqual([1, 4]);
  });

  test("is renewed once by eight processes, and all go on with the new one", async () => {
    const { account, credentials, sandbox, services } = await refreshable(rotate);
    const due = await makeDue(services, account, credentials);
    sandbox.expire("alice");
    const standings = await Promise.all(Array.from({ length: 8 }, () => servicesAt(here).auth.run(account, needed)));
    expect(refreshes(sandbox)).toBe(1);
    expect(new Set(standings.map((standing) => standing.credentials?.accessToken)).size).toBe(1);
    for (const { credentials: now, state } of standings) {
      expect([state, now?.generation]).toEqual(["ready", due + 1]);
    }
  });
});

test("a token that is not due is not renewed, whatever has been restarted", async () => {
  const { account, sandbox } = await refreshable();
  for (let start = 0; start < 3; start += 1) await servicesAt(here).auth.run(account, needed);
  expect(refreshes(sandbox)).toBe(0);
});

describe("a renewal that fails", () => {
  const faults = [
    ["502 with a web page", { status: 502, html: "<h1>Bad gateway</h1>" }],
    ["503 as JSON", { status: 503, json: { error: "There was a temporary problem" } }],
    ["429", { status: 429, json: { error: "Too many requests" } }],
    ["a proxy's 404", { status: 404, html: "<h1>Not found</h1>" }],
    ["success with a web page", { status: 200, html: "<h1>Welcome</h1>" }],
    ["a connection that is cut", "cut"],
  ] as const;

  test.each(faults)("%s: a token that still works is used", async (_what, action) => {
    const { account, credentials, sandbox, services } = await refreshable();
    const due = await makeDue(services, account, credentials);
    sandbox.addFault({ path: token, action });
    expect(await services.auth.run(account, needed)).toMatchObject({
      state: "ready",
      credentials: { generation: due },
    });
    expect((await services.auth.run(account, needed)).credentials?.generation).toBe(due + 1);
  });

  test.each(faults)("%s: a token that is over is kept until the server is back", async (_what, action) => {
    const { account, sandbox, services } = await refreshable();
    sandbox.expire("alice");
    sandbox.addFault({ path: token, action });
    const standing = await services.auth.run(account, needed);
    expect(standing).toMatchObject({ state: "unreachable", credentials: { generation: 1 } });
    expect(standing.reason).not.toBe("");
    expect(await services.auth.run(account, needed)).toMatchObject({ state: "ready", credentials: { generation: 2 } });
    expect(refreshes(sandbox)).toBe(2);
  });

  test("refused while the access token works: it is used, and nothing is dropped", async () => {
    const { account, credentials, sandbox, services } = await refreshable();
    const due = await makeDue(services, account, credentials);
    sandbox.addFault({ path: token, action: { status: 400, json: { error: "invalid_grant" } } });
    expect(await services.auth.run(account, needed)).toMatchObject({
      state: "ready",
      credentials: { generation: due },
    });
  });

  test("refused, and the access token too: dropped once, with the reason", async () => {
    const { account, sandbox, services } = await refreshable();
    sandbox.revoke({ user: "alice" });
    const standings = await Promise.all([
      services.auth.run(account, needed),
      servicesAt(here).auth.run(account, needed),
    ]);
    for (const standing of standings) {
      expect(standing).toMatchObject({ state: "needs_authorization", credentials: undefined });
      expect(standing.cure).toBe("run: bot auth newsbot");
    }
    expect(standings.map(({ reason }) => reason)).toContain("The access token was revoked");
    expect(await services.vault.generation(account)).toBe(2);
    sandbox.clearRequests();
    expect((await services.auth.run(account, needed)).reason).toBe("its token was refused by the server, or revoked");
    expect(sandbox.requests()).toEqual([]);
  });

  test("an app that the server has forgotten is registered anew when the account is asked again", async () => {
    const { account, sandbox, services } = await refreshable();
    sandbox.expire("alice");
    sandbox.addFault({ path: token, action: { status: 401, json: { error: "invalid_client" } } });
    expect((await services.auth.run(account, needed)).state).toBe("needs_authorization");
    expect((await authorize(services, sandbox, account, "alice")).state).toBe("ready");
    expect(count(sandbox, register)).toBe(2);
  });

  test("a server that renews a token and refuses it all the same is not asked for ever", async () => {
    let given = 0;
    const server = await oddServer({
      token: () => ({ json: { access_token: `t${(given += 1)}`, refresh_token: `r${given}`, expires_in: 60 } }),
      verify: (asked) =>
        asked === "t1" && given === 1
          ? { json: { id: "7", username: "news", bot: true } }
          : { status: 401, json: { error: "The access token is invalid" } },
    });
    const services = servicesAt(here);
    const account = accountOn(server.origin);
    await services.authorization.begin(account, needed);
    await services.authorization.finish(account, needed, "abc");
    given = 2;
    expect((await services.auth.run(account, needed)).state).toBe("needs_authorization");
    expect(server.grants("refresh_token").length).toBe(1);
  });
});

test("without a refresh token none is attempted, and a refused token is dropped once", async () => {
  const sandbox = await sandboxFor();
  const services = servicesAt(here);
  const account = accountOn(sandbox.url);
  await authorize(services, sandbox, account, "alice");
  sandbox.revoke({ user: "alice" });
  sandbox.clearRequests();
  expect(await services.auth.run(account, needed)).toMatchObject({
    state: "needs_authorization",
    reason: "The access token was revoked",
    cure: "run: bot auth newsbot",
    credentials: undefined,
  });
  expect(sandbox.requests().map(({ path }) => path)).toEqual([verify]);
  expect(await services.vault.person(account)).toMatchObject({ username: "alice" });
});

test("a token that another process renewed meanwhile is taken, and not dropped", async () => {
  const { account, credentials, sandbox, services } = await refreshable();
  const held = sandbox.addFault({ path: verify, action: "hold" });
  sandbox.expire("alice");
  const slow = services.auth.run(account, needed);
  await sandbox.waitForRequest(({ path, status }) => path === verify && status === null);
  const quick = await servicesAt(here).auth.run(account, needed);
  sandbox.release(held);
  expect(quick).toMatchObject({ state: "ready", credentials: { generation: credentials.generation + 1 } });
  expect((await slow).credentials).toEqual(quick.credentials);
  expect(refreshes(sandbox)).toBe(1);
});
