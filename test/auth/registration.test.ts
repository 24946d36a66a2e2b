import { beforeEach, describe, expect, test } from "vitest";
import { ServerRefusedError } from "../../core/errors.js";
import type { Scope } from "../../core/mastodon/scopes.js";
import { httpServer, json } from "../mastodon/local-server.js";
import { accountOn, count, needed, place, register, sandboxFor, servicesAt, token, type Place } from "./services.js";

let here: Place;
beforeEach(async () => {
  here = await place();
});

describe("an app", () => {
  test("is registered once for two accounts with the same scopes, and found again after a restart", async () => {
    const sandbox = await sandboxFor();
    const { authorization } = servicesAt(here);
    await authorization.begin(accountOn(sandbox.url, "one"), needed);
    await authorization.begin(accountOn(sandbox.url, "two"), needed);
    await servicesAt(here).authorization.begin(accountOn(sandbox.url, "three"), needed);
    expect(count(sandbox, register)).toBe(1);
  });

  test("is registered once by eight processes at a time", async () => {
    const sandbox = await sandboxFor();
    const standings = await Promise.all(
      Array.from({ length: 8 }, (_, at) => servicesAt(here).auth.run(accountOn(sandbox.url, `bot-${at}`), needed)),
    );
    expect(count(sandbox, register)).toBe(1);
    expect(standings.map(({ state }) => state)).toEqual(Array.from({ length: 8 }, () => "needs_authorization"));
  });

  test("is registered for each set of scopes, with exactly that string", async () => {
    const sandbox = await sandboxFor();
    const { registration } = servicesAt(here);
    const apps = [
      await registration.appFor(sandbox.url, ["read"]),
      await registration.appFor(sandbox.url, ["read", "write:statuses"]),
      await registration.appFor(sandbox.url, ["read"]),
    ];
    expect(apps.map(({ scopes }) => scopes)).toEqual(["read", "read write:statuses", "read"]);
    expect(apps[2]).toEqual(apps[0]);
    const asked = sandbox.requests().filter(({ path }) => path === register);
    expect(asked.map(({ body }) => body["scopes"])).toEqual(["read", "read write:statuses"]);
  });

  test("takes a token of its own, so that older servers keep it", async () => {
    const sandbox = await sandboxFor();
    await servicesAt(here).registration.appFor(sandbox.url, needed);
    expect(count(sandbox, token, { grant_type: "client_credentials" })).toBe(1);
  });

  test("is cached also where the server gives it no token of its own", async () => {
    const sandbox = await sandboxFor();
    sandbox.addFault({ path: token, action: { status: 502, html: "<h1>Bad gateway</h1>" } });
    const { registration } = servicesAt(here);
    const app = await registration.appFor(sandbox.url, needed);
    expect(await registration.appFor(sandbox.url, needed)).toEqual(app);
    expect(count(sandbox, register)).toBe(1);
  });

  test("is not forgotten when the one that its server forgot was an earlier one", async () => {
    const sandbox = await sandboxFor();
    const { registration, vault } = servicesAt(here);
    const earlier = await registration.appFor(sandbox.url, needed);
    await registration.forget(sandbox.url, earlier);
    const later = await registration.appFor(sandbox.url, needed);
    await registration.forget(sandbox.url, earlier);
    expect(await vault.app(sandbox.url, later.scopes)).toEqual(later);
  });
});

test("100 accounts with three sets of scopes register three apps, over several processes, within the server's limit", async () => {
  const sandbox = await sandboxFor({ limits: "mastodon" });
  const sets: readonly Scope[][] = [
    ["read:accounts"],
    ["read:accounts", "write:statuses"],
    ["read:accounts", "read:notifications", "write:statuses"],
  ];
  const processes = Array.from({ length: 4 }, () => servicesAt(here));
  const standings = await Promise.all(
    processes.flatMap(({ auth }, process) =>
      Array.from({ length: 25 }, (_, at) =>
        auth.run(accountOn(sandbox.url, `bot-${process}-${at}`), sets[at % 3] ?? []),
      ),
    ),
  );
  expect(standings.map(({ state }) => state)).toEqual(Array.from({ length: 100 }, () => "needs_authorization"));
  const asked = sandbox.requests().filter(({ path }) => path === register);
  expect(asked.map(({ body }) => String(body["scopes"])).toSorted()).toEqual(
    sets.map((scopes) => scopes.join(" ")).toSorted(),
  );
});

