import * as oauth from "oauth4webapi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { ask, exchange, outOfBand, pkce, register, tokenFor, type Client } from "./bot.js";
import { authorizeAs, Browser, codeOn } from "./browser.js";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

function addressFor(client: Client, more: Record<string, string> = {}): string {
  const query = { response_type: "code", client_id: client.client_id, redirect_uri: outOfBand, scope: "read", ...more };
  return `${sandbox.url}/oauth/authorize?${new URLSearchParams(query).toString()}`;
}

describe("registration", () => {
  it("takes a form, with the scope read by default", async () => {
    const body = new URLSearchParams({ client_name: "form", redirect_uris: outOfBand });
    const { body: app } = await ask(`${sandbox.url}/api/v1/apps`, { body });
    expect(app).toMatchObject({
      name: "form",
      scopes: ["read"],
      redirect_uris: [outOfBand],
      client_secret_expires_at: 0,
    });
  });

  it.each([
    [{ client_name: "x".repeat(61), redirect_uris: outOfBand }, "Name is too long (maximum is 60 characters)"],
    [{ redirect_uris: outOfBand }, "Name can't be blank"],
    [{ client_name: "a", redirect_uris: outOfBand, website: "nowhere" }, "Website is not a valid URL"],
    [{ client_name: "a", redirect_uris: outOfBand, scopes: "read:everything" }, "Scopes doesn't match"],
    [{ client_name: "a", redirect_uris: ["/callback"] }, "Redirect URI must be an absolute URI."],
    [{ client_name: "a" }, "Redirect URI can't be blank"],
  ])("refuses %j", async (body, reason) => {
    const { status, body: answer } = await ask(`${sandbox.url}/api/v1/apps`, { body });
    expect(status).toBe(422);
    expect(answer.error).toContain(reason);
  });

  it("lets an app see itself with its own token, which is nobody's", async () => {
    const client = await register(sandbox, "read");
    const body = new URLSearchParams({ grant_type: "client_credentials", ...client, scope: "read" });
    const { body: token } = await ask(`${sandbox.url}/oauth/token`, { body });
    const options = { token: token.access_token as string };
    expect((await ask(`${sandbox.url}/api/v1/apps/verify_credentials`, options)).body.name).toBe("tester");
    const refused = await ask(`${sandbox.url}/api/v1/accounts/verify_credentials`, options);
    expect([refused.status, refused.body.error]).toEqual([422, "This method requires an authenticated user"]);
  });
});

describe("the pages", () => {
  it("lead to a code that gives a token, and label the account", async () => {
    const client = await register(sandbox, "read write");
    const code = await authorizeAs(addressFor(client, { scope: "read write" }), "alice");
    const { status, body } = await exchange(sandbox, client, code);
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: "Bearer", scope: "read write" });
    expect(body).not.toHaveProperty("refresh_token");
    expect(sandbox.users().map(({ user, bot }) => [user, bot])).toEqual([
      ["alice", true],
      ["bob", false],
    ]);
  });

  it("name the app and the scopes, and escape what the app calls itself", async () => {
    const { body: client } = await ask(`${sandbox.url}/api/v1/apps`, {
      body: { client_name: "<b>bold</b>", redirect_uris: outOfBand, scopes: "read:accounts" },
    });
    const browser = new Browser();
    const address = addressFor(client as Client, { scope: "read:accounts" });
    const consent = await browser.press(await browser.open(address), "alice");
    expect(consent.html).toContain("&lt;b&gt;bold&lt;/b&gt;");
    expect(consent.html).not.toContain("<b>bold");
    expect(consent.html).toContain("<code>read:accounts</code>");
  });

  it("skip consent for a grant that exists, unless the sign-in is forced", async () => {
    const client = await register(sandbox, "read");
    const browser = new Browser();
    const consent = await browser.press(await browser.open(addressFor(client)), "alice");
    await exchange(sandbox, client, codeOn(await browser.press(consent, "Authorize")));
    expect(codeOn(await browser.open(addressFor(client)))).toBeTruthy();
    const forced = addressFor(client, { force_login: "true" });
    const signIn = await browser.open(forced);
    expect(signIn.url).toBe(`${sandbox.url}/auth/sign_in`);
    const again = await browser.press(signIn, "bob");
    const { body } = await exchange(sandbox, client, codeOn(await browser.press(again, "Authorize")));
    const me = await ask(`${sandbox.url}/api/v1/accounts/verify_credentials`, { token: body.access_token as string });
    expect(me.body.username).toBe("bob");
    expect((await browser.open(forced)).url).toBe(`${sandbox.url}/auth/sign_in`);
  });

  it("bring code and state to an app's own address", async () => {
    const callback = "http://localhost:9/callback?keep=1";
    const client = await register(sandbox, "read", callback);
    const browser = new Browser();
    const address = addressFor(client, { redirect_uri: callback, state: "s p" });
    const consent = await browser.press(await browser.open(address), "alice");
    const denied = new URL((await browser.press(consent, "Deny")).url);
    expect(Object.fromEntries(denied.searchParams)).toMatchObject({ keep: "1", error: "access_denied", state: "s p" });
    const granted = new URL((await browser.press(consent, "Authorize")).url);
    expect(granted.searchParams.get("state")).toBe("s p");
    const code = granted.searchParams.get("code") ?? "";
    expect((await exchange(sandbox, client, code, { redirect_uri: callback })).status).toBe(200);
    expect(sandbox.users()[0]?.bot).toBe(false);
  });

  it.each([
    ["an unknown client", { client_id: "nobody" }, 401, "Client authentication failed"],
    ["another redirect", { redirect_uri: "https://example.org/" }, 400, "redirect uri"],
    ["a child of the registered scope", { scope: "read:accounts" }, 400, "The requested scope is invalid"],
    ["a plain challenge", { code_challenge: "x", code_challenge_method: "plain" }, 400, "must be S256"],
    ["another response type", { response_type: "token" }, 400, "response type"],
  ])("refuse %s", async (_what, more, status, reason) => {
    const client = await register(sandbox, "read write");
    const browser = new Browser();
    const page = await browser.press(await browser.open(addressFor(client, more)), "alice");
    expect(page.status).toBe(status);
    expect(page.html).toContain(reason);
  });

  it("refuse a form without the session's token", async () => {
    const client = await register(sandbox, "read");
    const browser = new Browser();
    await browser.press(await browser.open(addressFor(client)), "alice");
    const body = new URLSearchParams(new URL(addressFor(client)).search);
    const forged = await browser.open(`${sandbox.url}/oauth/authorize`, { method: "POST", body });
    expect(forged.status).toBe(422);
    expect(sandbox.issuedSecrets()).toHaveLength(1);
  });
});

