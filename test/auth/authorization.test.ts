import { beforeEach, describe, expect, test } from "vitest";
import { HowdahError } from "../../core/errors.js";
import { parseScopes } from "../../core/mastodon/scopes.js";
import { oddServer } from "./odd-server.js";
import {
  accountOn,
  authorize,
  codeFor,
  count,
  needed,
  place,
  register,
  sandboxFor,
  servicesAt,
  token,
  verify,
  type Place,
} from "./services.js";

let here: Place;
beforeEach(async () => {
  here = await place();
});

const codeRefused = expect.objectContaining({ code: "CODE_REFUSED", cure: expect.any(String) });

describe("a fresh account", () => {
  test("goes through register, authorize and verify, and is ready with its person pinned", async () => {
    const sandbox = await sandboxFor();
    const services = servicesAt(here);
    const account = accountOn(sandbox.url);
    expect(await services.auth.run(account, needed)).toMatchObject({
      state: "needs_authorization",
      reason: "not authorized yet",
      cure: "run: bot auth newsbot",
      credentials: undefined,
    });
    const standing = await authorize(services, sandbox, account, "alice");
    expect(standing).toMatchObject({
      state: "ready",
      reason: "",
      cure: "",
      missing: [],
      person: { username: "alice" },
    });
    expect(standing.credentials).toMatchObject({ generation: 1, refreshToken: undefined, expiresAt: undefined });
    expect(await services.vault.person(account)).toMatchObject({ username: "alice" });
    expect(await services.vault.pending(account)).toBeUndefined();
  });

  test("is asked for with exactly the registered scopes, PKCE and a fresh sign-in", async () => {
    const sandbox = await sandboxFor();
    const asked = new URL(await servicesAt(here).authorization.begin(accountOn(sandbox.url), needed)).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: "code",
      redirect_uri: "urn:ietf:wg:oauth:2.0:oob",
      scope: needed.join(" "),
      force_login: "true",
      code_challenge_method: "S256",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
    const [registered] = sandbox.requests().filter(({ path }) => path === register);
    expect(registered?.body["scopes"]).toBe(asked.get("scope"));
  });

  test("can be begun in one process and finished in another", async () => {
    const sandbox = await sandboxFor();
    const account = accountOn(sandbox.url);
    const address = await servicesAt(here).authorization.begin(account, needed);
    const standing = await servicesAt(here).authorization.finish(account, needed, codeFor(sandbox, address, "alice"));
    expect(standing.state).toBe("ready");
  });

  test("gets the same address again, until it was given up or needs other scopes", async () => {
    const sandbox = await sandboxFor();
    const account = accountOn(sandbox.url);
    const first = await servicesAt(here).authorization.begin(account, needed);
    const { authorization } = servicesAt(here);
    expect(await authorization.begin(account, needed)).toBe(first);
    expect(await authorization.begin(accountOn(sandbox.url, "other"), needed)).not.toBe(first);
    const wider = await authorization.begin(account, ["read", "write"]);
    expect(new URL(wider).searchParams.get("scope")).toBe("read write");
    await authorization.giveUp(account);
    expect(await authorization.begin(account, needed)).not.toBe(first);
    expect(await here.redis.ttl(here.corner.keys.account("newsbot", "pending", sandbox.url))).toBeGreaterThan(86_000);
  });

  test.each([
    ["spaces and line breaks", (code: string) => `\n  ${code} \r\n`],
    ["quotes", (code: string) => `"${code}"`],
    ["the whole address", (code: string) => `https://server.example/oauth/authorize/native?code=${code}`],
  ])("takes a code pasted with %s", async (_what, paste) => {
    const sandbox = await sandboxFor();
    const { authorization } = servicesAt(here);
    const account = accountOn(sandbox.url);
    const address = await authorization.begin(account, needed);
    const standing = await authorization.finish(account, needed, paste(codeFor(sandbox, address, "alice")));
    expect(standing.state).toBe("ready");
  });
});

