import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cureFor, judge, judgeRegistration, judgeRenewal, type AccountState } from "../../core/auth/verdict.js";
import { NotAskedError, type Asked } from "../../core/auth/outages.js";
import { NetworkError, type NetworkFailure } from "../../core/errors.js";

const said = (status: number, error: string): Asked => ({ status, body: { error } });
const failed = (failure: NetworkFailure): Asked => new NetworkError("accounts.verifyCredentials", failure, true);
const waiting = new NotAskedError("https://a.example", { waitUntil: 0, reason: "the server refuses connections" });
const page = (status: number): Asked => ({ status, body: "<!DOCTYPE html><html><h1>Oops</h1></html>" });

describe("an answer to verify_credentials", () => {
  test.each<[what: string, asked: Asked, state: AccountState, isTokenRefused: boolean, reason: string]>([
    ["a person", { status: 200, body: { id: "1" } }, "ready", false, ""],
    ["Mastodon: unknown", said(401, "The access token is invalid"), "needs_authorization", true, "is invalid"],
    ["Mastodon: revoked", said(401, "The access token was revoked"), "needs_authorization", true, "was revoked"],
    ["Mastodon: expired", said(401, "The access token expired"), "needs_authorization", true, "expired"],
    ["GoToSocial: unknown", said(401, "Unauthorized: token not found"), "needs_authorization", true, "not found"],
    ["Hollo: unknown", said(401, "invalid_token"), "needs_authorization", true, "invalid_token"],
    ["Mitra: unknown", said(401, "authentication required"), "needs_authorization", true, "authentication"],
    ["Iceshrimp: nothing but the status", { status: 401, body: undefined }, "needs_authorization", true, "refuses"],
    ["Akkoma: unknown", said(403, "Invalid credentials."), "needs_authorization", true, "Invalid credentials."],
    [
      "Takahe: unknown, plain text",
      { status: 400, body: "Invalid Bearer token" },
      "needs_authorization",
      true,
      "Bearer",
    ],
    [
      "Friendica: unknown, or a scope",
      said(403, "Token is not authorized with a valid user or is missing a required scope"),
      "refused_by_server",
      false,
      "not authorized with a valid user",
    ],
    ["a proxy's sign-in page", page(401), "refused_by_server", false, "sign-in of its own"],
    [
      "Mastodon: no e-mail address",
      said(403, "Your login is missing a confirmed e-mail address"),
      "refused_by_server",
      false,
      "e-mail",
    ],
    ["Mastodon: pending", said(403, "Your login is currently pending approval"), "refused_by_server", false, "pending"],
    ["Mastodon: disabled", said(403, "Your login is currently disabled"), "refused_by_server", false, "disabled"],
    // Suspended, moved, and a role that demands a second factor are answered in the same words.
    ["another: suspended", said(403, "Your account has been suspended"), "refused_by_server", false, "suspended"],
    ["another: moved", said(403, "Your account has moved"), "refused_by_server", false, "moved"],
    [
      "Mastodon: a scope",
      said(403, "This action is outside the authorized scopes"),
      "refused_by_server",
      false,
      "scopes",
    ],
    [
      "GoToSocial: a scope",
      said(403, "Forbidden: token has insufficient scope permission"),
      "refused_by_server",
      false,
      "scope",
    ],
    ["Hollo: a scope", said(403, "insufficient_scope"), "refused_by_server", false, "scope"],
    [
      "Akkoma: a scope",
      said(403, "Insufficient permissions: read:accounts."),
      "refused_by_server",
      false,
      "permissions",
    ],
    ["Takahe: a scope", said(403, "out_of_scope_for_token"), "refused_by_server", false, "scope"],
    ["a proxy's 403", page(403), "refused_by_server", false, "403"],
    ["an app's token", said(422, "This method requires an authenticated user"), "refused_by_server", false, "user"],
    ["no User-Agent", said(418, "I'm a teapot"), "refused_by_server", false, "User-Agent"],
    ["another server", page(404), "refused_by_server", false, "404"],
    ["a 404 as JSON", said(404, "Record not found"), "refused_by_server", false, "Record not found"],
    ["a redirect that leads nowhere", { status: 302, body: "" }, "refused_by_server", false, "302"],
    ["GoToSocial: under load", said(503, "server is under heavy load"), "unreachable", false, "503"],
    ["a name that does not resolve", failed("dns"), "unreachable", false, "cannot be resolved"],
    ["a refused connection", failed("refused"), "unreachable", false, "refuses connections"],
    ["a time-out", failed("timeout"), "unreachable", false, "in time"],
    ["a wrong certificate", failed("certificate"), "unreachable", false, "certificate"],
    ["a cut body", failed("cut"), "unreachable", false, "cut"],
    ["a redirect to another address", failed("redirect"), "unreachable", false, "redirects"],
    ["a web page with status 200", failed("not_json"), "unreachable", false, "web page"],
    ["nobody asked: the fleet waits for the server", waiting, "unreachable", false, "refuses connections"],
    ["a bad request that is not about the token", said(400, "Bad request"), "refused_by_server", false, "Bad request"],
    ["the rate limit", said(429, "Too many requests"), "unreachable", false, "rate limit"],
    ["Akkoma: the rate limit", said(429, "Throttled"), "unreachable", false, "rate limit"],
    ["a passing fault as JSON", said(503, "There was a temporary problem"), "unreachable", false, "503"],
    ["a proxy's 500", page(500), "unreachable", false, "500"],
    ["a proxy's 502", page(502), "unreachable", false, "502"],
    ["a proxy's 503", page(503), "unreachable", false, "503"],
    ["a proxy's 504", page(504), "unreachable", false, "504"],
  ])("%s", (_what, asked, state, isTokenRefused, reason) => {
    const verdict = judge(asked);
    expect([verdict.state, verdict.tokenRefused]).toEqual([state, isTokenRefused]);
    expect(verdict.reason).toContain(reason);
    expect(verdict.cure === "").toBe(state === "ready");
  });

  test.each([
    ["permits reading accounts, so the token is none", ["read:accounts", "write"], true],
    ["permits it by its parent", ["read"], true],
    ["does not permit it, so the scope is missing", ["write"], false],
    ["is not known", undefined, false],
  ])("Friendica's one answer for both is read by what the token %s", (_what, granted, isTokenRefused) => {
    const text = "Token is not authorized with a valid user or is missing a required scope";
    expect(judge(said(403, text), granted).tokenRefused).toBe(isTokenRefused);
  });

  test("only what a server says as an API may drop a token", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.string(), (status, text) => {
        expect(judge({ status, body: `<html>${text}</html>` }).tokenRefused).toBe(false);
        expect(judge({ status, body: { error: text } }).tokenRefused && status >= 500).toBe(false);
      }),
    );
  });

  test("is quoted as one short line without control characters", () => {
    const { reason } = judge(said(401, `\u001b[31mred\u0007\n${"x".repeat(5_000)}`));
    expect(reason).not.toMatch(/\p{Cc}/u);
    expect(reason.length).toBeLessThanOrEqual(200);
  });

  test.each([[null], [[]], [{ error: { code: 1 } }], [7], [{ errors: "?" }]])("reads a body of %j", (body) => {
    expect(judge({ status: 401, body })).toMatchObject({ state: "needs_authorization", tokenRefused: true });
    expect(judge({ status: 403, body })).toMatchObject({ state: "refused_by_server", tokenRefused: false });
  });
});

