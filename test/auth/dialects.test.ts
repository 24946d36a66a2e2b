import { beforeEach, describe, expect, test } from "vitest";
import type { AuthAccount } from "../../core/auth/auth-service.js";
import type { Credentials } from "../../core/auth/vault.js";
import { judge } from "../../core/auth/verdict.js";
import { listen } from "../../core/events/listen.js";
import { createHttp } from "../../core/mastodon/create-http.js";
import type { Notification } from "../../core/mastodon/notification-entities.js";
import type { Answer, Http } from "../../core/mastodon/http.js";
import type { Scope } from "../../core/mastodon/scopes.js";
import { fetchServerInfo } from "../../core/mastodon/server-info.js";
import { startSandbox, type Sandbox, type SandboxOptions } from "../../sandbox/index.js";
import { authorizeAs } from "../sandbox/browser.js";
import {
  accountOn,
  authorize,
  count,
  place,
  register,
  sandboxFor,
  servicesAt,
  token,
  type Place,
  type Services,
} from "./services.js";

const userAgent = "howdah-test";
const scopes: readonly Scope[] = ["read:accounts", "read:notifications", "read:statuses", "write:statuses"];
const daySeconds = 24 * 60 * 60;
const hundredYears = 3_153_600_000;

/** What is to come of the sequence on a server family. */
interface Expected {
  readonly options: SandboxOptions;
  readonly pkce?: true;
  readonly hears: "streaming" | "polling";
  /** Undefined: the token does not end. */
  readonly expiresInSeconds?: number;
  readonly refreshes?: true;
  /** Whether a code that was used gives a token once more. */
  readonly codeAgain?: true;
  /** The scopes of the app, where the server does not know those that are needed: two requests to register it. */
  readonly registers?: string;
  /** What a post without the scope gets. */
  readonly withoutScope: number;
}

const doorkeeper = {
  pkce: true,
  hears: "streaming",
  refreshes: true,
  withoutScope: 403,
} as const;

const families: readonly (readonly [string, Expected])[] = [
  ["mastodon", { options: {}, pkce: true, hears: "streaming", withoutScope: 403 }],
  ["doorkeeper", { ...doorkeeper, options: { dialect: "doorkeeper" }, expiresInSeconds: 7200 }],
  [
    "doorkeeper, rotating at once",
    {
      ...doorkeeper,
      options: { dialect: "doorkeeper", refreshTokens: { expiresInSeconds: 600, rotate: "at-once" } },
      expiresInSeconds: 600,
    },
  ],
  ["gotosocial", { options: { dialect: "gotosocial" }, hears: "streaming", withoutScope: 403 }],
  [
    "akkoma",
    {
      options: { dialect: "akkoma" },
      hears: "streaming",
      expiresInSeconds: hundredYears,
      refreshes: true,
      codeAgain: true,
      withoutScope: 403,
    },
  ],
  ["hollo", { options: { dialect: "hollo" }, pkce: true, hears: "polling", withoutScope: 403 }],
  [
    "friendica",
    {
      options: { dialect: "friendica" },
      hears: "polling",
      codeAgain: true,
      withoutScope: 403,
    },
  ],
  ["takahe", { options: { dialect: "takahe" }, hears: "polling", withoutScope: 403 }],
  [
    "mitra",
    {
      options: { dialect: "mitra" },
      hears: "polling",
      expiresInSeconds: 30 * daySeconds,
      codeAgain: true,
      withoutScope: 200,
    },
  ],
  [
    "pixelfed",
    {
      options: { dialect: "pixelfed" },
      hears: "streaming",
      expiresInSeconds: 365 * daySeconds,
      refreshes: true,
      registers: "read write",
      withoutScope: 403,
    },
  ],
];

let here: Place;
beforeEach(async () => {
  here = await place();
});

async function withHttp<T>(work: (http: Http) => Promise<T>): Promise<T> {
  const http = createHttp({ userAgent });
  try {
    return await work(http);
  } finally {
    await http.close();
  }
}

function post(sandbox: Sandbox, accessToken: string, status: string): Promise<Answer> {
  return withHttp((http) =>
    http.send({
      origin: sandbox.url,
      method: "POST",
      path: "/api/v1/statuses",
      body: JSON.stringify({ status }),
      contentType: "application/json",
      token: accessToken,
      what: "statuses.create",
    }),
  );
}

