import { durationMs } from "../accounts/duration.js";
import { HowdahError } from "../errors.js";

const longestMs = 60 * 60 * 1_000;

/** How long ending may take, as `--grace` says it; in milliseconds. Throws CONFIG_INVALID. */
export function graceIn(text: string): number {
  const graceMs = durationMs(text);
  if (graceMs !== undefined && graceMs <= longestMs) return graceMs;
  throw new HowdahError("CONFIG_INVALID", `--grace ${text} is no time to end in`, {
    cure: "write a number and a unit of at most an hour, such as 10s or 2m",
  });
}
