import { expect, test } from "vitest";
import { Breaker } from "../../core/host/breaker.js";

const minute = 60_000;

function fail(breaker: Breaker, times: number, now = 0): void {
  for (let count = 0; count < times; count += 1) breaker.failed(now, "it threw");
}

test("ten failed attempts in a row stop a rider, nine do not, and a success in between begins anew", () => {
  const breaker = new Breaker();
  fail(breaker, 9);
  breaker.succeeded(0);
  fail(breaker, 9);
  expect(breaker.broken).toBeUndefined();
  fail(breaker, 1, 7);
  expect(breaker.broken).toEqual({
    since: 7,
    reason: "10 attempts in a row failed: it threw",
    until: 7 + 5 * minute,
    times: 1,
  });
});

test("four fifths of at least twenty attempts within ten minutes stop a rider, spread over longer they do not", () => {
  const rounds = (everyMs: number) => {
    const breaker = new Breaker();
    for (let round = 0; round < 6 && breaker.broken === undefined; round += 1) {
      fail(breaker, 4, round * everyMs);
      if (breaker.broken === undefined) breaker.succeeded(round * everyMs);
    }
    return breaker.broken?.reason;
  };
  expect(rounds(1_000)).toMatch(/of \d\d attempts within 10 minutes failed: it threw/);
  expect(rounds(5 * minute)).toBeUndefined();
});

test("a stopped rider is tried with one event after its rest, and goes on if that succeeds", () => {
  const breaker = new Breaker();
  fail(breaker, 10);
  expect(breaker.admit(5 * minute - 1)).toBe(false);
  expect([breaker.admit(5 * minute), breaker.admit(5 * minute)]).toEqual([true, false]);
  expect(breaker.succeeded(5 * minute)).toBe(true);
  expect(breaker.broken).toBeUndefined();
  expect(breaker.admit(5 * minute)).toBe(true);
});

test("a trial that fails doubles the rest, up to an hour, and keeps since when it is stopped", () => {
  const breaker = new Breaker();
  fail(breaker, 10, 1);
  const rests: number[] = [];
  for (let now = 0; rests.length < 6;) {
    now = breaker.broken?.until ?? 0;
    expect(breaker.admit(now)).toBe(true);
    expect(breaker.failed(now, "still")).toBe(true);
    rests.push((breaker.broken?.until ?? 0) - now);
  }
  expect(rests).toEqual([10, 20, 40, 60, 60, 60].map((minutes) => minutes * minute));
  expect(breaker.broken).toMatchObject({ since: 1, reason: "the trial failed as well: still" });
});

test("a trial that has to wait leaves the next one open", () => {
  const breaker = new Breaker();
  fail(breaker, 10);
  expect(breaker.admit(6 * minute)).toBe(true);
  breaker.undecided();
  expect(breaker.admit(6 * minute)).toBe(true);
});

test("another owner takes over that it is stopped, and whoever starts it again clears the count", () => {
  const breaker = new Breaker();
  breaker.adopt({ since: 1, reason: "10 attempts in a row failed: it threw", until: minute, times: 2 });
  expect(breaker.admit(5)).toBe(false);
  breaker.adopt(undefined);
  fail(breaker, 9);
  expect(breaker.broken).toBeUndefined();
});
