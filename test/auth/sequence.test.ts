import { beforeEach, describe, expect, test } from "vitest";
import type { AuthAccount } from "../../core/auth/auth-service.js";
import type { Sandbox } from "../../sandbox/index.js";
import {
  accountOn,
  authorize,
  count,
  needed,
  place,
  sandboxFor,
  servicesAt,
  verify,
  type Place,
  type Services,
} from "./services.js";

let here: Place;
let sandbox: Sandbox;
let services: Services;
let account: AuthAccount;
beforeEach(async () => {
  here = await place();
  sandbox = await sandboxFor();
  services = servicesAt(here);
  account = accountOn(sandbox.url);
  await authorize(services, sandbox, account, "alice");
  sandbox.clearRequests();
});

const disabled = "Your login is currently disabled";

test("from the cache after a restart: one verification and nothing else", async () => {
  expect(await servicesAt(here).auth.run(account, needed)).toMatchObject({ state: "ready", missing: [] });
  expect(sandbox.requests().map(({ path }) => path)).toEqual([verify]);
});

test("eight processes verify what is cached, each once", async () => {
  const standings = await Promise.all(Array.from({ length: 8 }, () => servicesAt(here).auth.run(account, needed)));
  expect(standings.map(({ state }) => state)).toEqual(Array.from({ length: 8 }, () => "ready"));
  expect([sandbox.requests().length, count(sandbox, verify)]).toEqual([8, 8]);
});

describe("what is not about the token keeps it", () => {
  test.each([
    ["502 with a web page", { status: 502, html: "<h1>Bad gateway</h1>" }, "unreachable", "(502)"],
    ["503 as JSON", { status: 503, json: { error: "There was a temporary problem" } }, "unreachable", "(503)"],
    ["a proxy's 404", { status: 404, html: "<h1>Not found</h1>" }, "refused_by_server", "404"],
    ["a proxy's 401", { status: 401, html: "<h1>Sign in</h1>" }, "refused_by_server", "sign-in"],
    ["the rate limit", { status: 429, json: { error: "Too many requests" } }, "unreachable", "(429)"],
    ["success with a web page", { status: 200, html: "<h1>Welcome</h1>" }, "unreachable", "web page"],
    ["success without a person", { status: 200, json: { ok: true } }, "refused_by_server", "names no person"],
    ["a redirect", { status: 302, headers: { location: "https://other.example/" } }, "unreachable", "redirects"],
    ["a connection that is cut", "cut", "unreachable", "cut"],
    ["a disabled login", { status: 403, json: { error: disabled } }, "refused_by_server", disabled],
  ] as const)("%s", async (_what, action, state, reason) => {
    sandbox.addFault({ path: verify, action });
    const standing = await services.auth.run(account, needed);
    expect(standing).toMatchObject({ state, person: undefined, credentials: { generation: 1 } });
    expect(standing.reason).toContain(reason);
    expect(standing.cure).not.toMatch(/^$|<account>/);
    expect((await services.auth.run(account, needed)).state).toBe("ready");
  });

  test("a server that is not there", async () => {
    await sandbox.close();
    expect(await services.auth.run(account, needed)).toMatchObject({
      state: "unreachable",
      reason: "the server refuses connections",
      credentials: { generation: 1 },
    });
  });

  test("a suspended person, until the suspension is over", async () => {
    sandbox.suspend("alice");
    expect(await services.auth.run(account, needed)).toMatchObject({ state: "refused_by_server", reason: disabled });
    sandbox.suspend("alice", false);
    expect(await services.auth.run(account, needed)).toMatchObject({ state: "ready", credentials: { generation: 1 } });
  });
});

test("missing scopes are listed also while the server cannot be asked", async () => {
  sandbox.addFault({ path: verify, action: { status: 503, json: {} } });
  const standing = await services.auth.run(account, [...needed, "write:media"]);
  expect(standing).toMatchObject({ state: "unreachable", missing: ["write:media"] });
});

test("a refused token is dropped in one process only, and the account can be authorized again", async () => {
  sandbox.revoke({ user: "alice" });
  const standings = await Promise.all(Array.from({ length: 4 }, () => servicesAt(here).auth.run(account, needed)));
  for (const { cure, state } of standings) {
    expect([state, cure]).toEqual(["needs_authorization", "run: bot auth newsbot"]);
  }
  expect(await services.vault.generation(account)).toBe(2);
  expect(await authorize(services, sandbox, account, "alice")).toMatchObject({
    state: "ready",
    credentials: { generation: 3 },
  });
});
