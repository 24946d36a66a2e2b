import type { Command } from "commander";
import { HowdahError } from "../errors.js";
import type { Verdict } from "../client/uncertain-writes.js";
import { StatusBoard } from "../host/status.js";
import { withServices, type Context } from "./context.js";
import { exitCodes } from "./exit.js";
import { addSelection, selectFailed, type Selected, type SelectionOptions } from "./failed-selection.js";

interface RetryOptions extends SelectionOptions {
  resend?: boolean;
  happened?: boolean;
}

/** `bot retry`: gives failed events to their riders once more, and starts riders again that were stopped. */
export function addRetry(program: Command, context: Context): void {
  addSelection(program.command("retry").description("handle failed events once more, and start stopped riders again"))
    .option("--resend", "writes whose outcome nobody knows did not happen: send them again")
    .option("--happened", "writes whose outcome nobody knows did happen: go on after them")
    .action(async (names: string[], options: RetryOptions) => {
      const verdict = verdictOf(options);
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      await withServices(context, environment, fleet, async ({ container }) => {
        const selected = await selectFailed(container, fleet, names, options);
        const outcome = await retry(selected, names, verdict, options);
        const board = container.resolve(StatusBoard);
        const standings = await Promise.all(selected.map(({ account }) => board.read(account.name)));
        const isRunning = standings.some((standing) => standing?.isFresh === true);
        context.stdout.write(`${wordsFor(outcome, isRunning)}\n`);
        if (outcome.undecided.length === 0) return;
        context.stderr.write(`bot: nobody knows what became of a write of ${outcome.undecided.join(", ")}\n`);
        context.stderr.write("     look at the account on its server, then add --happened or --resend\n");
        process.exitCode = exitCodes.failed;
      });
    });
}

function verdictOf({ happened, resend }: RetryOptions): Verdict | undefined {
  if (happened === true && resend === true) {
    throw new HowdahError("CONFIG_INVALID", "--happened and --resend contradict each other", {
      cure: "look at the account on its server, then say one of them",
    });
  }
  if (happened === true) return "happened";
  return resend === true ? "did not happen" : undefined;
}

/** What a call has done. */
interface Outcome {
  /** Events that are tried again. */
  events: number;
  /** Uncertain writes that were decided. */
  writes: number;
  /** Riders that go on. */
  readonly riders: string[];
  /** Events that wait for a human's word about their writes. */
  readonly undecided: string[];
}

async function retry(
  selected: readonly Selected[],
  names: readonly string[],
  verdict: Verdict | undefined,
  { rider }: RetryOptions,
): Promise<Outcome> {
  const outcome: Outcome = { events: 0, writes: 0, riders: [], undecided: [] };
  for (const { account, events, failed } of selected) {
    const namesOf = (some: typeof events) => some.map(({ invocation }) => invocation);
    const open = events.filter(({ uncertain }) => uncertain.length > 0);
    if (verdict === undefined) outcome.undecided.push(...namesOf(open));
    else outcome.writes += await failed.decide(namesOf(open), verdict);
    const ready = verdict === undefined ? events.filter((event) => !open.includes(event)) : events;
    const retried = await failed.retry(namesOf(ready));
    outcome.events += retried;
    // Who names single events does not mean the rider.
    const own = account.riders.map(({ name }) => name).filter((name) => rider === undefined || name === rider);
    const mended = names.length === 0 ? await failed.mend(own) : [];
    outcome.riders.push(...mended.map((name) => `${account.name}/${name}`));
    if (retried + mended.length > 0) await failed.wake();
  }
  return outcome;
}

function wordsFor({ events, riders, undecided, writes }: Outcome, isRunning: boolean): string {
  const lines = riders.map((rider) => `${rider} goes on`);
  if (writes > 0) lines.push(writes === 1 ? "1 write is decided" : `${writes} writes are decided`);
  if (events > 0) lines.push(events === 1 ? "1 event is tried again" : `${events} events are tried again`);
  if (events > 0 && !isRunning) lines.push("no process runs the account: it begins when one does (bot run)");
  if (lines.length > 0) return lines.join("\n");
  return undecided.length > 0 ? "nothing is tried again" : "nothing is there to be tried again";
}
