/** The commands that guard keys and credentials, each as a process of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Keyring } from "../../core/store/seal.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { emptied, testRedis, type TestRedis } from "../support/redis.js";

const program = join(import.meta.dirname, "../../dist/core/main.js");
const [older, newer] = [Keyring.generate(), Keyring.generate()];
const passphrase = "correct horse battery staple";

let directory: string;
let corner: TestRedis;
let sandbox: Sandbox;
const children: ChildProcess[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "keys-"));
  corner = testRedis();
  sandbox = await startSandbox({ users: ["alice", "bob"] });
  const accounts = ["alice", "bob"].map((name) => `  ${name}: { server: "${sandbox.url}", plugins: [] }`);
  writeFileSync(join(directory, "accounts.yaml"), ["accounts:", ...accounts, ""].join("\n"));
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
  await sandbox.close();
  rmSync(directory, { recursive: true, force: true });
});

function start(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: directory,
    env: { PATH: process.env["PATH"], LOG_LEVEL: "error", ...corner.env, BOT_KEY: older, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  return child;
}

/** Runs `bot` to its end. */
async function bot(args: string[], env: Record<string, string> = {}) {
  const child = start(args, env);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: code as number, stdout, stderr };
}

async function authorize(name: string): Promise<void> {
  const { stdout } = await bot(["auth", name, "--url"]);
  const asked = new URL(stdout.trim()).searchParams;
  const { code } = sandbox.grant({
    user: name,
    client_id: asked.get("client_id") ?? "",
    redirect_uri: asked.get("redirect_uri") ?? "",
    scope: asked.get("scope") ?? "",
    code_challenge: asked.get("code_challenge") ?? undefined,
    code_challenge_method: asked.get("code_challenge_method") ?? undefined,
  });
  expect(await bot(["auth", name, "--code", code])).toMatchObject({ code: 0 });
}

async function states(env: Record<string, string> = {}): Promise<Record<string, string>> {
  const { stdout } = await bot(["status", "--json"], env);
  const rows = JSON.parse(stdout) as { account: string; state: string }[];
  return Object.fromEntries(rows.map(({ account, state }) => [account, state]));
}

async function untilReady(env: Record<string, string> = {}): Promise<void> {
  for (let tries = 0; tries < 60; tries += 1) {
    if ((await states(env))["alice"] === "ready") return;
    await delay(250);
  }
  throw new Error("the account did not become ready");
}

async function wipe(): Promise<void> {
  await emptied(await corner.connect(), corner.prefix);
}

test("the keys of a running fleet are rotated once every process has the newest", async () => {
  await authorize("alice");
  const both = { BOT_KEY: `${newer},${older}` };
  const late = start(["run"]);
  await untilReady();
  expect(await bot(["keys", "rotate"], both)).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(
      new RegExp(`1 running process does not have the newest key .* \\(${late.pid} on .*\\n {5}`),
    ),
  });
  late.kill("SIGTERM");
  await once(late, "exit");

  start(["run"], both);
  await untilReady(both);
  const rotated = await bot(["keys", "rotate"], both);
  expect(rotated).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+ sealed anew, \d+ under the key/) });
  const { keys } = JSON.parse((await bot(["keys", "list", "--json"], both)).stdout) as {
    keys: { id: string; newest: boolean; values: number; mirrored: number }[];
  };
  expect(keys).toMatchObject([
    { newest: true, at_hand: true, in_use: true },
    { newest: false, values: 0, mirrored: 0 },
  ]);
  expect(await states({ BOT_KEY: newer })).toMatchObject({ alice: "ready" });
  expect(await bot(["status"])).toMatchObject({ code: 1, stderr: expect.stringContaining("does not open") });
});

test("an emptied Redis: held, restored only when it is told to, and discarded only when it is told to", async () => {
  await authorize("alice");
  await wipe();
  expect(await states()).toEqual({ alice: "held", bob: "held" });
  expect(await bot(["auth", "bob", "--url"])).toMatchObject({ code: 1, stdout: "" });
  for (const args of [["restore"], ["restore", "--discard"]]) {
    expect(await bot(args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("add --yes") });
  }
  const restored = await bot(["restore", "--yes"]);
  expect(restored).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 account restored/) });
  expect(restored.stderr).toMatch(/holds 1 account, the oldest saved today/);
  expect(await states()).toEqual({ alice: "unreachable", bob: "needs_authorization" });
  expect(await bot(["restore"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing to restore/) });
  await wipe();
  expect(await bot(["restore", "--discard", "--yes"])).toMatchObject({ code: 0 });
  expect(await states()).toEqual({ alice: "needs_authorization", bob: "needs_authorization" });
});

