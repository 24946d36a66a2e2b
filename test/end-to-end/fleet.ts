import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect } from "vitest";
import type { AccountStatus } from "../../core/host/status.js";
import { plainText } from "../../core/mastodon/plain-text.js";
import { startSandbox, type Sandbox, type SandboxOptions } from "../../sandbox/index.js";
import { authorizeAs } from "../sandbox/browser.js";
import { BotProcess, callBot, type Finished } from "./bot-process.js";
import { eventually } from "./eventually.js";

/** What a fleet under test is made of. */
export interface FleetOptions {
  /** The text of accounts.yaml, or its accounts; their server is the sandbox where they name none. */
  readonly accounts: string | Readonly<Record<string, object>>;
  /** Other files beside it, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly sandbox?: SandboxOptions;
  /** What the command reads: `REDIS_URL` and `BOT_PREFIX` of a test's Redis, or nothing for the embedded one. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Of the logs, where a wait was in vain. */
const shownLines = 30;

const fleets: Fleet[] = [];
afterAll(async () => {
  for (const fleet of fleets.splice(0)) await fleet.close();
});

/** Starts a sandbox and lays the files out; everything is ended and removed with the test file. */
export async function fleetOf(options: FleetOptions): Promise<Fleet> {
  const directory = await mkdtemp(join(tmpdir(), "howdah-test-"));
  const sandbox = await startSandbox(options.sandbox);
  const fleet = new Fleet(directory, sandbox, options.environment ?? {});
  fleets.push(fleet);
  await fleet.write("accounts.yaml", yamlOf(options.accounts));
  for (const [name, text] of Object.entries(options.files ?? {})) await fleet.write(name, text);
  return fleet;
}

/** Another host of the same fleet: a directory of its own, the same sandbox, Redis and key (`BOT_KEY`). */
export async function hostBeside(fleet: Fleet, accounts: FleetOptions["accounts"], files: FleetOptions["files"] = {}) {
  const host = new Fleet(await mkdtemp(join(tmpdir(), "howdah-test-")), fleet.sandbox, fleet.environment);
  // Before the one whose sandbox it is.
  fleets.unshift(host);
  await host.write("accounts.yaml", yamlOf(accounts));
  for (const [name, text] of Object.entries(files)) await host.write(name, text);
  return host;
}

/** One directory with an accounts.yaml, a sandbox, and the processes of the command that were started there. */
export class Fleet {
  readonly directory: string;
  readonly data: string;
  readonly sandbox: Sandbox;
  readonly environment: Readonly<Record<string, string>>;
  readonly #processes: BotProcess[] = [];

  constructor(directory: string, sandbox: Sandbox, environment: Readonly<Record<string, string>>) {
    this.directory = directory;
    this.data = join(directory, ".howdah");
    this.sandbox = sandbox;
    this.environment = { PATH: process.env["PATH"] ?? "", SANDBOX_URL: sandbox.url, ...environment };
  }

  async write(name: string, text: string): Promise<void> {
    const file = join(this.directory, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  /** Calls the command to its end. */
  bot(...words: string[]): Promise<Finished> {
    return this.call({ words });
  }

  call(call: {
    words: readonly string[];
    input?: string;
    environment?: Readonly<Record<string, string>>;
  }): Promise<Finished> {
    const environment = { ...this.environment, ...call.environment };
    return callBot({ ...call, environment, directory: this.directory });
  }

  /** Starts the command and leaves it running. */
  start(words: readonly string[], environment: Readonly<Record<string, string>> = {}): BotProcess {
    const bot = new BotProcess({
      words,
      environment: { ...this.environment, ...environment },
      directory: this.directory,
    });
    this.#processes.push(bot);
    return bot;
  }

  /** Starts `bot run` and waits until it says that it runs. */
  async run(environment: Readonly<Record<string, string>> = {}): Promise<BotProcess> {
    const bot = this.start(["run"], environment);
    await eventually("bot run runs", () => bot.stderr.includes('"msg":"running"') || bot.child.exitCode !== null);
    expect(bot.child.exitCode, bot.stderr).toBeNull();
    return bot;
  }

  /** What an operator does: opens the address, signs in as `user`, brings the code. */
  async authorize(account: string, user = account): Promise<Finished> {
    const code = await this.code(account, user);
    const finished = await this.bot("auth", account, "--code", code);
    expect(finished.code, finished.stderr).toBe(0);
    return finished;
  }

  /** A good code for the account. */
  async code(account: string, user = account): Promise<string> {
    const begun = await this.bot("auth", account, "--url");
    expect(begun.code, begun.stderr).toBe(0);
    return authorizeAs(begun.stdout.trim(), user);
  }

  async status(): Promise<AccountStatus[]> {
    const { stdout } = await this.bot("status", "--json");
    return JSON.parse(stdout) as AccountStatus[];
  }

  async statusOf(account: string): Promise<AccountStatus> {
    const row = (await this.status()).find((status) => status.account === account);
    if (row === undefined) throw new Error(`bot status does not list ${account}`);
    return row;
  }

  /** Waits until the streams of these accounts are open: their riders run and hear whatever happens from now on. */
  async listening(...accounts: string[]): Promise<void> {
    await eventually(`the streams of ${accounts.join(", ")} are open`, () => {
      const open = new Set(this.sandbox.streams().map(({ user }) => user));
      if (accounts.every((account) => open.has(account))) return true;
      throw new Error(`open: ${[...open].join(", ")}; logged:\n${this.logged().slice(-shownLines).join("\n")}`);
    });
  }

  /** What somebody's account has posted, oldest first. */
  async posts(user: string): Promise<string[]> {
    const found: string[] = [];
    let last: string | undefined;
    do {
      const params = { id: this.idOf(user), limit: 40, ...(last !== undefined && { max_id: last }) };
      const statuses = await this.sandbox.actAs(user).accounts.statuses(params);
      found.push(...statuses.map(({ content }) => plainText(content)));
      last = statuses.at(-1)?.id;
    } while (last !== undefined);
    return found.toReversed();
  }

  idOf(user: string): string {
    const person = this.sandbox.users().find((candidate) => candidate.user === user);
    if (person === undefined) throw new Error(`nobody is called ${user}`);
    return person.id;
  }

  /** How often somebody's token was used for an operation, whatever came of it. */
  count(user: string, operation: string): number {
    return this.sandbox.requests().filter((request) => request.user === user && request.operation === operation).length;
  }

  /** What all its processes have logged, as message and error. */
  logged(): string[] {
    const lines = this.#processes.flatMap(({ stderr }) => stderr.split("\n").filter((line) => line.startsWith("{")));
    return lines.map((line) => {
      const { err, msg } = JSON.parse(line) as { msg: string; err?: { message: string } };
      return err === undefined ? msg : `${msg}: ${err.message}`;
    });
  }

  async close(): Promise<void> {
    for (const bot of this.#processes) await bot.end("SIGKILL");
    // A process that was killed leaves its Redis server running: the last one out stops it.
    if (existsSync(join(this.data, "redis", "redis.sock"))) await this.bot("status");
    await this.sandbox.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** JSON is YAML. `SANDBOX_URL` is set for every call. */
export function yamlOf(accounts: FleetOptions["accounts"]): string {
  if (typeof accounts === "string") return accounts;
  const entries = Object.entries(accounts).map(([name, entry]) => [name, { server: "${SANDBOX_URL}", ...entry }]);
  return JSON.stringify({ accounts: Object.fromEntries(entries) }, undefined, 2);
}