const failures: Record<NetworkFailure, string> = {
  dns: "name",
  refused: "refuses connections",
  timeout: "in time",
  certificate: "certificate",
  cut: "cut",
  redirect: "redirects",
  too_large: "too large",
  not_json: "web page",
  aborted: "given up",
  unasked: "in time",
  other: "cannot be reached",
};

test.each(Object.entries(failures) as [NetworkFailure, string][])(
  "%s below HTTP: unreachable, the token is kept",
  (failure, reason) => {
    for (const sent of [true, false]) {
      const error = new NetworkError("accounts.verifyCredentials: something", failure, sent);
      for (const verdict of [judge(error), judgeRegistration(error)]) {
        expect(verdict).toMatchObject({ state: "unreachable", tokenRefused: false });
        expect(verdict.reason).toContain(reason);
        expect(verdict.cure).not.toBe("");
      }
    }
  },
);

test.each<[what: string, asked: Asked, state: AccountState, reason: string]>([
  ["an answer that holds no app", { status: 200, body: undefined }, "refused_by_server", "(200)"],
  ["unknown scopes", said(422, "Scopes doesn't match"), "refused_by_server", "Scopes doesn't match"],
  ["a server that lets nobody in", said(401, "This API requires an authenticated user"), "refused_by_server", "(401)"],
  ["no such endpoint", page(404), "refused_by_server", "(404)"],
  ["no User-Agent", page(418), "refused_by_server", "User-Agent"],
  ["five registrations in ten minutes", said(429, "Too many requests"), "unreachable", "rate limit"],
  ["a proxy", page(502), "unreachable", "502"],
])("a registration that brought no app, %s: never ready, never a refused token", (_what, asked, state, reason) => {
  const verdict = judgeRegistration(asked);
  expect([verdict.state, verdict.tokenRefused]).toEqual([state, false]);
  expect(verdict.reason).toContain(reason);
});

test.each([
  [400, "invalid_grant", false],
  [401, "invalid_client", false],
  [400, "Invalid credentials", false],
  [200, "", true],
  [404, "", true],
  [429, "Throttled", true],
  [502, "", true],
  [503, "invalid_grant", true],
])("a renewal refused with %i %j is asked for again: %j", (status, error, isPostponed) => {
  const verdict = judgeRenewal({ status, error });
  expect(verdict !== undefined).toBe(isPostponed);
  if (verdict !== undefined) expect(verdict).toMatchObject({ state: "unreachable", tokenRefused: false });
});

test("a cure names the account", () => {
  expect(cureFor("news$&bot", judge(said(401, "revoked")))).toBe("run: bot auth news$&bot");
});
