import { createHash } from "node:crypto";
import type { JobSchedulerJson, RepeatOptions } from "bullmq";
import { CronExpressionParser } from "cron-parser";
import { HowdahError } from "../errors.js";
import { reasonOf } from "./connection.js";
import type { Repeat } from "./jobs.js";

/** What is wrong with a cron expression or its timezone (an IANA name) and what would be right; undefined if nothing. */
export function checkCron(expression: string, timezone: string): string | undefined {
  return shapeProblem(expression) ?? timezoneProblem(timezone) ?? parserProblem(expression, timezone);
}

/** BullMQ's options of a repetition, or CONFIG_INVALID. */
export function repeatOptions(id: string, repeat: Repeat): RepeatOptions {
  const problem = "cron" in repeat ? checkCron(repeat.cron, repeat.timezone) : intervalProblem(repeat.everyMs);
  if (problem !== undefined) {
    throw new HowdahError("CONFIG_INVALID", `the schedule "${id}": ${problem}`, { cure: "correct the schedule" });
  }
  if ("cron" in repeat) return { pattern: repeat.cron.trim(), tz: repeat.timezone };
  return { every: repeat.everyMs, offset: phaseMs(id, repeat.everyMs) };
}

/** Whether what is stored already says what is asked for, so that nothing needs to be written. */
export function sameSchedule(stored: JobSchedulerJson, asked: RepeatOptions, data: unknown): boolean {
  return (
    stored.pattern === asked.pattern &&
    stored.tz === asked.tz &&
    stored.every === asked.every &&
    (asked.every === undefined || stored.offset === asked.offset) &&
    JSON.stringify(stored.template?.data) === JSON.stringify(data)
  );
}

/** The nominal time of a tick: BullMQ ends the id of a scheduler's job with it. */
export function nominalTime(tickId: string): number {
  return Number(tickId.slice(tickId.lastIndexOf(":") + 1));
}

/** The id of the tick that a scheduler fires at `time`. */
export function tickId(schedulerId: string, time: number): string {
  return `repeat:${schedulerId}:${time}`;
}

/**
 * Where in its interval a repetition fires, from 1 to `everyMs`. It follows from the id, so that repetitions are
 * spread, a restart keeps the rhythm, and two processes that start at once agree on it.
 */
function phaseMs(id: string, everyMs: number): number {
  return (createHash("sha256").update(id).digest().readUInt32BE(0) % everyMs) + 1;
}

function intervalProblem(everyMs: number): string | undefined {
  if (Number.isSafeInteger(everyMs) && everyMs > 0) return undefined;
  return `an interval must be a whole number of milliseconds above 0, not ${everyMs}`;
}

/** What cron-parser would accept although nobody means it: too few fields, and `H`, which it rolls anew at each call. */
function shapeProblem(expression: string): string | undefined {
  const text = expression.trim();
  const example = `for example "0 7 * * *" (daily at 7:00)`;
  if (text === "") return `the cron expression is empty; it needs five fields, ${example}`;
  if (text.startsWith("@")) return undefined;
  const fields = text.split(/\s+/);
  if (fields.length < 5 || fields.length > 6) {
    return `"${text}" has ${fields.length} field${fields.length === 1 ? "" : "s"}; a cron expression needs five (minute hour day month weekday), or six with seconds first, ${example}`;
  }
  return /(^|[\s,])H/.test(text) ? `"${text}": H is not supported; write the number` : undefined;
}

function timezoneProblem(timezone: string): string | undefined {
  try {
    Intl.DateTimeFormat("en", { timeZone: timezone });
    return undefined;
  } catch {
    return `"${timezone}" is no timezone; write an IANA name such as "Europe/Berlin" or "UTC"`;
  }
}

function parserProblem(expression: string, timezone: string): string | undefined {
  try {
    CronExpressionParser.parse(expression.trim(), { tz: timezone }).next();
    return undefined;
  } catch (error) {
    return `"${expression.trim()}" is no cron expression that ever comes due (${reasonOf(error)}); the fields are minute hour day month weekday, for example "0 7 * * 1-5"`;
  }
}