describe("the token endpoint", () => {
  it("takes a code once", async () => {
    const client = await register(sandbox, "read");
    const { code } = sandbox.grant({
      user: "alice",
      client_id: client.client_id,
      redirect_uri: outOfBand,
      scope: "read",
    });
    expect((await exchange(sandbox, client, code)).status).toBe(200);
    const again = await exchange(sandbox, client, code);
    expect([again.status, again.body.error]).toEqual([400, "invalid_grant"]);
  });

  it("does not use a code up by a wrong request", async () => {
    const client = await register(sandbox, "read");
    const { verifier, challenge } = pkce();
    const { code } = sandbox.grant({
      user: "alice",
      client_id: client.client_id,
      redirect_uri: outOfBand,
      scope: "read",
      code_challenge: challenge,
      code_challenge_method: "S256",
    });
    const attempts = [
      [{ code_verifier: pkce().verifier }, 400, "invalid_grant"],
      [{}, 400, "invalid_request"],
      [{ code_verifier: verifier, redirect_uri: "https://example.org/" }, 400, "invalid_grant"],
      [{ code_verifier: verifier, client_secret: "wrong" }, 401, "invalid_client"],
      [{ grant_type: "refresh_token", refresh_token: code }, 400, "unsupported_grant_type"],
      [{ grant_type: "password" }, 400, "unsupported_grant_type"],
    ] as const;
    for (const [more, status, error] of attempts) {
      const refused = await exchange(sandbox, client, code, more);
      expect([refused.status, refused.body.error]).toEqual([status, error]);
      expect(refused.body.error_description).toBeTypeOf("string");
    }
    expect((await exchange(sandbox, client, code, { code_verifier: verifier })).status).toBe(200);
  });

  it("lets a code expire", async () => {
    const impatient = await startSandbox({ rules: { codeLifetimeSeconds: 0 } });
    const client = await register(impatient, "read");
    const { code } = impatient.grant({
      user: "alice",
      client_id: client.client_id,
      redirect_uri: outOfBand,
      scope: "read",
    });
    expect((await exchange(impatient, client, code)).body.error).toBe("invalid_grant");
    await impatient.close();
  });

  it("gives the same token for the same app, person and scopes, and another after a revocation", async () => {
    const client = await register(sandbox, "read");
    const grant = { user: "alice", client_id: client.client_id, redirect_uri: outOfBand, scope: "read" };
    const token = async (): Promise<string> =>
      (await exchange(sandbox, client, sandbox.grant(grant).code)).body.access_token as string;
    const first = await token();
    expect(await token()).toBe(first);
    const stranger = await register(sandbox, "read");
    const revoke = (by: Client): ReturnType<typeof ask> =>
      ask(`${sandbox.url}/oauth/revoke`, { body: new URLSearchParams({ ...by, token: first }) });
    expect(await revoke(stranger)).toMatchObject({ status: 403, body: { error: "unauthorized_client" } });
    expect(await revoke(client)).toMatchObject({ status: 200, body: {} });
    const refused = await ask(`${sandbox.url}/api/v1/accounts/verify_credentials`, { token: first });
    expect([refused.status, refused.body.error]).toEqual([401, "The access token was revoked"]);
    expect(await token()).not.toBe(first);
    const unknown = new URLSearchParams({ ...client, token: "never issued" });
    expect((await ask(`${sandbox.url}/oauth/revoke`, { body: unknown })).status).toBe(200);
  });

  it("tells unknown, expired and suspended apart", async () => {
    const token = await tokenFor(sandbox, "alice");
    const verify = (text: string): ReturnType<typeof ask> =>
      ask(`${sandbox.url}/api/v1/accounts/verify_credentials`, { token: text });
    expect((await verify("nonsense")).body.error).toBe("The access token is invalid");
    sandbox.suspend("alice");
    expect(await verify(token)).toMatchObject({ status: 403, body: { error: "Your login is currently disabled" } });
    sandbox.suspend("alice", false);
    expect((await verify(token)).status).toBe(200);
    expect(sandbox.expire("alice")).toBe(1);
    expect(await verify(token)).toMatchObject({ status: 401, body: { error: "The access token expired" } });
  });
});

