import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Checks } from "./checks.js";
import { Compose, eventually } from "./compose.js";
import { SandboxControl } from "./sandbox-control.js";

interface AccountStatus {
  readonly account: string;
  readonly state: string;
  readonly stream: { readonly connected: boolean };
  readonly owner: { readonly host: string } | null;
}

const folder = "test/compose/herd";
const accounts = [
  ...readFileSync(join(import.meta.dirname, "herd/accounts.yaml"), "utf8").matchAll(/^ {2}(bot\d+):/gm),
].map(([, name = ""]) => name);
const scope = "read:accounts read:notifications read:statuses write:statuses";
const redirect = "urn:ietf:wg:oauth:2.0:oob";
const containers = 3;
/** How many mentions each account gets while a container dies. */
const mentionsEach = 6;
const streamWaitMs = 120_000;

/** Thirty accounts on three containers, of which one is killed while they are mentioned. */
export async function herd(checks: Checks): Promise<void> {
  const sandbox = await SandboxControl.onFreePort();
  const environment = { SANDBOX_PORT: String(sandbox.port) };
  const compose = new Compose(`howdah-herd-${process.pid}`, environment, `${folder}/docker-compose.yml`);
  await compose.during(checks, async () => {
    const up = await checks.check(`${containers} containers come up for ${accounts.length} accounts`, async () => {
      compose.do("up", "--build", "-d", "--scale", `bot=${containers}`);
      await compose.healthy(containers + 2, 180_000);
    });
    if (up) await suffer(checks, compose, sandbox);
  });
}

async function suffer(checks: Checks, compose: Compose, sandbox: SandboxControl): Promise<void> {
  const authorized = await checks.check("each account takes a token from standard input", async () => {
    const lines = await tokensFor(sandbox);
    const each = 'while read name token; do echo "$token" | bot auth "$name" --with-token >&2 || exit 1; done';
    compose.shell(each, lines.join(""));
  });
  if (!authorized) return;
  await checks.check("they are spread within 20 %, and all stream", () =>
    eventually(streamWaitMs, () => {
      const even = accounts.length / containers;
      const spread = spreadOf(streaming(compose));
      console.log(`      ${spread.join(", ")}`);
      assert.equal(spread.length, containers, `owned by ${spread.length} containers`);
      assert(
        spread.every((count) => Math.abs(count - even) <= even * 0.2),
        `spread ${spread.join(", ")}`,
      );
    }),
  );
  const ids: string[] = [];
  await checks.check("one of them is killed while all are mentioned; all stream again", async () => {
    for (let round = 0; round < mentionsEach; round += 1) {
      if (round === mentionsEach / 2) compose.kill("bot");
      ids.push(...(await mentionAll(sandbox)));
      await sleep(1_000);
    }
    await eventually(streamWaitMs, () => streaming(compose));
  });
  await checks.check("each mention has been answered once", async () => {
    await eventually(streamWaitMs, async () => {
      const lost = missing(ids, await answers(sandbox));
      assert.equal(lost.length, 0, `${lost.length} of ${ids.length} have no answer`);
    });
    await sleep(5_000);
    const all = await answers(sandbox);
    assert.equal(all.length, ids.length, `${all.length} answers to ${ids.length} mentions`);
    assert.equal(new Set(all).size, ids.length);
  });
}

/** A line for each account: its name and a token. */
async function tokensFor(sandbox: SandboxControl): Promise<string[]> {
  const registration = { client_name: "herd", redirect_uris: redirect, scopes: scope };
  const app = await sandbox.post<{ client_id: string; client_secret: string }>("/api/v1/apps", registration);
  const { client_id, client_secret } = app;
  const lines: string[] = [];
  for (const user of accounts) {
    const { code } = await sandbox.ask<{ code: string }>("grant", { user, client_id, redirect_uri: redirect, scope });
    const grant = { grant_type: "authorization_code", code, redirect_uri: redirect, client_id, client_secret };
    const { access_token } = await sandbox.post<{ access_token: string }>("/oauth/token", grant);
    lines.push(`${user} ${access_token}\n`);
  }
  return lines;
}

/** The accounts, once each of them streams; throws with those that do not. */
function streaming(compose: Compose): AccountStatus[] {
  const list = JSON.parse(compose.bot("status", "--json")) as AccountStatus[];
  assert.equal(list.length, accounts.length);
  const deaf = list.filter(({ state, stream }) => state !== "ready" || !stream.connected);
  assert.equal(
    deaf.length,
    0,
    `not streaming: ${deaf.map(({ account, state }) => `${account} (${state})`).join(", ")}`,
  );
  return list;
}

/** How many accounts each container owns, from the fewest. */
function spreadOf(list: readonly AccountStatus[]): number[] {
  const counts = new Map<string, number>();
  for (const { owner } of list) {
    if (owner !== null) counts.set(owner.host, (counts.get(owner.host) ?? 0) + 1);
  }
  return [...counts.values()].toSorted((one, other) => one - other);
}

async function mentionAll(sandbox: SandboxControl): Promise<string[]> {
  const ids: string[] = [];
  for (const account of accounts) {
    const params = { status: `@${account} are you there?` };
    ids.push((await sandbox.act<{ id: string }>("visitor", "statuses.create", params)).id);
  }
  return ids;
}

/** What the accounts have answered to, an entry for each answer. */
async function answers(sandbox: SandboxControl): Promise<string[]> {
  const people = await sandbox.ask<{ user: string; id: string }[]>("users");
  const found: string[] = [];
  for (const { id } of people.filter(({ user }) => accounts.includes(user))) {
    const posts = await sandbox.act<{ in_reply_to_id: string | null }[]>("visitor", "accounts.statuses", {
      id,
      limit: 40,
    });
    found.push(...posts.flatMap(({ in_reply_to_id }) => in_reply_to_id ?? []));
  }
  return found;
}

function missing(ids: readonly string[], answered: readonly string[]): string[] {
  const known = new Set(answered);
  return ids.filter((id) => !known.has(id));
}