test("accounts move to another fleet", async () => {
  await authorize("alice");
  const file = join(directory, "fleet.export");
  const exported = await bot(["export", file], { BOT_PASSPHRASE: passphrase });
  expect(exported).toMatchObject({ code: 0, stdout: `${file}: alice; 1 hold no token and are left out\n` });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const elsewhere = {
    BOT_PREFIX: `${corner.prefix}-other`,
    BOT_DATA: join(directory, "other"),
    BOT_KEY: newer,
    BOT_PASSPHRASE: passphrase,
  };
  const asked = await bot(["import", file], elsewhere);
  expect(asked).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/alice .* @alice +new/) });
  expect(await states(elsewhere)).toMatchObject({ alice: "needs_authorization" });
  expect(await bot(["import", file, "--yes"], elsewhere)).toMatchObject({ code: 0 });
  expect(await states(elsewhere)).toMatchObject({ alice: "unreachable" });
  expect(await bot(["import", file, "--yes"], elsewhere)).toMatchObject({ code: 0, stdout: "Nothing to import.\n" });
});

test("the keys' copy is for this user only and opens what the fleet stored", async () => {
  await authorize("alice");
  const copy = join(directory, "copy");
  expect(await bot(["keys", "backup", copy])).toMatchObject({ code: 0, stdout: "" });
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  expect((await bot(["keys", "backup"])).stdout).toBe(readFileSync(copy, "utf8"));
  expect(await states({ BOT_KEY: "", BOT_KEY_FILE: copy })).toMatchObject({ alice: "unreachable" });
});

interface Refusal {
  readonly args: string[];
  readonly env?: Record<string, string>;
  readonly code: number;
  readonly says: RegExp;
}

const refusals: Record<string, Refusal> = {
  "an export over a file": { args: ["export", "accounts.yaml"], code: 2, says: /accounts\.yaml is there already\n/ },
  "an export into no directory": { args: ["export", "none/file", "alice"], code: 2, says: /cannot be written/ },
  "an export of nothing": { args: ["export", "file", "bob"], code: 3, says: /nothing to export/ },
  "an export of a stranger": { args: ["export", "file", "eve"], code: 2, says: /no account eve/ },
  "an export without a passphrase": {
    args: ["export", "file"],
    env: { BOT_PASSPHRASE: "" },
    code: 2,
    says: /BOT_PASSPHRASE/,
  },
  "a short passphrase": { args: ["export", "file"], env: { BOT_PASSPHRASE: "short" }, code: 2, says: /fewer than 12/ },
  "an import of no file": { args: ["import", "none"], code: 2, says: /cannot be read/ },
  "an import of another file": { args: ["import", "accounts.yaml"], code: 1, says: /is no export/ },
  "a copy of the keys over a file": { args: ["keys", "backup", "accounts.yaml"], code: 2, says: /not overwritten/ },
  "a copy of keys that are not there": {
    args: ["keys", "backup"],
    env: { BOT_KEY: "" },
    code: 2,
    says: /there is no key yet/,
  },
  "a restore without a mirror": {
    args: ["restore", "--yes"],
    env: { BOT_DATA: "elsewhere" },
    code: 1,
    says: /there is no mirror/,
  },
  "a rotation with a wrong key": { args: ["keys", "rotate"], env: { BOT_KEY: newer }, code: 1, says: /does not open/ },
};

test("bad input is refused in two lines, and nothing is written", async () => {
  await authorize("alice");
  mkdirSync(join(directory, "elsewhere"));
  for (const [what, { args, code, env, says }] of Object.entries(refusals)) {
    const said = await bot(args, { BOT_PASSPHRASE: passphrase, ...env });
    const lines = said.stderr.trim().split("\n").length;
    const isWritten = existsSync(join(directory, "file"));
    expect({ what, ...said, lines, isWritten }).toEqual({
      what,
      code,
      stdout: "",
      stderr: expect.stringMatching(says),
      lines: 2,
      isWritten: false,
    });
  }
  expect(await states()).toEqual({ alice: "unreachable", bob: "needs_authorization" });
});
