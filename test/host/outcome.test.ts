import { expect, test } from "vitest";
import {
  BudgetError,
  NetworkError,
  NotReadyError,
  ReplayMismatchError,
  ScopeError,
  ServerRefusedError,
  UncertainOutcomeError,
} from "../../core/errors.js";
import { outcomeOf, retryDelayMs, waitDelayMs } from "../../core/host/outcome.js";

test("what is wrong with neither the event nor the plugin is waited for", () => {
  const at = Date.parse("2026-03-04T00:00:00Z");
  expect(outcomeOf(new NotReadyError("paused"))).toMatchObject({ kind: "wait", until: undefined, reason: "paused" });
  expect(outcomeOf(new NotReadyError("not settled", { retryAt: at }))).toMatchObject({ kind: "wait", until: at });
  expect(outcomeOf(new BudgetError("statuses.create", new Date(at)))).toMatchObject({ kind: "wait", until: at });
  expect(outcomeOf(new NetworkError("cut", "cut", true))).toMatchObject({ kind: "wait", until: undefined });
  expect(outcomeOf(new ServerRefusedError("statuses.create", 502, "<html>"))).toMatchObject({ kind: "wait" });
});

test("everything else is a failed attempt", () => {
  const errors = [
    new ServerRefusedError("statuses.create", 422, { error: "too long" }),
    new ScopeError("statuses.create", "write:statuses"),
    new ReplayMismatchError("statuses.create"),
    new UncertainOutcomeError("accounts.follow"),
    new TypeError("undefined is not a function"),
  ];
  for (const error of errors) expect(outcomeOf(error)).toEqual({ kind: "failed", reason: error.message, error });
  expect(outcomeOf("just a text")).toMatchObject({ kind: "failed", reason: "just a text" });
  expect(outcomeOf(undefined)).toMatchObject({ kind: "failed" });
});

test("five attempts in about an hour", () => {
  const delays: number[] = [];
  for (let delay = retryDelayMs(1); delay !== undefined; delay = retryDelayMs(delays.length + 1)) delays.push(delay);
  expect(delays).toHaveLength(4);
  expect(delays).toEqual(delays.toSorted((a, b) => a - b));
  const total = delays.reduce((sum, delay) => sum + delay, 0);
  expect(Math.abs(total - 60 * 60_000)).toBeLessThan(10 * 60_000);
});

test("waits grow to five minutes, spread by half", () => {
  expect([waitDelayMs(0, () => 0), waitDelayMs(0, () => 1)]).toEqual([2_500, 5_000]);
  expect([waitDelayMs(3, () => 0), waitDelayMs(3, () => 1)]).toEqual([20_000, 40_000]);
  expect(waitDelayMs(1_000, () => 1)).toBe(5 * 60_000);
});