describe("on a server that knows whole scopes only", () => {
  test.each([
    ["422", { status: 422, json: { error: "Scopes doesn't match configured on the server." } }],
    ["invalid_scope", { status: 400, json: { error: "invalid_scope", error_description: "unknown" } }],
  ])("which answers %s: they are registered, shared and remembered", async (_what, action) => {
    const sandbox = await sandboxFor();
    const { registration, vault } = servicesAt(here);
    sandbox.addFault({ path: register, action });
    const app = await registration.appFor(sandbox.url, ["read:accounts", "write:statuses"]);
    expect(app.scopes).toBe("read write");
    sandbox.addFault({ path: register, action });
    const other = await registration.appFor(sandbox.url, ["profile", "write:media", "write:statuses"]);
    expect(other).toEqual(app);
    const asked = sandbox.requests().filter(({ path }) => path === register);
    expect(asked.map(({ body, status }) => `${String(body["scopes"])}: ${status}`)).toEqual([
      `read:accounts write:statuses: ${action.status}`,
      "read write: 200",
      `profile write:media write:statuses: ${action.status}`,
    ]);
    sandbox.clearRequests();
    expect(await servicesAt(here).registration.appFor(sandbox.url, ["read:accounts", "write:statuses"])).toEqual(app);
    expect(sandbox.requests()).toEqual([]);
    // For a refresh, it is found by the scopes that it has.
    expect(await vault.app(sandbox.url, "read write")).toEqual(app);
    await registration.forget(sandbox.url, app);
    expect(await vault.app(sandbox.url, "read:accounts write:statuses")).toBeUndefined();
  });

  test("what is refused as a whole too is refused", async () => {
    const sandbox = await sandboxFor();
    sandbox.addFault({ path: register, times: 2, action: { status: 422, json: { error: "No" } } });
    const standing = await servicesAt(here).auth.run(accountOn(sandbox.url), needed);
    expect(standing).toMatchObject({ state: "refused_by_server", reason: expect.stringContaining("422") as string });
    expect(count(sandbox, register)).toBe(2);
  });
});

describe("a registration that fails", () => {
  test.each([
    ["the server is out of order", { status: 503, html: "<h1>Down</h1>" }, "unreachable"],
    ["the app's name is taken", { status: 400, json: { error: "Name is taken" } }, "refused_by_server"],
    ["an answer that is no app", { status: 200, json: { client_id: 7 } }, "refused_by_server"],
  ])("leaves nothing behind, and the next try registers: %s", async (_what, action, state) => {
    const sandbox = await sandboxFor();
    sandbox.addFault({ path: register, action });
    const { auth } = servicesAt(here);
    const standing = await auth.run(accountOn(sandbox.url), needed);
    expect(standing).toMatchObject({ state, credentials: undefined, person: undefined });
    expect(standing.reason).not.toBe("");
    expect(standing.cure).not.toBe("");
    expect(await auth.run(accountOn(sandbox.url), needed)).toMatchObject({ state: "needs_authorization" });
  });

  test("for want of room is not asked for again before there is room, by whichever process", async () => {
    const sandbox = await sandboxFor();
    const headers = { "Retry-After": "300" };
    sandbox.addFault({ path: register, action: { status: 429, json: { error: "Too many requests" }, headers } });
    const account = accountOn(sandbox.url);
    expect((await servicesAt(here).auth.run(account, needed)).state).toBe("unreachable");
    const waiting = await servicesAt(here).auth.run(account, needed);
    expect(waiting).toMatchObject({ state: "unreachable", reason: expect.stringContaining("(429)") as string });
    expect(waiting.retryAt).toBeGreaterThan(Date.now() + 200_000);
    expect(count(sandbox, register)).toBe(1);
    // An operator who asks is not held up.
    expect(await servicesAt(here).authorization.begin(account, needed)).toContain("/oauth/authorize");
  });

  test("keeps a secret that came with a broken answer out of the error", async () => {
    const server = await httpServer((response) => json(response, { client_secret: "sesame", client_id: null }));
    const error = await servicesAt(here)
      .registration.appFor(server.origin, needed)
      .catch((thrown: unknown) => thrown);
    await server.close();
    expect(error).toBeInstanceOf(ServerRefusedError);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("sesame");
  });
});
