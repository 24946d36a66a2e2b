import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { Finding } from "../../core/cli/doctor-check.js";
import { httpServer, json, tlsServer } from "../mastodon/local-server.js";
import { selfSigned } from "../mastodon/self-signed.js";
import { testRedis } from "../support/redis.js";
import { fleetOf, type Fleet } from "./fleet.js";

const following = { plugins: [{ use: "following" }] };
let fleet: Fleet;

beforeAll(async () => {
  fleet = await fleetOf({
    accounts: { greeter: following, other: following, plain: following },
    sandbox: { users: ["greeter", "other", "plain"], limits: "mastodon" },
    environment: testRedis().env,
  });
});

async function doctor(...words: string[]): Promise<{ code: number | null; findings: Finding[] }> {
  const { code, stderr, stdout } = await fleet.bot("doctor", ...words, "--json");
  expect(stderr).not.toMatch(/^\s+at /m);
  return { code, findings: JSON.parse(stdout) as Finding[] };
}

const verdicts = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]));

test("of the fleet, before anything is authorized", async () => {
  const { code, findings } = await doctor();
  expect(verdicts(findings)).toMatchObject({
    "host.node": "ok",
    "host.data-directory": "ok",
    "host.key-file": "ok",
    "redis.version": "ok",
    keys: "ok",
    mirror: "ok",
    processes: "warn",
    accounts: "warn",
  });
  expect(code).toBe(findings.some(({ verdict }) => verdict === "fail") ? 1 : 0);
  for (const { cure, found, verdict } of findings) {
    expect(found).not.toBe("");
    expect(cure === "", `${verdict} ${found}`).toBe(verdict === "ok");
  }
});

test("of an account without a token: what is wrong, and what to run", async () => {
  const { code, findings } = await doctor("greeter");
  expect(code).toBe(1);
  expect(verdicts(findings)).toEqual({
    "server.reachable": "ok",
    "server.certificate": "ok",
    "server.software": "ok",
    "server.oauth": "ok",
    "server.clock": "ok",
    "account.token": "fail",
    "account.scopes": "ok",
  });
  expect(findings.find(({ check }) => check === "account.token")?.cure).toBe("run: bot auth greeter");
});

test("of an account that is well: nothing fails, and the stream takes its token", async () => {
  await fleet.authorize("greeter");
  const { code, findings } = await doctor("greeter");
  expect(code).toBe(0);
  expect(new Set(findings.map(({ verdict }) => verdict))).toEqual(new Set(["ok"]));
  const found = new Map(findings.map((finding) => [finding.check, finding.found]));
  expect(found.get("account.streaming")).toMatch(/^ws:.*\/api\/v1\/streaming takes the token$/);
  expect(found.get("account.limits")).toMatch(/^\d+ of 300 requests left/);
  expect(found.get("account.person")).toMatch(/^@greeter/);
  expect(found.get("server.oauth")).toBe("metadata with PKCE");
  const { stdout } = await fleet.bot("doctor", "greeter");
  expect(stdout).toMatch(/^ +CHECK +FOUND\nok +server\.reachable/);
  expect(stdout).toMatch(/\n\n12 ok, 0 to know, 0 wrong\n$/);
});

test("of a token that is refused: nothing is changed by looking", async () => {
  await fleet.authorize("other");
  fleet.sandbox.revoke({ user: "other" });
  const refused = await doctor("other");
  expect(refused.code).toBe(1);
  expect(verdicts(refused.findings)).toMatchObject({ "account.token": "ok", "account.verified": "fail" });
  expect((await fleet.statusOf("other")).token?.generation).toBe(1);
});

test("of an account that its server does not label as a bot", async () => {
  await fleet.authorize("plain");
  await fleet.sandbox.actAs("plain").accounts.updateCredentials({ bot: false });
  const { code, findings } = await doctor("plain");
  expect([code, verdicts(findings)["account.label"]]).toEqual([1, "fail"]);
});

