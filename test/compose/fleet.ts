/** Brings the shipped fleet up in containers and walks it as an operator does; one line per check, then the count. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { Compose, eventually } from "./compose.js";

/** Commands block this process for longer than a server keeps an idle connection. */
const freshConnection = { connection: "close" };

interface AccountStatus {
  readonly account: string;
  readonly state: string;
  readonly reason: string | null;
}

interface SandboxRequest {
  readonly operation: string | null;
  readonly user: string | null;
  readonly status: number | null;
}

const accounts = ["greeter", "newsbot", "warden"];
const moderations = ["accounts.mute", "accounts.block", "reports.create"];
const readyWaitMs = 60_000;
const actionWaitMs = 150_000;

const port = await freePort();
const sandbox = `http://127.0.0.1:${port}`;
const compose = new Compose(`howdah-test-${process.pid}`, { SANDBOX_PORT: String(port) });
const counts = { passed: 0, failed: 0 };

// An interrupt ends the check that runs; the containers are still taken down.
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => (interrupted = true));

/** Runs one check; false where it failed. */
async function check(name: string, work: () => void | Promise<void>): Promise<boolean> {
  try {
    assert(!interrupted, "interrupted");
    await work();
    counts.passed += 1;
    console.log(`ok    ${name}`);
    return true;
  } catch (error) {
    counts.failed += 1;
    console.log(`FAIL  ${name}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  assert(address !== null && typeof address === "object");
  return address.port;
}

async function control<T>(path: string, body?: object): Promise<T> {
  const headers = { ...freshConnection, "content-type": "application/json" };
  const posted = { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await fetch(`${sandbox}/sandbox/${path}`, body ? posted : { headers: freshConnection });
  assert(answer.ok, `/sandbox/${path} answers ${answer.status}: ${await answer.clone().text()}`);
  return (await answer.json()) as T;
}

/** Signs in on the sandbox as the account's person, at the address that an operator would open. */
async function authorize(account: string): Promise<void> {
  const address = new URL(compose.bot("auth", account, "--url"));
  assert.equal(address.origin, `http://localhost:${port}`, "the address does not open on the host");
  const page = await fetch(address, { headers: freshConnection });
  assert.equal(page.status, 200, `the authorize page answers ${page.status}`);
  const asked = Object.fromEntries(
    ["client_id", "redirect_uri", "scope", "code_challenge", "code_challenge_method"].flatMap((name) => {
      const value = address.searchParams.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  const { code } = await control<{ code: string }>("grant", { user: account, ...asked });
  compose.bot("auth", account, "--code", code);
}

function status(): AccountStatus[] {
  const list = JSON.parse(compose.bot("status", "--json")) as AccountStatus[];
  return list.toSorted((one, other) => one.account.localeCompare(other.account));
}

async function allReady(): Promise<void> {
  const wanted = accounts.map((account) => `${account}: ready`);
  await eventually(readyWaitMs, () => {
    const states = status().map(({ account, state, reason }) => `${account}: ${state}${reason ? ` (${reason})` : ""}`);
    assert.deepEqual(states, wanted);
  });
}

/** Waits until the sandbox has carried out one of `operations` for `user`. */
async function seen(user: string, operations: readonly string[]): Promise<void> {
  await eventually(actionWaitMs, async () => {
    const requests = await control<SandboxRequest[]>("requests");
    const found = requests.some(
      (request) => request.user === user && request.status === 200 && operations.includes(request.operation ?? ""),
    );
    assert(found, `${user} did none of ${operations.join(", ")}`);
  });
}

async function walk(): Promise<void> {
  const up = await check("the shipped files come up", async () => {
    compose.do("up", "--build", "-d");
    await compose.healthy(3, 180_000);
  });
  if (!up) return;
  await check("status lists three accounts", () => {
    const names = status().map(({ account }) => account);
    assert.deepEqual(names, accounts);
  });
  for (const account of accounts) await check(`${account} is authorized by address and code`, () => authorize(account));
  await check("all three are ready", allReady);
  await check("newsbot posts by its schedule", () => seen("newsbot", ["statuses.create"]));
  await check("greeter follows back", async () => {
    const people = await control<{ user: string; id: string }[]>("users");
    const id = people.find(({ user }) => user === "greeter")?.id;
    await control("act", { user: "visitor", operation: "accounts.follow", params: { id } });
    await seen("greeter", ["accounts.follow"]);
  });
  await check("warden moderates", async () => {
    const text = "@warden buy cheap followers, free crypto giveaway http://spam.example/win";
    await control("act", { user: "visitor", operation: "statuses.create", params: { status: text } });
    await seen("warden", moderations);
  });
  await check("three bots share the work without a clash", async () => {
    compose.do("up", "-d", "--scale", "bot=3");
    await compose.healthy(5, 120_000);
  });
  await check("and all accounts stay ready", allReady);
  await check("told to stop, each ends in order", () => {
    compose.do("stop", "bot");
    assert.deepEqual(compose.exitCodes("bot"), ["0", "0", "0"]);
  });
}

try {
  await walk();
  if (counts.failed > 0) console.log(compose.logs());
} finally {
  compose.do("down", "-v", "--remove-orphans", "--rmi", "local");
}
console.log(`compose: ${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
