import { describe, expect, it } from "vitest";
import { dialectNames } from "../../sandbox/dialects/dialects.js";
import type { DialectName, Sandbox } from "../../sandbox/index.js";
import { Browser } from "./browser.js";
import { ask, exchange, outOfBand, register, tokenFor, type Answered } from "./bot.js";
import { brief, codeFor, serverLike } from "./dialect-server.js";

async function answerFor(sandbox: Sandbox, scope = "read"): Promise<Answered["body"]> {
  const client = await register(sandbox, scope);
  return (await exchange(sandbox, client, codeFor(sandbox, client, scope))).body;
}

const verify = (sandbox: Sandbox, token: string): Promise<Answered> =>
  ask(`${sandbox.url}/api/v1/accounts/verify_credentials`, { token });
describe("the token endpoint", () => {
  it.each<[DialectName, unknown[], unknown[], unknown[]]>([
    ["mastodon", [400, "invalid_grant"], [400, "invalid_grant"], [401, "invalid_client"]],
    ["doorkeeper", [400, "invalid_grant"], [400, "invalid_grant"], [401, "invalid_client"]],
    ["gotosocial", [400, "invalid authorize code"], [400, "invalid authorize code"], [400, "invalid_client"]],
    ["akkoma", [400, "Invalid credentials"], [200, undefined], [400, "Invalid credentials"]],
    ["hollo", [400, "invalid_grant"], [400, "invalid_grant"], [401, "invalid_client"]],
    ["friendica", [401, "Unauthorized"], [200, undefined], [401, "Unauthorized"]],
    ["takahe", [400, "invalid_code"], [401, "access_denied"], [401, "invalid_client_id"]],
    ["mitra", [404, "user not found"], [200, undefined], [401, "invalid client credentials"]],
  ])("of %s: a bad code, a used one, a bad client", async (dialect, badCode, usedCode, badClient) => {
    const sandbox = await serverLike(dialect);
    const client = await register(sandbox, "read");
    expect(brief(await exchange(sandbox, client, "nonsense"))).toEqual(badCode);
    const code = codeFor(sandbox, client);
    expect(brief(await exchange(sandbox, { ...client, client_secret: "nonsense" }, code))).toEqual(badClient);
    const first = await exchange(sandbox, client, code);
    expect(first.status).toBe(200);
    const second = await exchange(sandbox, client, code);
    expect(brief(second)).toEqual(usedCode);
    if (second.status === 200) expect(second.body.access_token === first.body.access_token).toBe(dialect !== "mitra");
  });

  it.each<[DialectName, object]>([
    ["mastodon", { scope: "read" }],
    ["doorkeeper", { scope: "read", expires_in: 7200, refresh_token: expect.any(String) }],
    ["gotosocial", { scope: "read" }],
    ["akkoma", { scope: "read", expires_in: 3_153_600_000, refresh_token: expect.any(String) }],
    ["hollo", { scope: "read" }],
    ["friendica", { scope: "read write" }],
    ["takahe", { scope: "read" }],
    ["mitra", { expires_in: 2_592_000 }],
  ])("of %s answers with what that server sends", async (dialect, expected) => {
    const sandbox = await serverLike(dialect);
    const client = await register(sandbox, "read write");
    const { body } = await exchange(sandbox, client, codeFor(sandbox, client));
    const { access_token, created_at, token_type, ...rest } = body;
    expect(rest).toEqual(expected);
    expect([token_type, typeof access_token]).toEqual(["Bearer", "string"]);
    const unit = dialect === "hollo" ? 1 : 1000;
    expect(Math.abs(Date.now() - created_at * unit)).toBeLessThan(10_000);
  });

  it.each<[DialectName, number]>([
    ["mastodon", 200],
    ["gotosocial", 400],
    ["mitra", 401],
  ])("of %s answers a secret in HTTP Basic with %i", async (dialect, status) => {
    const sandbox = await serverLike(dialect);
    const client = await register(sandbox, "read");
    const basic = Buffer.from(`${client.client_id}:${client.client_secret}`).toString("base64");
    const body = { grant_type: "authorization_code", code: codeFor(sandbox, client), redirect_uri: outOfBand };
    const headers = { authorization: `Basic ${basic}` };
    expect((await ask(`${sandbox.url}/oauth/token`, { body, headers })).status).toBe(status);
  });

  it.each<[DialectName, number]>([
    ["mastodon", 200],
    ["takahe", 400],
    ["mitra", 400],
  ])("of %s answers an app that asks for itself with %i", async (dialect, status) => {
    const sandbox = await serverLike(dialect);
    const body = { grant_type: "client_credentials", ...(await register(sandbox, "read")) };
    expect((await ask(`${sandbox.url}/oauth/token`, { body })).status).toBe(status);
  });

  it("of Friendica ends the token before with each new one", async () => {
    const sandbox = await serverLike("friendica");
    const client = await register(sandbox, "read");
    const first = (await exchange(sandbox, client, codeFor(sandbox, client))).body.access_token;
    const second = (await exchange(sandbox, client, codeFor(sandbox, client))).body.access_token;
    expect([(await verify(sandbox, first)).status, (await verify(sandbox, second)).status]).toEqual([403, 200]);
  });

  it("of Akkoma ends the old access token with the refresh", async () => {
    const sandbox = await serverLike("akkoma");
    const client = await register(sandbox, "read");
    const { body: first } = await exchange(sandbox, client, codeFor(sandbox, client));
    const body = { ...client, grant_type: "refresh_token", refresh_token: first.refresh_token };
    const { body: second } = await ask(`${sandbox.url}/oauth/token`, { body });
    expect([
      (await verify(sandbox, first.access_token)).status,
      (await verify(sandbox, second.access_token)).status,
    ]).toEqual([403, 200]);
  });

  it("has metadata and challenges on some, neither on others", async () => {
    const found: Record<string, unknown> = {};
    for (const dialect of dialectNames) {
      const sandbox = await serverLike(dialect);
      const { body, status } = await ask(`${sandbox.url}/.well-known/oauth-authorization-server`);
      found[dialect] = status === 200 ? body.code_challenge_methods_supported : status;
    }
    expect(found).toEqual({
      mastodon: ["S256"],
      doorkeeper: ["S256", "plain"],
      gotosocial: 404,
      akkoma: 404,
      hollo: ["S256"],
      friendica: 404,
      takahe: 404,
      mitra: 404,
      pixelfed: 404,
    });
  });
});

