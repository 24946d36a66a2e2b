import { beforeEach, describe, expect, test } from "vitest";
import { ServerRefusedError } from "../../core/errors.js";
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

describe("a registration that fails", () => {
  test.each([
    ["the server is out of order", { status: 503, html: "<h1>Down</h1>" }, "unreachable"],
    ["too many registrations", { status: 429, json: { error: "Too many requests" } }, "unreachable"],
    ["unknown scopes", { status: 422, json: { error: "Scopes doesn't match" } }, "refused_by_server"],
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
