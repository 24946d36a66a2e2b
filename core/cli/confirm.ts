import { confirm, isCancel } from "@clack/prompts";
import { HowdahError } from "../errors.js";
import type { Context } from "./context.js";

/**
 * Asks before what cannot be taken back; standard output stays free for what was asked for. Throws CONFIG_INVALID where
 * nobody can be asked and `--yes` was not given.
 */
export async function confirmed(context: Context, question: string, yes = false): Promise<boolean> {
  if (yes) return true;
  if (!context.stdin.isTTY) {
    throw new HowdahError("CONFIG_INVALID", `"${question}" cannot be asked without a terminal`, {
      cure: "add --yes; nothing was changed",
    });
  }
  const answer = await confirm({
    message: question,
    initialValue: false,
    input: context.stdin,
    output: context.stderr,
  });
  if (!isCancel(answer) && answer) return true;
  context.stderr.write("Nothing was changed.\n");
  return false;
}