describe("a token", () => {
  it.each<[DialectName, unknown[], unknown[]]>([
    ["mastodon", [401, "The access token is invalid"], [403, "This action is outside the authorized scopes"]],
    [
      "gotosocial",
      [401, "Unauthorized: token not recognized"],
      [403, "Forbidden: token has insufficient scope permission"],
    ],
    ["akkoma", [403, "Invalid credentials."], [403, "Insufficient permissions: write:statuses."]],
    ["hollo", [401, "invalid_token"], [403, "insufficient_scope"]],
    [
      "friendica",
      [403, "Token is not authorized with a valid user or is missing a required scope"],
      [403, "Token is not authorized with a valid user or is missing a required scope"],
    ],
    ["takahe", [400, "Invalid Bearer token"], [403, "out_of_scope_for_token"]],
    ["mitra", [401, "access token is invalid"], [200, undefined]],
  ])("of %s that is unknown, or permits too little", async (dialect, unknown, tooLittle) => {
    const sandbox = await serverLike(dialect);
    expect(brief(await verify(sandbox, "nonsense"))).toEqual(unknown);
    const token = await tokenFor(sandbox, "alice", "read");
    expect(brief(await ask(`${sandbox.url}/api/v1/statuses`, { token, body: { status: "hi" } }))).toEqual(tooLittle);
  });

  it.each<[DialectName, string, string | number]>([
    ["mastodon", "read:statuses", 422],
    ["gotosocial", "read:statuses", "read:statuses"],
    ["akkoma", "read:statuses admin:read", 422],
    ["friendica", "read:statuses", "read write"],
    ["mitra", "read:statuses", "absent"],
  ])("of %s, asked for %s of an app that has `read write`", async (dialect, scope, granted) => {
    const sandbox = await serverLike(dialect);
    const client = await register(sandbox, "read write");
    const grant = { user: "alice", client_id: client.client_id, redirect_uri: outOfBand, scope };
    const { status, body } = await ask(`${sandbox.url}/sandbox/grant`, { body: grant });
    if (status !== 200) return expect(status).toBe(granted);
    return expect((await exchange(sandbox, client, body.code)).body.scope ?? "absent").toBe(granted);
  });

  it("of Akkoma comes without admin scopes, of Hollo none can be registered", async () => {
    const akkoma = await serverLike("akkoma");
    expect((await answerFor(akkoma, "read admin:read")).scope).toBe("read");
    const hollo = await serverLike("hollo");
    const body = { client_name: "tester", redirect_uris: outOfBand, scopes: "read admin:read" };
    expect((await ask(`${hollo.url}/api/v1/apps`, { body })).status).toBe(422);
  });

  it("of Mitra is ended by a token, not by an app", async () => {
    const sandbox = await serverLike("mitra");
    const client = await register(sandbox, "read");
    const token = (await exchange(sandbox, client, codeFor(sandbox, client))).body.access_token;
    const revoke = (more: { token?: string }): Promise<Answered> =>
      ask(`${sandbox.url}/oauth/revoke`, { body: { ...client, token }, ...more });
    expect((await revoke({})).status).toBe(401);
    expect((await revoke({ token })).status).toBe(200);
    expect((await verify(sandbox, token)).status).toBe(401);
  });

  it("of GoToSocial is ended by a form only", async () => {
    const sandbox = await serverLike("gotosocial");
    const client = await register(sandbox, "read");
    const token = (await exchange(sandbox, client, codeFor(sandbox, client))).body.access_token;
    expect((await ask(`${sandbox.url}/oauth/revoke`, { body: { ...client, token } })).status).toBe(415);
    const form = new URLSearchParams({ ...client, token });
    expect((await ask(`${sandbox.url}/oauth/revoke`, { body: form })).status).toBe(200);
  });
});

it("Akkoma shows the token itself to somebody who agreed before, unless a fresh sign-in is asked for", async () => {
  const sandbox = await serverLike("akkoma");
  const client = await register(sandbox, "read");
  const query = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: outOfBand,
    response_type: "code",
    scope: "read",
  });
  const address = `${sandbox.url}/oauth/authorize?${query.toString()}`;
  const browser = new Browser();
  const consent = await browser.press(await browser.open(address), "alice");
  const [, code = ""] = /id="code"[^>]* value="([^"]+)"/.exec((await browser.press(consent, "Authorize")).html) ?? [];
  const { body } = await exchange(sandbox, client, code);
  expect((await browser.open(address)).html).toContain(`value="${body.access_token}"`);
  expect((await browser.open(`${address}&force_login=true`)).url).toContain("/auth/sign_in");
});
