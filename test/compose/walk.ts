import assert from "node:assert/strict";
import type { Checks } from "./checks.js";
import { Compose, eventually } from "./compose.js";
import { SandboxControl, type SandboxRequest } from "./sandbox-control.js";

interface AccountStatus {
  readonly account: string;
  readonly state: string;
  readonly reason: string | null;
}

const accounts = ["greeter", "newsbot", "warden"];
const moderations = ["accounts.mute", "accounts.block", "reports.create"];
const readyWaitMs = 60_000;
const actionWaitMs = 150_000;

/** Brings the shipped fleet up in containers and walks it as an operator does. */
export async function walk(checks: Checks): Promise<void> {
  const sandbox = await SandboxControl.onFreePort();
  const compose = new Compose(`howdah-walk-${process.pid}`, { SANDBOX_PORT: String(sandbox.port) });
  await compose.during(checks, async () => {
    const up = await checks.check("the shipped files come up", async () => {
      compose.do("up", "--build", "-d");
      await compose.healthy(3, 180_000);
    });
    if (up) await operate(checks, compose, sandbox);
  });
}

async function operate(checks: Checks, compose: Compose, sandbox: SandboxControl): Promise<void> {
  await checks.check("status lists three accounts", () => {
    const names = status(compose).map(({ account }) => account);
    assert.deepEqual(names, accounts);
  });
  for (const account of accounts) {
    await checks.check(`${account} is authorized by address and code`, () => authorize(account, compose, sandbox));
  }
  await checks.check("all three are ready", () => allReady(compose));
  await checks.check("newsbot posts by its schedule", () => seen(sandbox, "newsbot", ["statuses.create"]));
  await checks.check("greeter follows back", async () => {
    const people = await sandbox.ask<{ user: string; id: string }[]>("users");
    const id = people.find(({ user }) => user === "greeter")?.id;
    await sandbox.act("visitor", "accounts.follow", { id });
    await seen(sandbox, "greeter", ["accounts.follow"]);
  });
  await checks.check("warden moderates", async () => {
    const text = "@warden buy cheap followers, free crypto giveaway http://spam.example/win";
    await sandbox.act("visitor", "statuses.create", { status: text });
    await seen(sandbox, "warden", moderations);
  });
  await checks.check("three bots share the work without a clash", async () => {
    compose.do("up", "-d", "--scale", "bot=3");
    await compose.healthy(5, 120_000);
  });
  await checks.check("and all accounts stay ready", () => allReady(compose));
  await checks.check("told to stop, each ends in order", () => {
    compose.do("stop", "bot");
    assert.deepEqual(compose.exitCodes("bot"), ["0", "0", "0"]);
  });
}

/** Signs in on the sandbox as the account's person, at the address that an operator would open. */
async function authorize(account: string, compose: Compose, sandbox: SandboxControl): Promise<void> {
  const address = new URL(compose.bot("auth", account, "--url"));
  assert.equal(address.origin, `http://localhost:${sandbox.port}`, "the address does not open on the host");
  const page = await sandbox.page(address);
  assert.equal(page.status, 200, `the authorize page answers ${page.status}`);
  const asked = Object.fromEntries(
    ["client_id", "redirect_uri", "scope", "code_challenge", "code_challenge_method"].flatMap((name) => {
      const value = address.searchParams.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  const { code } = await sandbox.ask<{ code: string }>("grant", { user: account, ...asked });
  compose.bot("auth", account, "--code", code);
}

function status(compose: Compose): AccountStatus[] {
  const list = JSON.parse(compose.bot("status", "--json")) as AccountStatus[];
  return list.toSorted((one, other) => one.account.localeCompare(other.account));
}

async function allReady(compose: Compose): Promise<void> {
  const wanted = accounts.map((account) => `${account}: ready`);
  await eventually(readyWaitMs, () => {
    const states = status(compose).map(
      ({ account, state, reason }) => `${account}: ${state}${reason ? ` (${reason})` : ""}`,
    );
    assert.deepEqual(states, wanted);
  });
}

/** Waits until the sandbox has carried out one of `operations` for `user`. */
async function seen(sandbox: SandboxControl, user: string, operations: readonly string[]): Promise<void> {
  await eventually(actionWaitMs, async () => {
    const requests = await sandbox.ask<SandboxRequest[]>("requests");
    const found = requests.some(
      (request) => request.user === user && request.status === 200 && operations.includes(request.operation ?? ""),
    );
    assert(found, `${user} did none of ${operations.join(", ")}`);
  });
}
