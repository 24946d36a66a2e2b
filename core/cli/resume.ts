import type { Command } from "commander";
import type { DependencyContainer } from "tsyringe";
import { Pauses } from "../client/pauses.js";
import { pauseStatus, StatusBoard, type AccountStatus } from "../host/status.js";
import { sendWake } from "../host/wake.js";
import { KeysToken } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { addBrakeSelection, withMeant, type BrakeOptions, type Meant } from "./brake-selection.js";
import type { Context } from "./context.js";
import { namesIn } from "./names.js";

/** What became of resuming one account, in `bot resume --json`. */
interface ResumedAccount {
  readonly account: string;
  /** The pause that has ended; null: it was not paused. */
  readonly ended: AccountStatus["paused"];
}

/** `bot resume`: lets accounts write again. */
export function addResume(program: Command, context: Context): void {
  addBrakeSelection(program.command("resume").description("let accounts write again that were paused")).action(
    async (names: string[], options: BrakeOptions) => {
      await withMeant(context, names, options, async (container, meant) => {
        const resumed = await Promise.all(meant.map((account) => resume(container, account)));
        const isRunning = await isAnyRun(container, resumed);
        const output = options.json === true ? JSON.stringify(resumed, null, 2) : describe(resumed, isRunning);
        context.stdout.write(`${output}\n`);
      });
    },
  );
}

async function resume(container: DependencyContainer, { name, storedAs }: Meant): Promise<ResumedAccount> {
  const [redis, keys] = [container.resolve(RedisToken), container.resolve(KeysToken)];
  const pauses = new Pauses(redis, keys);
  const ended = await Promise.all(storedAs.map((stored) => pauses.resume(stored)));
  await Promise.all(storedAs.map((account) => sendWake(redis, keys, { account, why: "brake" })));
  return { account: name, ended: pauseStatus(ended.find((pause) => pause !== undefined)) };
}

async function isAnyRun(container: DependencyContainer, resumed: readonly ResumedAccount[]): Promise<boolean> {
  const board = container.resolve(StatusBoard);
  const standings = await Promise.all(resumed.map(({ account }) => board.read(account)));
  return standings.some((standing) => standing?.isFresh === true);
}

function describe(rows: readonly ResumedAccount[], isRunning: boolean): string {
  const goOn = rows.filter(({ ended }) => ended !== null).map(({ account }) => account);
  const others = rows.filter(({ ended }) => ended === null).map(({ account }) => account);
  if (goOn.length === 0) return `not paused: ${namesIn(others)}; there is nothing to resume`;
  const lines = [`write again: ${namesIn(goOn)}`];
  if (others.length > 0) lines.push(`not paused: ${namesIn(others)}`);
  if (!isRunning) lines.push("no process runs them: what waits is handled when one does (bot run)");
  else if (goOn.length > 1)
    lines.push("what waited is handled by and by, one account of a server after the other at first");
  return lines.join("\n");
}
