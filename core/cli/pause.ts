import { hostname, userInfo } from "node:os";
import type { Command } from "commander";
import type { DependencyContainer } from "tsyringe";
import { durationMs, durationRule } from "../accounts/duration.js";
import { Pauses, type PauseCall } from "../client/pauses.js";
import { untilSettled } from "../client/until-settled.js";
import { HowdahError } from "../errors.js";
import { pauseStatus, type AccountStatus } from "../host/status.js";
import { sendWake } from "../host/wake.js";
import { KeysToken } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { addBrakeSelection, withMeant, type BrakeOptions, type Meant } from "./brake-selection.js";
import type { Context } from "./context.js";
import { namesIn } from "./names.js";

interface PauseOptions extends BrakeOptions {
  reason?: string;
  for?: string;
}

/** What became of pausing one account, in `bot pause --json`. */
interface PausedAccount {
  readonly account: string;
  readonly paused: AccountStatus["paused"];
  /** The pause that stood already. */
  readonly before: AccountStatus["paused"];
  /** How many writes that were under way ended while the command waited. */
  readonly finished: number;
  /** Writes of which nobody knows whether they took effect. */
  readonly unknown: readonly { readonly invocation: string; readonly operation: string }[];
}

const longestReason = 500;

/** `bot pause`: keeps accounts from writing anything more. */
export function addPause(program: Command, context: Context): void {
  addBrakeSelection(program.command("pause").description("stop accounts from writing, until bot resume"))
    .option("--reason <text>", "why, for those who see it in bot status")
    .option("--for <duration>", "go on by itself after this long: 30m, 12h, 2d")
    .action(async (names: string[], options: PauseOptions) => {
      const call = { by: caller(), reason: reasonIn(options), forMs: forIn(options) };
      await withMeant(context, names, options, async (container, meant) => {
        const paused = await pauseAll(context, container, meant, call);
        const output = options.json === true ? JSON.stringify(paused, null, 2) : describe(paused, options);
        context.stdout.write(`${output}\n`);
      });
    });
}

/** All are stopped before any is waited for. */
async function pauseAll(
  context: Context,
  container: DependencyContainer,
  meant: readonly Meant[],
  call: PauseCall,
): Promise<PausedAccount[]> {
  const [redis, keys] = [container.resolve(RedisToken), container.resolve(KeysToken)];
  const pauses = new Pauses(redis, keys);
  const stopped = await Promise.all(
    meant.flatMap(({ name, storedAs }) =>
      storedAs.map(async (stored) => ({ name, stored, outcome: await pauses.pause(stored, call) })),
    ),
  );
  await Promise.all(stopped.map(({ stored }) => sendWake(redis, keys, { account: stored, why: "brake" })));
  const underWay = stopped.reduce((sum, { outcome }) => sum + outcome.underWay.length, 0);
  if (underWay > 0) context.stderr.write(`waiting for ${writes(underWay)} under way\n`);
  const settled = await Promise.all(
    stopped.map(async ({ name, outcome, stored }) => ({
      ...{ name, outcome },
      ...(await untilSettled(pauses.writes(stored), outcome)),
    })),
  );
  return meant.map(({ name }) => {
    const own = settled.filter((row) => row.name === name);
    const unknown = own.flatMap((row) => row.unknown.map(({ invocation, operation }) => ({ invocation, operation })));
    const finished = own.reduce((sum, row) => sum + row.finished, 0);
    const [first] = own;
    return {
      ...{ account: name, paused: pauseStatus(first?.outcome.now), before: pauseStatus(first?.outcome.before) },
      ...{ finished, unknown },
    };
  });
}

/** Whoever sits at this host: the name of the user, where the system knows one. */
function caller(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return hostname();
  }
}

function reasonIn({ reason }: PauseOptions): string | undefined {
  const text = reason?.replaceAll(/\p{Cc}+/gu, " ").trim();
  if (text === undefined || text.length <= longestReason) return text;
  throw new HowdahError("CONFIG_INVALID", `--reason is longer than ${longestReason} characters`, {
    cure: "shorten it",
  });
}

function forIn({ for: text }: PauseOptions): number | undefined {
  if (text === undefined) return undefined;
  const forMs = durationMs(text);
  if (forMs !== undefined && forMs > 0) return forMs;
  throw new HowdahError("CONFIG_INVALID", `--for ${text} is no duration`, { cure: durationRule });
}

function describe(rows: readonly PausedAccount[], options: PauseOptions): string {
  const lines = [`paused: ${namesIn(rows.map(({ account }) => account))}`];
  for (const { account, before, paused } of rows) {
    if (before === null) continue;
    const by = before.by === "" ? "" : ` by ${before.by}`;
    const now = paused?.reason === "" ? "" : `; the reason is now: ${paused?.reason}`;
    lines.push(`${account} was paused already, since ${before.since}${by}${now}`);
  }
  const finished = rows.reduce((sum, row) => sum + row.finished, 0);
  if (finished > 0)
    lines.push(`${writes(finished)} that ${finished === 1 ? "was" : "were"} already under way finished`);
  for (const { account, unknown } of rows) {
    for (const { invocation, operation } of unknown) {
      lines.push(
        `${account}: nobody knows what became of ${operation} in ${invocation}: it is looked for after the pause`,
      );
    }
  }
  const until = rows[0]?.paused?.until ?? null;
  const selection = options.all === true ? "--all" : options.server === undefined ? "" : `--server ${options.server}`;
  const again = `bot resume ${selection || rows.map(({ account }) => account).join(" ")}`;
  lines.push(until === null ? `they write again after: ${again}` : `they write again at ${until}, or after: ${again}`);
  return lines.join("\n");
}

function writes(count: number): string {
  return count === 1 ? "1 write" : `${count} writes`;
}
