import { expect, test } from "vitest";
import { durationMs, readSince, readStaleAfter } from "../../core/accounts/duration.js";

test("durations are a number and a unit", () => {
  expect(["30s", "5m", "12h", "2d", "1w"].map(durationMs)).toEqual([
    30_000, 300_000, 43_200_000, 172_800_000, 604_800_000,
  ]);
  for (const text of ["", "12", "h", "1.5h", "-1h", "1 h", "1y", "2h30m"]) expect(durationMs(text)).toBeUndefined();
});

test("since is a duration, a day or a time", () => {
  expect(readSince("2h")).toEqual({ agoMs: 7_200_000 });
  expect(readSince("2026-08-01")).toEqual({ at: Date.UTC(2026, 7, 1) });
  expect(readSince("2026-08-01T12:00:00+02:00")).toEqual({ at: Date.UTC(2026, 7, 1, 10) });
  for (const text of ["now", "2026", "2026-02-30T99:00", "1 August 2026"]) expect(readSince(text)).toBeUndefined();
});

test("stale_after is a duration or never", () => {
  expect(readStaleAfter("1h")).toBe(3_600_000);
  expect(readStaleAfter("never")).toBe(Infinity);
  expect(readStaleAfter("soon")).toBeUndefined();
});
