/** `script/demo`: three bots on a sandbox of their own, authorized as an operator would, then watched. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connectRedis } from "../core/store/redis.js";
import { authorizeAs } from "../test/sandbox/browser.js";
import { Processes } from "./demo-processes.js";
import { bots, DemoSandbox, type Deeds } from "./demo-sandbox.js";

interface AccountStatus {
  readonly state: string;
  readonly stream: { readonly mode: string; readonly connected: boolean };
  readonly riders: readonly { readonly state: string }[];
}

const deadlineMs = 120_000;
const wanted = {
  newsbot: "a scheduled post of newsbot",
  greeter: "a follow back by greeter",
  warden: "a moderation action of warden",
} as const;

const isCheck = process.argv.includes("--check");
const startedAt = Date.now();
const directory = await mkdtemp(join(tmpdir(), "howdah-demo-"));
const logFile = join(directory, "log");
const environment = botEnvironment();
const processes = new Processes(environment, logFile);
const stopping = new AbortController();
let missing = "the sandbox";

const deadline = setTimeout(() => stopping.abort(new Error(`not done after ${deadlineMs / 1_000} s`)), deadlineMs);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopping.abort(signal));
for (const stream of [process.stdout, process.stderr]) stream.on("error", (error) => stopping.abort(error));

try {
  await Promise.race([demonstrate(), stopped()]);
} catch (error) {
  // Ctrl-C is how it ends unless it checks.
  const isWanted = typeof error === "string" && !isCheck;
  if (!isWanted) await explain(error);
  process.exitCode = isWanted ? 0 : 1;
} finally {
  clearTimeout(deadline);
  await cleanUp();
}
process.exit();

/** Everything that the command reads is said here, so that no other fleet or server of this host is touched. */
function botEnvironment(): NodeJS.ProcessEnv {
  const { PATH = "", REDIS_URL, ...others } = process.env;
  const kept = Object.entries(others).filter(([name]) => !/^(BOT_|LOG_LEVEL$|PORT$)/.test(name));
  const programs = PATH.split(delimiter).flatMap((folder) => [
    join(folder, "redis-server"),
    join(folder, "valkey-server"),
  ]);
  return {
    ...Object.fromEntries(kept),
    PATH,
    BOT_DATA: join(directory, "data"),
    ...(!programs.some((program) => existsSync(program)) && { REDIS_URL, BOT_PREFIX: `howdah-demo-${process.pid}` }),
  };
}

async function demonstrate(): Promise<void> {
  const people = [...bots, "visitor"].join(",");
  const line = await processes.start(["sandbox", "--port", "0", "--users", people], ended);
  const sandbox = new DemoSandbox(/http:\S+/.exec(line)?.[0] ?? "");
  environment["SANDBOX_URL"] = sandbox.url;
  await processes.start(["run"], ended);
  for (const bot of bots) {
    missing = `the authorization of ${bot}`;
    await authorize(bot);
  }
  missing = "accounts that are ready";
  await until(everyoneRuns);
  console.log(`ready\n\n${await processes.run("status")}\n`);
  await (isCheck ? check(sandbox) : stay(sandbox));
}

/** What an operator does: opens the address, signs in, agrees, and brings the code. */
async function authorize(bot: string): Promise<void> {
  const address = await processes.run("auth", bot, "--url");
  const code = await authorizeAs(address, bot);
  console.log(await processes.run("auth", bot, "--code", code));
}

/** What happens before a stream is open may be older than what a new rider looks at. */
async function everyoneRuns(): Promise<boolean> {
  const rows = JSON.parse(await processes.run("status", "--json")) as AccountStatus[];
  const streams = rows.filter(({ stream }) => stream.connected).length;
  const run = rows.every(
    ({ riders, state }) => state === "ready" && riders.every((rider) => rider.state === "running"),
  );
  return run && streams >= 2;
}

async function check(sandbox: DemoSandbox): Promise<void> {
  await sandbox.playVisitor();
  let deeds: Deeds = {};
  await until(async () => {
    deeds = await sandbox.deeds();
    const absent = bots.filter((bot) => deeds[bot] === undefined);
    missing = absent.map((bot) => wanted[bot]).join(", ");
    return absent.length === 0;
  });
  const seconds = Math.round((Date.now() - startedAt) / 1_000);
  console.log(`demo: ${bots.map((bot) => deeds[bot]).join("; ")} (after ${seconds} s)`);
}

/** Until Ctrl-C, with a line for whatever is done. */
async function stay(sandbox: DemoSandbox): Promise<void> {
  clearTimeout(deadline);
  console.log(
    `Their posts are at ${sandbox.url}; newsbot posts each minute. Play the visitor, and greeter and warden act:`,
  );
  for (const line of await sandbox.visitorLines()) console.log(`  ${line}`);
  if (process.stdin.isTTY) playAtEnter(sandbox);
  console.log(`${process.stdin.isTTY ? "Enter does both. " : ""}Ctrl-C ends it.\n`);
  const told = new Set<string>();
  for (;;) {
    for (const deed of Object.values(await sandbox.deeds())) {
      if (!told.has(deed)) console.log(`${new Date().toTimeString().slice(0, 8)}  ${deed}`);
      told.add(deed);
    }
    await delay(1_000);
  }
}

function playAtEnter(sandbox: DemoSandbox): void {
  process.stdin.on("data", () => {
    sandbox.playVisitor().catch((error: unknown) => stopping.abort(error));
  });
}

function ended(why: string): void {
  stopping.abort(new Error(why));
}

/** Rejects with the reason when the demonstration has to stop. */
function stopped(): Promise<never> {
  return new Promise((_, reject) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a signal's name is no error
    stopping.signal.addEventListener("abort", () => reject(stopping.signal.reason));
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(500);
}

async function explain(reason: unknown): Promise<void> {
  const why = reason instanceof Error ? reason.message : `stopped by ${String(reason)}`;
  const log = await readFile(logFile, "utf8").catch(() => "");
  const lines = log.trimEnd().split("\n").slice(-20);
  console.error([...lines, `demo: ${why}`, `demo: missing: ${missing}`].join("\n"));
}

async function cleanUp(): Promise<void> {
  await processes.end();
  const leaves = new Processes(environment, logFile);
  // A bot that was killed left its Redis server running: whoever joins and leaves it as the last one stops it.
  if (existsSync(join(directory, "data", "redis", "redis.sock"))) await leaves.run("status").catch(() => undefined);
  const { BOT_PREFIX, REDIS_URL } = environment;
  if (REDIS_URL !== undefined && BOT_PREFIX !== undefined) await forget(REDIS_URL, BOT_PREFIX).catch(() => undefined);
  await rm(directory, { recursive: true, force: true });
}

/** Nothing stays in a Redis server that is not ours. */
async function forget(url: string, prefix: string): Promise<void> {
  const redis = await connectRedis({ url });
  for await (const keys of redis.scanStream({ match: `${prefix}:*` })) {
    for (const key of keys as string[]) await redis.unlink(key);
  }
  redis.disconnect();
}
