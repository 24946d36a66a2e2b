import { admit } from "./admit.js";
import { awaitBudget } from "./await-budget.js";
import type { Link, Next, OutgoingCall, Reply } from "./call.js";
import { dryRun } from "./dry-run.js";
import { fence } from "./fence.js";
import { replay } from "./replay.js";
import { send } from "./send.js";
import { tellApart } from "./tell-apart.js";

/** The way of every call out of a plugin, in this order; reads pass replay, dry run and admission untouched. */
const links: readonly Link[] = [fence, replay, dryRun, awaitBudget, admit, tellApart];

const first: Next = links.reduceRight<Next>((next, link) => (call) => link(call, next), send);

/** Takes a call through the chain. */
export function perform(call: OutgoingCall): Promise<Reply> {
  return first(call);
}