describe("a code that is no good", () => {
  test("wrong: refused, and the right one works after it", async () => {
    const sandbox = await sandboxFor();
    const { authorization } = servicesAt(here);
    const account = accountOn(sandbox.url);
    const address = await authorization.begin(account, needed);
    await expect(authorization.finish(account, needed, "no-such-code")).rejects.toEqual(codeRefused);
    const standing = await authorization.finish(account, needed, codeFor(sandbox, address, "alice"));
    expect(standing.state).toBe("ready");
  });

  test("used, or of an authorization that is over: refused, the token in force stays", async () => {
    const sandbox = await sandboxFor();
    const services = servicesAt(here);
    const account = accountOn(sandbox.url);
    const code = codeFor(sandbox, await services.authorization.begin(account, needed), "alice");
    const { credentials } = await services.authorization.finish(account, needed, code);
    await expect(services.authorization.finish(account, needed, code)).rejects.toEqual(codeRefused);
    await services.authorization.begin(account, needed);
    await expect(services.authorization.finish(account, needed, code)).rejects.toEqual(codeRefused);
    expect(await services.vault.credentials(account)).toEqual(credentials);
  });

  test("expired: refused", async () => {
    const sandbox = await sandboxFor({ rules: { codeLifetimeSeconds: 0 } });
    await expect(authorize(servicesAt(here), sandbox, accountOn(sandbox.url), "alice")).rejects.toEqual(codeRefused);
  });

  test("of another app: refused", async () => {
    const sandbox = await sandboxFor();
    const { authorization } = servicesAt(here);
    const account = accountOn(sandbox.url);
    await authorization.begin(account, needed);
    const foreign = codeFor(sandbox, await authorization.begin(accountOn(sandbox.url, "other"), ["read"]), "alice");
    await expect(authorization.finish(account, needed, foreign)).rejects.toEqual(codeRefused);
  });

  test.each(["", "  ", '""', "https://server.example/oauth/authorize/native"])(
    "%j: nothing is sent",
    async (pasted) => {
      const sandbox = await sandboxFor();
      const { authorization } = servicesAt(here);
      await authorization.begin(accountOn(sandbox.url), needed);
      await expect(authorization.finish(accountOn(sandbox.url), needed, pasted)).rejects.toEqual(codeRefused);
      expect(count(sandbox, token, { grant_type: "authorization_code" })).toBe(0);
    },
  );

  test("without an authorization under way: nothing is sent", async () => {
    const sandbox = await sandboxFor();
    await expect(servicesAt(here).authorization.finish(accountOn(sandbox.url), needed, "abc")).rejects.toEqual(
      codeRefused,
    );
    expect(sandbox.requests()).toEqual([]);
  });

  test("given to a server that is out of order: the same code works a minute later", async () => {
    const sandbox = await sandboxFor();
    const { authorization } = servicesAt(here);
    const account = accountOn(sandbox.url);
    const code = codeFor(sandbox, await authorization.begin(account, needed), "alice");
    sandbox.addFault({ path: token, action: { status: 502, html: "<h1>Bad gateway</h1>" } });
    sandbox.addFault({ path: token, action: "cut" });
    await expect(authorization.finish(account, needed, code)).rejects.toMatchObject({ code: "SERVER_REFUSED" });
    await expect(authorization.finish(account, needed, code)).rejects.toMatchObject({ code: "NETWORK_FAILED" });
    expect((await authorization.finish(account, needed, code)).state).toBe("ready");
  });

  test("of an app that the server has forgotten: the app is registered anew, once", async () => {
    const sandbox = await sandboxFor();
    const services = servicesAt(here);
    const account = accountOn(sandbox.url);
    const first = await services.authorization.begin(account, needed);
    const answer = { status: 401, json: { error: "invalid_client" } };
    sandbox.addFault({ path: token, action: answer });
    await expect(services.authorization.finish(account, needed, "abc")).rejects.toMatchObject({
      code: "CODE_REFUSED",
      cure: "begin again with: bot auth newsbot",
    });
    const again = await services.authorization.begin(account, needed);
    expect(new URL(again).searchParams.get("client_id")).not.toBe(new URL(first).searchParams.get("client_id"));
    const standing = await services.authorization.finish(account, needed, codeFor(sandbox, again, "alice"));
    expect([standing.state, count(sandbox, register)]).toEqual(["ready", 2]);
  });
});

