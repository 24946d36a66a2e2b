import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import type { Sandbox } from "../../sandbox/index.js";
import { accountOn, authorize, codeFor, needed, place, sandboxFor, servicesAt, verify } from "./services.js";

/** Everything that stands in Redis under a prefix: names of keys and all that they hold. */
async function everythingUnder(redis: Redis, prefix: string): Promise<string> {
  const texts: unknown[] = [];
  for await (const keys of redis.scanStream({ match: `${prefix}*` }) as AsyncIterable<string[]>) {
    for (const key of keys) texts.push(key, await valueOf(redis, key));
  }
  return JSON.stringify(texts);
}

async function valueOf(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case "string":
      return redis.get(key);
    case "hash":
      return redis.hgetall(key);
    case "stream":
      return redis.xrange(key, "-", "+");
    default:
      throw new Error(`${key} is of a type that this test does not read`);
  }
}

/** A text as it might stand somewhere: plain, encoded for an address, in base64. */
const spellings = (secret: string) => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  Buffer.from(secret).toString("base64url"),
  Buffer.from(secret).toString("hex"),
];

function expectNone(text: string, sandbox: Sandbox): void {
  const secrets = sandbox.issuedSecrets();
  expect(secrets.length).toBeGreaterThan(4);
  expect(secrets.flatMap(spellings).filter((spelling) => text.includes(spelling))).toEqual([]);
}

test("no secret stands in clear in Redis, at any step of the sequence", async () => {
  const here = await place();
  const { prefix } = here.corner;
  const sandbox = await sandboxFor({ refreshTokens: { expiresInSeconds: 3_600, rotate: "at-once" } });
  const services = servicesAt(here);
  const account = accountOn(sandbox.url);
  const address = await services.authorization.begin(account, needed);
  const verifier = (await services.vault.pending(account))?.codeVerifier ?? "";
  expect(verifier.length).toBeGreaterThan(40);
  const begun = await everythingUnder(here.redis, prefix);
  expect(begun).toContain("newsbot");
  expect(spellings(verifier).filter((spelling) => begun.includes(spelling))).toEqual([]);
  await services.authorization.finish(account, needed, codeFor(sandbox, address, "alice"));
  expectNone(await everythingUnder(here.redis, prefix), sandbox);
  sandbox.expire("alice");
  expect((await services.auth.run(account, needed)).credentials?.generation).toBe(2);
  await services.authorization.begin(account, needed);
  expectNone(await everythingUnder(here.redis, prefix), sandbox);
});

test("no secret stands in an error or a standing, however the server fails", async () => {
  const here = await place();
  const sandbox = await sandboxFor({ refreshTokens: { expiresInSeconds: 3_600, rotate: "at-once" } });
  const services = servicesAt(here);
  const account = accountOn(sandbox.url, "newsbot", { handle: "alice" });
  const said: unknown[] = [];
  const actions = [
    "cut",
    { status: 502, html: "<h1>Bad gateway</h1>" },
    { status: 200, html: "<h1>Welcome</h1>" },
    { status: 200, json: { nothing: true } },
    { status: 400, json: { error: "invalid_grant", error_description: "no" } },
  ] as const;
  const note = async (outcome: Promise<unknown>) => {
    said.push(await outcome.catch((thrown: unknown) => allOf(thrown)));
  };
  for (const path of ["/oauth/token", verify]) {
    for (const action of actions) {
      const code = codeFor(sandbox, await services.authorization.begin(account, needed), "alice");
      sandbox.addFault({ path, action });
      await note(services.authorization.finish(account, needed, code).then(({ reason }) => reason));
      sandbox.clearFaults();
    }
  }
  await note(authorize(services, sandbox, account, "bob").then(({ reason }) => reason));
  await note(authorize(services, sandbox, account, "alice").then(({ reason }) => reason));
  for (const action of actions) {
    sandbox.addFault({ path: verify, action });
    const { reason, cure } = await services.auth.run(account, needed);
    said.push(reason, cure);
    sandbox.clearFaults();
  }
  expect(said.length).toBeGreaterThan(15);
  expectNone(JSON.stringify(said), sandbox);
});

/** An error with all that hangs on it. */
function allOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const fields = Object.fromEntries(
    Object.getOwnPropertyNames(error).map((name) => [name, (error as unknown as Record<string, unknown>)[name]]),
  );
  return { ...fields, cause: allOf(error.cause) };
}