test("of a server, by address, by host, and of one that is not in the file", async () => {
  const { url } = fleet.sandbox;
  for (const name of [url, new URL(url).host, `${url}/about`]) {
    const { code, findings } = await doctor(name);
    expect([code, findings.length]).toEqual([0, 5]);
  }
});

test("of a server that is down: one finding, and the account's own", async () => {
  const { code, findings } = await doctor("http://127.0.0.1:1");
  expect(code).toBe(1);
  expect(findings).toEqual([
    {
      check: "server.reachable",
      verdict: "fail",
      found: "http://127.0.0.1:1: the server refuses connections",
      cure: expect.stringMatching(/./) as string,
    },
  ]);
});

test.each([
  ["a web page for everything", 200, "text/html", "<!doctype html><title>Parked</title>"],
  ["JSON of another shape", 200, "application/json", '["what"]'],
  ["nulls", 200, "application/json", "null"],
  ["a teapot", 418, "text/plain", "short and stout"],
  ["a broken server", 500, "application/json", '{"error": 5}'],
])("odd answers are findings, never a stack: %s", async (_what, status, type, body) => {
  const server = await httpServer((response) => response.writeHead(status, { "content-type": type }).end(body));
  onTestFinished(() => server.close());
  const { findings } = await doctor(server.origin);
  expect(findings.length).toBeGreaterThan(0);
  expect(findings.some(({ verdict }) => verdict !== "ok")).toBe(true);
});

test("a certificate is looked at: how long it is good, by whom, and whether anybody vouches for it", async () => {
  const identity = selfSigned();
  await fleet.write("authority.pem", identity.cert);
  const server = await tlsServer(identity, (response) => json(response, { version: "4.5.0", title: "Test" }));
  onTestFinished(() => server.close());
  const words = ["doctor", `https://localhost:${server.port}`, "--json"];
  const unknown = await fleet.call({ words });
  expect(unknown.code).toBe(1);
  expect(JSON.parse(unknown.stdout)).toMatchObject([
    { check: "server.reachable", found: expect.stringContaining("certificate") as string },
  ]);
  const known = await fleet.call({
    words,
    environment: { NODE_EXTRA_CA_CERTS: join(fleet.directory, "authority.pem") },
  });
  const shown = (JSON.parse(known.stdout) as Finding[]).find(({ check }) => check === "server.certificate");
  expect(shown?.found).toMatch(/^good for \d+ days, by localhost$/);
});

test("a Redis that does not answer is what is found", async () => {
  const { code, stdout } = await fleet.call({
    words: ["doctor", "--json"],
    environment: { REDIS_URL: "redis://127.0.0.1:1" },
  });
  expect(code).toBe(1);
  const findings = JSON.parse(stdout) as Finding[];
  expect(findings.at(-1)).toMatchObject({ check: "redis", verdict: "fail" });
  expect(verdicts(findings)).toMatchObject({ "host.node": "ok" });
});

test("another key than the data's is what is found", async () => {
  const key = Buffer.alloc(32, 7).toString("base64");
  const { code, stdout } = await fleet.call({ words: ["doctor", "--json"], environment: { BOT_KEY: key } });
  expect(code).toBe(1);
  expect((JSON.parse(stdout) as Finding[]).at(-1)).toMatchObject({ check: "keys", verdict: "fail" });
});

test("what others of this host may read is said", async () => {
  await chmod(fleet.data, 0o755);
  await chmod(join(fleet.data, "key"), 0o644);
  const { findings } = await doctor();
  expect(findings.filter(({ check }) => check.startsWith("host.")).map(({ cure }) => cure)).toEqual([
    "",
    `chmod 700 ${fleet.data}`,
    `chmod 600 ${join(fleet.data, "key")}`,
  ]);
});

test("a name that is nothing is a wrong call", async () => {
  const { code, stderr } = await fleet.bot("doctor", "nobody");
  expect(code).toBe(2);
  expect(stderr).toContain("nobody is no account of accounts.yaml, and no server's address");
});