test("an app that the server forgot while nobody asked: the address names a fresh one at once", async () => {
  const sandbox = await sandboxFor();
  const { authorization } = servicesAt(here);
  const account = accountOn(sandbox.url);
  const first = new URL(await authorization.begin(account, needed)).searchParams.get("client_id");
  await sandbox.close();
  const anew = await sandboxFor({ port: sandbox.port });
  const address = await authorization.begin(account, needed);
  expect(new URL(address).searchParams.get("client_id")).not.toBe(first);
  expect((await authorization.finish(account, needed, codeFor(anew, address, "alice"))).state).toBe("ready");
});

describe("a server without PKCE", () => {
  test.each([
    ["no metadata", undefined],
    ["a web page for every address", { html: "<!DOCTYPE html><title>Akkoma</title>" }],
    [
      "metadata of another issuer",
      { json: { issuer: "https://other.example/", token_endpoint: "https://other.example" } },
    ],
    ["a redirect to another server", { location: "https://other.example/" }],
    ["metadata without challenge methods", { json: { scopes_supported: [] } }],
  ])("%s: the usual paths, no challenge, no verifier", async (_what, metadata) => {
    const server = await oddServer({
      token: () => ({ json: { access_token: "t", scope: needed.join(" ") } }),
      ...(metadata && { metadata }),
    });
    const services = servicesAt(here);
    const account = accountOn(server.origin);
    const address = new URL(await services.authorization.begin(account, needed));
    expect(address.origin + address.pathname).toBe(`${server.origin}/oauth/authorize`);
    expect(address.searchParams.has("code_challenge")).toBe(false);
    const standing = await services.authorization.finish(account, needed, "abc");
    expect(standing).toMatchObject({ state: "ready", person: { username: "news" }, missing: [] });
    const [grant] = server.grants("authorization_code");
    expect(Object.fromEntries(grant ?? [])).toEqual({
      grant_type: "authorization_code",
      code: "abc",
      client_id: "client",
      client_secret: "sesame-open",
      redirect_uri: "urn:ietf:wg:oauth:2.0:oob",
      scope: needed.join(" "),
    });
  });
});

test("metadata do not lead a secret to another origin", async () => {
  const answers = { token: () => ({ json: { access_token: "t" } }) };
  const server = await oddServer(answers);
  const elsewhere = await oddServer(answers);
  server.answers.metadata = {
    json: {
      issuer: server.origin,
      token_endpoint: `${elsewhere.origin}/oauth/token`,
      authorization_endpoint: "javascript:1",
    },
  };
  const { authorization } = servicesAt(here);
  const address = await authorization.begin(accountOn(server.origin), needed);
  expect(address.startsWith(`${server.origin}/oauth/authorize?`)).toBe(true);
  await authorization.finish(accountOn(server.origin), needed, "abc");
  expect([elsewhere.requests.length, server.grants("authorization_code").length]).toEqual([0, 1]);
});

test("a server that cannot be reached is no refused code, and nothing is kept of it", async () => {
  const { authorization, vault } = servicesAt(here);
  const account = accountOn("http://127.0.0.1:9");
  await expect(authorization.begin(account, needed)).rejects.toBeInstanceOf(HowdahError);
  expect(await vault.pending(account)).toBeUndefined();
});

test("what the server grants less is listed as missing, and more is kept as granted", async () => {
  const sandbox = await sandboxFor();
  const services = servicesAt(here);
  const account = accountOn(sandbox.url);
  await authorize(services, sandbox, account, "alice", ["read", "write:statuses"]);
  const standing = await services.auth.run(account, ["read:accounts", "write:statuses", "write:follows", "follow"]);
  expect(standing).toMatchObject({ state: "ready", missing: ["write:follows", "follow"] });
  expect(standing.credentials?.scopes).toEqual(parseScopes("read write:statuses"));
  expect(count(sandbox, verify)).toBe(3);
});
