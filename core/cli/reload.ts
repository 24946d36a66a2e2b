import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import type { DependencyContainer } from "tsyringe";
import type { Fleet } from "../accounts/account.js";
import { HowdahError } from "../errors.js";
import type { MarkedFleet } from "../host/entry-marks.js";
import { sendNews } from "../host/host-configuration.js";
import { InForce } from "../host/in-force.js";
import { Plans, type AccountChange, type Plan } from "../host/plans.js";
import { ProcessBoard, type ProcessRow } from "../host/process-board.js";
import type { Plugin } from "../plugin.js";
import { KeysToken } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { confirmed } from "./confirm.js";
import { withServices, type Context } from "./context.js";
import { exitCodes } from "./exit.js";

/** How long processes may take to read their files and let go what is not theirs any more. */
const patienceMs = 30_000;
const lookMs = 100;

interface ReloadOptions {
  accounts?: string;
  yes?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** How a process has come out of a reload. */
interface ProcessReport {
  readonly host: string;
  readonly process: string;
  readonly file: string;
  /** `silent`: it said nothing within half a minute. */
  readonly state: "current" | "outdated" | "broken" | "silent";
  /** Accounts that its file has otherwise. */
  readonly differs: readonly string[];
  readonly error: string | null;
}

/** `bot reload`: puts accounts.yaml in force. */
export function addReload(program: Command, context: Context): void {
  program
    .command("reload")
    .description("put accounts.yaml in force: show what changes, then have every process read its file")
    .option("--accounts <file>", "another accounts.yaml")
    .option("--yes", "do not ask, also where many accounts would end")
    .option("--dry-run", "only show what would change")
    .option("--json", "as one JSON document")
    .action(async (options: ReloadOptions) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      await withServices(context, environment, fleet, ({ container }) => reload(context, container, fleet, options));
    });
}

async function reload(
  context: Context,
  container: DependencyContainer,
  fleet: Fleet<Plugin>,
  options: ReloadOptions,
): Promise<void> {
  const isJson = options.json === true;
  const say = (text: string) => void (isJson || context.stdout.write(`${text}\n`));
  const own = await container.resolve(InForce).mark(fleet);
  const plan = await container.resolve(Plans).of(own);
  say(describePlan(plan));
  const { changes, running, stops, unchanged } = plan;
  const facts = { changes, unchanged, running, stops };
  const tell = (more: object) => void (isJson && context.stdout.write(`${JSON.stringify(more, null, 2)}\n`));
  if (options.dryRun === true) return tell({ generation: plan.generation, applied: false, ...facts, processes: [] });
  if (plan.isDrastic) {
    const question = `End ${stops.length} of ${running} running accounts?`;
    if (!(await confirmed(context, question, options.yes))) {
      process.exitCode = exitCodes.failed;
      return;
    }
  }
  const generation = await putInForce(container, own, plan);
  const processes = await reported(container, generation);
  tell({ generation, applied: true, ...facts, processes });
  say(describeProcesses(processes, generation));
  if (processes.some(({ state }) => state !== "current")) process.exitCode = exitCodes.failed;
}

async function putInForce(container: DependencyContainer, own: MarkedFleet, plan: Plan): Promise<number> {
  const proposal = { by: "reload", over: plan.generation } as const;
  const { generation, outcome } = await container.resolve(InForce).propose(own, proposal);
  if (outcome !== "raced") return generation;
  throw new HowdahError("CONFIG_CHANGED", "another configuration came in force meanwhile: nothing was changed", {
    cure: "run bot reload again and look at what it would change now",
  });
}

/** Has every process read its own file, and waits for what they say. */
async function reported(container: DependencyContainer, generation: number): Promise<ProcessReport[]> {
  const board = container.resolve(ProcessBoard);
  const [redis, keys] = [container.resolve(RedisToken), container.resolve(KeysToken)];
  const there = new Map((await board.read()).map((row) => [row.id, row]));
  const reloadId = randomUUID();
  await sendNews(redis, keys, { generation, reload: reloadId });
  const deadline = performance.now() + patienceMs;
  const waiting = () => [...there.values()].some(({ reload: done }) => done !== reloadId);
  while (waiting() && performance.now() < deadline) {
    await sleep(lookMs);
    const rows = await board.read();
    const live = new Set(rows.map(({ id }) => id));
    // One that has ended meanwhile has nothing to say.
    for (const id of there.keys()) if (!live.has(id)) there.delete(id);
    for (const row of rows) there.set(row.id, row);
  }
  const file = (await container.resolve(InForce).read())?.file;
  return [...there.values()].map((row) => reportOf(row, { file, reloadId }));
}

function reportOf(row: ProcessRow, asked: { file: string | undefined; reloadId: string }): ProcessReport {
  const { differs, digest, error, file, host, process: pid, reload: done } = row;
  const state =
    done !== asked.reloadId ? "silent" : error !== null ? "broken" : digest === asked.file ? "current" : "outdated";
  return { host, process: pid, file, state, differs, error };
}

function describePlan({ changes, generation, unchanged }: Plan): string {
  const now = generation === 0 ? "Nothing is in force yet." : `In force is generation ${generation}.`;
  if (changes.length === 0) return `${now} Nothing changes: ${counted(unchanged)} as before.`;
  return [now, ...changes.map(describeChange), `  ${counted(unchanged)} as before`].join("\n");
}

function describeChange({ account, change, what }: AccountChange): string {
  const sign = { added: "+", changed: "~", renamed: "~", removed: "-" }[change];
  const more = change === "removed" ? ["what is stored for it stays for 30 days"] : what;
  return `  ${sign} ${account} ${change}${more.length === 0 ? "" : `: ${more.join("; ")}`}`;
}

function describeProcesses(processes: readonly ProcessReport[], generation: number): string {
  if (processes.length === 0) return `Generation ${generation} is in force. No process runs: bot run starts one.`;
  return [`Generation ${generation} is in force.`, ...processes.map(describeProcess)].join("\n");
}

function describeProcess({ differs, error, file, host, process: pid, state }: ProcessReport): string {
  const who = `  process ${pid} on ${host}`;
  if (state === "current") return `${who} runs it`;
  if (state === "silent") return `${who} did not answer: look at its log, or start it again`;
  if (state === "broken") return `${who} cannot read ${file} and goes by what it had: ${error}`;
  return `${who} is outdated: its ${file} is another (${differs.join(", ")}), and it does not run what differs`;
}

function counted(count: number): string {
  return count === 1 ? "1 account" : `${count} accounts`;
}