/** Bob mentions alice; resolves with how she hears of it. */
function hearOfMention(sandbox: Sandbox, accessToken: string, text: string): Promise<string> {
  return withHttp(async (http) => {
    const info = await fetchServerInfo(http, sandbox.url);
    const stop = new AbortController();
    const heard = new Promise<string>((resolve) => {
      const notified = (how: string, { status }: Notification) => status?.content.includes(text) && resolve(how);
      void listen({
        info,
        subscriptions: () => [{ stream: "user" }],
        userAgent,
        signal: stop.signal,
        timing: { longestPauseMs: 100, pollFastestMs: 100, pollSlowestMs: 100 },
        accessToken: () => accessToken,
        onEvent: (event) => event.kind === "notification" && notified("streaming", event.notification),
        onHearing: () => {},
        catchUp: async () => {
          if (info.streaming !== undefined) return false;
          const path = "/api/v1/notifications?types[]=mention";
          const { body } = await http.send({
            origin: sandbox.url,
            method: "GET",
            path,
            token: accessToken,
            what: path,
          });
          for (const notification of body as Notification[]) notified("polling", notification);
          return false;
        },
        onRefused: () => {},
        log: { info: () => {}, warn: () => {} },
      });
    });
    if (info.streaming !== undefined)
      await sandbox.waitForStreams((open) => open.some(({ streams }) => streams.length > 0));
    await sandbox.actAs("bob").statuses.create({ status: `@alice ${text}` });
    const how = await heard;
    stop.abort();
    await sandbox.waitForStreams((open) => open.length === 0);
    return how;
  });
}

/** Makes a cached token look as if most of its lifetime were over. */
async function makeDue({ vault }: Services, account: AuthAccount, credentials: Credentials): Promise<void> {
  const aged = { ...credentials, obtainedAt: Date.now() - 3_500_000, expiresAt: Date.now() + 100_000 };
  expect(await vault.store(account, aged, credentials.generation)).toBe(credentials.generation + 1);
}

