import { beforeEach, describe, expect, test } from "vitest";
import { oddServer, type OddServer, type Said } from "./odd-server.js";
import { accountOn, needed, place, servicesAt, type Place, type Services } from "./services.js";

let here: Place;
beforeEach(async () => {
  here = await place();
});

/** Authorizes at a server whose token endpoint says this about a code. */
async function authorizedWith(said: object): Promise<{ server: OddServer; services: Services }> {
  const server = await oddServer({ token: () => ({ json: { access_token: "t1", ...said } }) });
  const services = servicesAt(here);
  await services.authorization.begin(accountOn(server.origin), needed);
  await services.authorization.finish(accountOn(server.origin), needed, "abc");
  return { server, services };
}

const hour = 3_600;
const hundredYears = 3_153_600_000;

describe("the lifetime of a token", () => {
  test.each([
    ["not said", {}, undefined],
    ["null", { expires_in: null }, undefined],
    ["a number", { expires_in: hour }, hour],
    ["a string", { expires_in: "3600" }, hour],
    ["a fraction", { expires_in: 3_600.5 }, 3_600.5],
    ["a hundred years", { expires_in: hundredYears }, hundredYears],
    ["nothing that can be read", { expires_in: "soon" }, undefined],
    ["0", { expires_in: 0 }, undefined],
    ["negative", { expires_in: -1 }, undefined],
    ["a negative string", { expires_in: "-3600" }, undefined],
    ["longer than any date", { expires_in: 1e300 }, hundredYears],
    ["longer than any number", { expires_in: "1e999" }, undefined],
    ["a list", { expires_in: [hour] }, undefined],
    ["a truth", { expires_in: true }, undefined],
    ["with a creation time in milliseconds", { expires_in: hour, created_at: Date.now() }, hour],
    ["with a creation time in another century", { expires_in: hour, created_at: 1 }, hour],
  ])("%s", async (_what, said, lifetime) => {
    const before = Date.now();
    const { server, services } = await authorizedWith(said);
    const credentials = await services.vault.credentials(accountOn(server.origin));
    if (lifetime === undefined) {
      expect(credentials?.expiresAt).toBeUndefined();
      return;
    }
    const { expiresAt = 0, obtainedAt = 0 } = credentials ?? {};
    expect(expiresAt - obtainedAt).toBe(lifetime * 1_000);
    expect(obtainedAt).toBeGreaterThanOrEqual(before);
    expect(obtainedAt).toBeLessThanOrEqual(Date.now());
  });
});

test.each([
  ["no token type", {}],
  ["another case", { token_type: "BEARER" }],
  ["nulls", { token_type: null, refresh_token: null, scope: null, id_token: null }],
  ["empty texts", { refresh_token: "", scope: "", token_type: "" }],
  ["an identity token that nobody asked for", { id_token: "x.y.z" }],
  ["members that nobody knows", { me: "https://server.example/users/news", created_at: "yesterday" }],
])("a token is taken: %s", async (_what, said) => {
  const { server, services } = await authorizedWith(said);
  expect(await services.vault.credentials(accountOn(server.origin))).toMatchObject({
    accessToken: "t1",
    refreshToken: undefined,
    scopes: needed,
  });
});

test.each<[string, Said]>([
  ["no token in it", { json: { token_type: "Bearer" } }],
  ["a token that is no text", { json: { access_token: 5 } }],
  ["an error with status 200", { json: { error: "invalid_grant" } }],
  ["a list", { json: [] }],
  ["an empty answer", { status: 400, json: {} }],
  ["plain text", { status: 401, html: "access_denied" }],
  ["strings outside of the RFC", { status: 400, json: { error: "Bad Request: invalid_request: code was wrong" } }],
  ["a refusal of the scope", { status: 403, json: { error: "Forbidden: requested scope was not covered" } }],
])("no token is taken, and nothing is stored: %s", async (_what, said) => {
  const server = await oddServer({ token: () => said });
  const { authorization, vault } = servicesAt(here);
  const account = accountOn(server.origin);
  await authorization.begin(account, needed);
  await expect(authorization.finish(account, needed, "abc")).rejects.toMatchObject({ code: "CODE_REFUSED" });
  expect(await vault.generation(account)).toBe(0);
});

describe("a refresh", () => {
  async function refreshed(said: object) {
    const { server, services } = await authorizedWith({ refresh_token: "r1", expires_in: 60, scope: "read write" });
    const account = accountOn(server.origin);
    server.answers.token = () => ({ json: { access_token: "t2", ...said } });
    server.answers.verify = (asked) => (asked === "t2" ? {} : { status: 401, json: { error: "expired" } });
    await services.auth.run(account, needed);
    return { credentials: await services.vault.credentials(account), server };
  }

  test("that brings neither refresh token nor scopes keeps the former ones", async () => {
    const { credentials, server } = await refreshed({});
    expect(credentials).toMatchObject({
      accessToken: "t2",
      refreshToken: "r1",
      scopes: ["read", "write"],
      expiresAt: undefined,
      appScopes: needed.join(" "),
      generation: 2,
    });
    const [grant] = server.grants("refresh_token");
    expect(Object.fromEntries(grant ?? [])).toEqual({
      grant_type: "refresh_token",
      refresh_token: "r1",
      client_id: "client",
      client_secret: "sesame-open",
    });
  });

  test("that brings new ones replaces them", async () => {
    const { credentials } = await refreshed({ refresh_token: "r2", scope: "read", expires_in: "120" });
    expect(credentials).toMatchObject({ accessToken: "t2", refreshToken: "r2", scopes: ["read"] });
    expect((credentials?.expiresAt ?? 0) - (credentials?.obtainedAt ?? 0)).toBe(120_000);
  });

  test("that brings an empty refresh token keeps the former one", async () => {
    expect((await refreshed({ refresh_token: "" })).credentials?.refreshToken).toBe("r1");
  });
});

test("what a server quotes of the request is blotted out in the error", async () => {
  const server = await oddServer({
    token: (asked) => ({
      status: 400,
      json: {
        error: `${asked.get("code")}?`,
        error_description: `no ${asked.get("code")} for ${asked.get("client_secret")}`,
      },
    }),
  });
  const { authorization } = servicesAt(here);
  await authorization.begin(accountOn(server.origin), needed);
  const error: unknown = await authorization
    .finish(accountOn(server.origin), needed, "the-code-itself")
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "CODE_REFUSED",
    message: "the server refuses the code (no [secret] for [secret])",
  });
});
