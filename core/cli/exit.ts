import { ConfigError, HowdahError, type ErrorCode } from "../errors.js";

/** Exit codes of the command. */
export const exitCodes = { done: 0, failed: 1, wrongCall: 2, authorizationNeeded: 3 } as const;

const wrongCalls: readonly ErrorCode[] = [
  "CONFIG_INVALID",
  "ACCOUNT_UNKNOWN",
  "EVENT_UNKNOWN",
  "PLUGIN_INVALID",
  "KEY_INVALID",
];

/** The exit code for what a command threw. */
export function exitCodeFor(error: unknown): number {
  if (!(error instanceof HowdahError)) return exitCodes.failed;
  if (error.code === "AUTHORIZATION_NEEDED") return exitCodes.authorizationNeeded;
  return wrongCalls.includes(error.code) ? exitCodes.wrongCall : exitCodes.failed;
}

/** What the operator reads: one line of what, one of what to do; a stack only where the mistake is ours. */
export function explain(error: unknown): string {
  if (error instanceof ConfigError) {
    const count = error.problems.length;
    return `${error.message}\n${count === 1 ? "1 mistake" : `${count} mistakes`}: nothing was changed`;
  }
  if (error instanceof HowdahError) {
    return `bot: ${error.message}${error.cure === undefined ? "" : `\n     ${error.cure}`}`;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `bot: this should not have happened; please report it\n${text}`;
}