describe("refresh tokens", () => {
  async function withRefresh(
    rotate: "at-once" | "on-first-use",
  ): Promise<{ other: Sandbox; client: Client; first: Json }> {
    const other = await startSandbox({ refreshTokens: { expiresInSeconds: 7200, rotate } });
    const client = await register(other, "read");
    const { code } = other.grant({
      user: "alice",
      client_id: client.client_id,
      redirect_uri: outOfBand,
      scope: "read",
    });
    return { other, client, first: (await exchange(other, client, code)).body };
  }
  type Json = Awaited<ReturnType<typeof ask>>["body"];
  const refresh = (other: Sandbox, client: Client, refreshToken: string): ReturnType<typeof ask> =>
    ask(`${other.url}/oauth/token`, {
      body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken, ...client }),
    });
  const verify = async (other: Sandbox, token: string): Promise<number> =>
    (await ask(`${other.url}/api/v1/accounts/verify_credentials`, { token })).status;

  it("end with the refresh where they rotate at once", async () => {
    const { other, client, first } = await withRefresh("at-once");
    expect(first.expires_in).toBe(7200);
    const second = (await refresh(other, client, first.refresh_token)).body;
    expect(await verify(other, first.access_token)).toBe(401);
    expect(await verify(other, second.access_token)).toBe(200);
    expect((await refresh(other, client, first.refresh_token)).body.error).toBe("invalid_grant");
    await other.close();
  });

  it("end with the first use of the new token where they rotate then", async () => {
    const { other, client, first } = await withRefresh("on-first-use");
    const second = (await refresh(other, client, first.refresh_token)).body;
    expect(await verify(other, first.access_token)).toBe(200);
    const third = (await refresh(other, client, first.refresh_token)).body;
    expect(third.access_token).not.toBe(second.access_token);
    expect(await verify(other, second.access_token)).toBe(200);
    expect(await verify(other, first.access_token)).toBe(401);
    expect((await refresh(other, client, first.refresh_token)).body.error).toBe("invalid_grant");
    await other.close();
  });

  it("outlive the access token", async () => {
    const { other, client, first } = await withRefresh("at-once");
    other.expire("alice");
    expect(await verify(other, first.access_token)).toBe(401);
    expect((await refresh(other, client, first.refresh_token)).status).toBe(200);
    await other.close();
  });
});

describe("discovery", () => {
  it("is accepted by oauth4webapi, which then walks the flow", async () => {
    const issuer = new URL(sandbox.url);
    const insecure = { [oauth.allowInsecureRequests]: true };
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure }),
    );
    const registered = await register(sandbox, "profile read");
    const client: oauth.Client = { client_id: registered.client_id };
    const verifier = oauth.generateRandomCodeVerifier();
    const address = addressFor(registered, {
      scope: "profile read",
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    const code = await authorizeAs(address, "bob");
    const answered = oauth.validateAuthResponse(server, client, new URLSearchParams({ code }), oauth.expectNoState);
    const authentication = oauth.ClientSecretBasic(registered.client_secret);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      answered,
      outOfBand,
      verifier,
      insecure,
    );
    const token = await oauth.processAuthorizationCodeResponse(server, client, response);
    const info = await ask(`${sandbox.url}/oauth/userinfo`, { token: token.access_token });
    expect(info.body).toMatchObject({ preferred_username: "bob" });
  });

  it("names the public address for the browser and the asked one for the rest", async () => {
    const published = await startSandbox({ publicUrl: "http://localhost:3999/" });
    const { body } = await ask(`${published.url}/.well-known/oauth-authorization-server`);
    expect(body.authorization_endpoint).toBe("http://localhost:3999/oauth/authorize");
    expect(body.token_endpoint).toBe(`${published.url}/oauth/token`);
    expect(body.issuer).toBe(`${published.url}/`);
    await published.close();
  });
});