describe.each(families)("%s", (_name, expected) => {
  let sandbox: Sandbox;
  let account: AuthAccount;
  beforeEach(async () => {
    sandbox = await sandboxFor(expected.options);
    account = accountOn(sandbox.url);
  });
  /** An app, once more where the first set of scopes is refused. */
  const registrations = expected.registers === undefined ? 1 : 2;
  const grants = (type: string) => count(sandbox, token, { grant_type: type });

  async function authorized(): Promise<{ services: Services; credentials: Credentials }> {
    const services = servicesAt(here);
    const { credentials } = await authorize(services, sandbox, account, "alice", scopes);
    if (credentials === undefined) throw new Error("not authorized");
    return { services, credentials };
  }

  test("the whole sequence, fresh and from the cache after a restart", async () => {
    const fresh = servicesAt(here);
    expect(await fresh.auth.run(account, scopes)).toMatchObject({
      state: "needs_authorization",
      credentials: undefined,
    });
    const address = await fresh.authorization.begin(account, scopes);
    expect(new URL(address).searchParams.get("scope")).toBe(expected.registers ?? scopes.join(" "));
    expect(new URL(address).searchParams.has("code_challenge")).toBe(expected.pkce ?? false);
    const first = await fresh.authorization.finish(account, scopes, await authorizeAs(address, "alice"));
    expect(first).toMatchObject({ state: "ready", reason: "", missing: [], person: { username: "alice" } });
    const { credentials } = first;
    if (credentials === undefined) throw new Error("not authorized");
    expect(credentials.refreshToken !== undefined).toBe(expected.refreshes ?? false);
    const lifetime = credentials.expiresAt && Math.round((credentials.expiresAt - credentials.obtainedAt) / 1000);
    expect(lifetime).toBe(expected.expiresInSeconds);
    expect(await post(sandbox, credentials.accessToken, "fresh")).toMatchObject({ status: 200 });
    expect(await hearOfMention(sandbox, credentials.accessToken, "first")).toBe(expected.hears);

    if (expected.refreshes) await makeDue(fresh, account, credentials);
    const restarted = await servicesAt(here).auth.run(account, scopes);
    expect(restarted).toMatchObject({ state: "ready", reason: "", missing: [], person: { username: "alice" } });
    const again = restarted.credentials?.accessToken ?? "";
    expect(again === credentials.accessToken).toBe(!expected.refreshes);
    expect(await post(sandbox, again, "restarted")).toMatchObject({ status: 200 });
    expect(await hearOfMention(sandbox, again, "second")).toBe(expected.hears);
    expect(await servicesAt(here).auth.run(account, scopes)).toMatchObject({
      state: "ready",
      credentials: { generation: restarted.credentials?.generation },
    });
    expect([count(sandbox, register), grants("authorization_code"), grants("refresh_token")]).toEqual([
      registrations,
      1,
      expected.refreshes ? 1 : 0,
    ]);
  });

  test("a code that is wrong is refused, and the right one works after it", async () => {
    const { auth, authorization, vault } = servicesAt(here);
    const address = await authorization.begin(account, scopes);
    await expect(authorization.finish(account, scopes, "no-such-code")).rejects.toMatchObject({
      code: "CODE_REFUSED",
      message: expect.stringContaining("refuses the code") as string,
    });
    expect(await vault.credentials(account)).toBeUndefined();
    expect((await auth.run(account, scopes)).state).toBe("needs_authorization");
    const standing = await authorization.finish(account, scopes, await authorizeAs(address, "alice"));
    expect(standing.state).toBe("ready");
    expect(count(sandbox, register)).toBe(registrations);
  });

  test("a code that was used", async () => {
    const { authorization, vault } = servicesAt(here);
    const code = await authorizeAs(await authorization.begin(account, scopes), "alice");
    const { credentials } = await authorization.finish(account, scopes, code);
    await authorization.begin(account, scopes);
    const finished = await authorization.finish(account, scopes, code).then(
      ({ state }) => state,
      (error: unknown) => (error as { code: string }).code,
    );
    expect(finished).toBe(expected.codeAgain ? "ready" : "CODE_REFUSED");
    if (!expected.codeAgain) expect(await vault.credentials(account)).toEqual(credentials);
  });

  test("a revoked token is dropped, and the person stays pinned", async () => {
    const { services } = await authorized();
    expect(sandbox.revoke({ user: "alice" })).toBeGreaterThan(0);
    const standing = await servicesAt(here).auth.run(account, scopes);
    expect(standing).toMatchObject({
      state: "needs_authorization",
      cure: "run: bot auth newsbot",
      credentials: undefined,
    });
    expect(standing.reason).not.toBe("");
    expect(await services.vault.credentials(account)).toBeUndefined();
    expect(await services.vault.person(account)).toMatchObject({ username: "alice" });
    expect((await authorize(services, sandbox, account, "alice", scopes)).state).toBe("ready");
  });

  test("an expired token is renewed where there is a refresh token, else dropped", async () => {
    await authorized();
    sandbox.expire("alice");
    const { state } = await servicesAt(here).auth.run(account, scopes);
    expect(state).toBe(expected.refreshes ? "ready" : "needs_authorization");
    expect(grants("refresh_token")).toBe(expected.refreshes ? 1 : 0);
  });

  test("a disabled login keeps the token", async () => {
    const { services, credentials } = await authorized();
    sandbox.suspend("alice");
    expect(await servicesAt(here).auth.run(account, scopes)).toMatchObject({ state: "refused_by_server" });
    expect((await services.vault.credentials(account))?.accessToken).toBe(credentials.accessToken);
    sandbox.suspend("alice", false);
    expect((await servicesAt(here).auth.run(account, scopes)).state).toBe("ready");
  });

  test("a missing scope is not taken for a dead token", async () => {
    const { credentials } = await authorize(servicesAt(here), sandbox, account, "alice", ["read:accounts"]);
    const answer = await post(sandbox, credentials?.accessToken ?? "", "too much");
    expect([answer.status, judge(answer).tokenRefused]).toEqual([expected.withoutScope, false]);
  });

  test("the wrong person is refused, and the token given for them is ended", async () => {
    const mine = accountOn(sandbox.url, "newsbot", { handle: "alice" });
    const services = servicesAt(here);
    await expect(authorize(services, sandbox, mine, "bob", scopes)).rejects.toMatchObject({ code: "PERSON_WRONG" });
    expect(await services.vault.credentials(mine)).toBeUndefined();
    expect(sandbox.revoke({ user: "bob" })).toBe(0);
    expect((await authorize(services, sandbox, mine, "alice", scopes)).state).toBe("ready");
  });

  test("an app that the server has forgotten is registered anew", async () => {
    const { authorization } = servicesAt(here);
    const address = await authorization.begin(account, scopes);
    await sandbox.close();
    sandbox = await sandboxFor({ ...expected.options, port: sandbox.port });
    await expect(authorization.finish(account, scopes, "any-code")).rejects.toMatchObject({
      code: "CODE_REFUSED",
      message: "the server has forgotten the app that asked",
    });
    const again = await authorization.begin(account, scopes);
    expect(again).not.toBe(address);
    const standing = await authorization.finish(account, scopes, await authorizeAs(again, "alice"));
    expect(standing.state).toBe("ready");
  });
});

test("a dialect that there is not is named with those that there are", async () => {
  const dialect = "misskey" as "mastodon";
  await expect(startSandbox({ dialect })).rejects.toThrow(/dialect must be one of mastodon, doorkeeper, .*not misskey/);
});
