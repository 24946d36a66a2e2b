import * as fc from "fast-check";
import { expect, test } from "vitest";
import { nextTick, tickTimes } from "../../core/jobs/tick-times.js";

const berlin = "Europe/Berlin";
const at = (text: string) => Date.parse(text);
const said = (time: number) => new Date(time).toISOString().replace(".000Z", "Z");

/** The ticks after a time, as they follow from each other. */
function ticks(cron: string, from: string, count: number, timezone = berlin): string[] {
  const times: number[] = [];
  for (let time = at(from); times.length < count; times.push(time)) time = nextTick(cron, timezone, time);
  return times.map(said);
}

test("a daily time keeps its place on the clock over both changes", () => {
  expect(ticks("0 7 * * *", "2026-03-28T00:00:00Z", 3)).toEqual([
    "2026-03-28T06:00:00Z",
    "2026-03-29T05:00:00Z",
    "2026-03-30T05:00:00Z",
  ]);
  expect(ticks("0 7 * * *", "2026-10-24T00:00:00Z", 3)).toEqual([
    "2026-10-24T05:00:00Z",
    "2026-10-25T06:00:00Z",
    "2026-10-26T06:00:00Z",
  ]);
});

test("a time that spring leaves out comes an hour later, one that autumn brings twice comes once", () => {
  expect(ticks("30 2 * * *", "2026-03-28T00:00:00Z", 3)).toEqual([
    "2026-03-28T01:30:00Z",
    "2026-03-29T01:30:00Z",
    "2026-03-30T00:30:00Z",
  ]);
  expect(ticks("30 2 * * *", "2026-10-24T00:00:00Z", 3)).toEqual([
    "2026-10-24T00:30:00Z",
    "2026-10-25T00:30:00Z",
    "2026-10-26T01:30:00Z",
  ]);
});

test("an hourly clock ticks each hour that passes", () => {
  const hours = (from: string) => ticks("0 * * * *", from, 8).map((time) => at(time));
  for (const from of ["2026-03-28T22:00:00Z", "2026-10-24T22:00:00Z"]) {
    const times = hours(from);
    expect(times).toEqual(times.map((_, index) => (times[0] ?? 0) + index * 3_600_000));
  }
});

test("whenever it is asked around a change, the next tick is the same: none doubled, none left out", () => {
  const expressions = ["30 2 * * *", "0 3 * * *", "*/20 * * * *", "15 2,3 * * 0", "0 0 * * *"];
  const changes = ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"].map((text) => at(text));
  const hour = 3_600_000;
  for (const cron of expressions) {
    for (const change of changes) {
      const span = { after: change - 36 * hour, until: change + 10 * 24 * hour, most: Infinity };
      const all = tickTimes({ cron, timezone: berlin }, span);
      fc.assert(
        fc.property(fc.integer({ min: -400, max: 400 }), (minutes) => {
          const asked = change + minutes * 60_000;
          const expected = all.find((time) => time > asked) ?? 0;
          expect(said(nextTick(cron, berlin, asked))).toBe(said(expected));
        }),
        { numRuns: 30 },
      );
    }
  }
});

test("the last ticks of a span, the oldest first", () => {
  const cron = { cron: "0 7 * * *", timezone: berlin };
  const span = { after: at("2026-03-27T12:00:00Z"), until: at("2026-03-30T12:00:00Z") };
  const all = ["2026-03-28T06:00:00Z", "2026-03-29T05:00:00Z", "2026-03-30T05:00:00Z"];
  expect(tickTimes(cron, { ...span, most: 100 }).map(said)).toEqual(all);
  expect(tickTimes(cron, { ...span, most: 1 }).map(said)).toEqual(all.slice(-1));
  const minutes = { cron: "* * * * *", timezone: "UTC" };
  const year = { after: at("2025-01-01T00:00:00Z"), until: at("2026-01-01T00:00:30Z") };
  expect(tickTimes(minutes, { ...year, most: 2 }).map(said)).toEqual(["2025-12-31T23:59:00Z", "2026-01-01T00:00:00Z"]);
  expect(tickTimes({ everyMs: 10 }, { after: 100, until: 145, most: 3 })).toEqual([120, 130, 140]);
  expect(tickTimes({ everyMs: 10 }, { after: 100, until: 109, most: 3 })).toEqual([]);
});
