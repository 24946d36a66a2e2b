import { CronExpressionParser } from "cron-parser";
import type { Repeat } from "./jobs.js";

const hourMs = 60 * 60_000;
/** A clock's change bewilders the parser when it is asked within so long of it. */
const changeReachMs = 3 * hourMs;
/** How far back ticks are looked for, the nearest first: a minute's clock that stood still for a year is quickly read. */
const windowsMs = [hourMs, 24 * hourMs, 7 * 24 * hourMs, 60 * 24 * hourMs, 400 * 24 * hourMs];

/**
 * The next tick of a cron expression after a time, both in milliseconds since the epoch. Once a day stays once a day: a
 * time that a change to summer time leaves out comes an hour later, one that comes twice in autumn counts the first time.
 */
export function nextTick(expression: string, timezone: string, after: number): number {
  const ticks = ticksFrom(expression, timezone, isNearChange(after, timezone) ? after - 2 * changeReachMs : after);
  for (;;) {
    const tick = ticks.next().getTime();
    if (tick > after) return tick;
  }
}

/** The last ticks of a repetition after `after` and up to `until`, at most `most`, the oldest first. */
export function tickTimes(
  repeat: Repeat,
  { after, most, until }: { readonly after: number; readonly most: number; readonly until: number },
): number[] {
  if ("everyMs" in repeat) {
    const count = Math.max(0, Math.floor((until - after) / repeat.everyMs));
    const first = Math.max(1, count - most + 1);
    return Array.from({ length: count - first + 1 }, (_, index) => after + (first + index) * repeat.everyMs);
  }
  for (const windowMs of windowsMs) {
    const from = Math.max(after, until - windowMs);
    const times = cronTimes(repeat.cron, repeat.timezone, from, until);
    if (times.length >= most || from === after || windowMs === windowsMs.at(-1)) return times.slice(-most);
  }
  return [];
}

function cronTimes(expression: string, timezone: string, after: number, until: number): number[] {
  const times: number[] = [];
  const ticks = ticksFrom(expression, timezone, after - 2 * changeReachMs);
  for (;;) {
    const tick = ticks.next().getTime();
    if (tick > until) return times;
    if (tick > after) times.push(tick);
  }
}

function ticksFrom(expression: string, timezone: string, from: number) {
  return CronExpressionParser.parse(expression.trim(), { tz: timezone, currentDate: new Date(from) });
}

/** Whether the zone's clocks change at about that time. */
function isNearChange(at: number, timezone: string): boolean {
  const format = new Intl.DateTimeFormat("en", { timeZone: timezone, timeZoneName: "longOffset" });
  const offset = (time: number) => format.formatToParts(time).find(({ type }) => type === "timeZoneName")?.value;
  return offset(at - changeReachMs) !== offset(at + changeReachMs);
}
