import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextTurnMs, renewalDue } from "../../core/auth/renewal.js";
import type { Credentials } from "../../core/auth/vault.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const longestMs = 30 * dayMs;
const hundredYearsMs = 3_153_600_000_000;

function credentials(more: Partial<Credentials>): Credentials {
  return {
    accessToken: "a",
    refreshToken: "r",
    scopes: [],
    expiresAt: undefined,
    obtainedAt: 0,
    appScopes: "read",
    generation: 1,
    ...more,
  };
}

const time = fc.oneof(fc.integer({ min: 0, max: 4_000_000_000_000 }), fc.constant(0));
const expiry = fc.oneof(fc.constant(undefined), time, fc.double(), fc.constant(hundredYearsMs));
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const refreshToken = fc.constantFrom("r", undefined);

describe("the next turn", () => {
  test("is never beyond 30 days, never in the past and always a number", () => {
    fc.assert(
      fc.property(refreshToken, expiry, time, time, chance, (refresh, expiresAt, obtainedAt, now, random) => {
        const turnMs = nextTurnMs(credentials({ refreshToken: refresh, expiresAt, obtainedAt }), now, () => random);
        expect(turnMs).toBeGreaterThan(0);
        expect(turnMs).toBeLessThanOrEqual(longestMs);
        // What `setTimeout` takes at most.
        expect(turnMs).toBeLessThan(2 ** 31);
      }),
      { numRuns: 2_000 },
    );
  });

  test("finds the token due, unless it is only about verifying", () => {
    const lifetime = fc.integer({ min: 10 * minuteMs, max: 5 * hourMs });
    fc.assert(
      fc.property(lifetime, time, chance, (lifetimeMs, obtainedAt, random) => {
        const token = credentials({ obtainedAt, expiresAt: obtainedAt + lifetimeMs });
        const turnMs = nextTurnMs(token, obtainedAt, () => random);
        expect(renewalDue(token, obtainedAt + turnMs)).toBe(true);
        expect(turnMs).toBeLessThan(lifetimeMs);
      }),
    );
  });

  test.each([
    ["a token that does not expire", credentials({})],
    ["a token that cannot be renewed", credentials({ refreshToken: undefined, expiresAt: minuteMs })],
    ["a hundred years", credentials({ expiresAt: hundredYearsMs })],
    ["an expiry that is no number", credentials({ expiresAt: Number.NaN })],
    ["an endless expiry", credentials({ expiresAt: Infinity })],
    ["a clock that was set back", credentials({ obtainedAt: 40 * dayMs, expiresAt: 40 * dayMs + hourMs })],
  ])("verifies within six hours: %s", (_what, token) => {
    expect(nextTurnMs(token, 0, () => 0)).toBe(6 * hourMs);
    expect(nextTurnMs(token, 0, () => 0.999)).toBeLessThan(6 * hourMs);
    expect(nextTurnMs(token, 0, () => 0.999)).toBeGreaterThan(5 * hourMs);
  });

  test("spreads renewals of tokens that were given out together, and none before its time", () => {
    const token = credentials({ expiresAt: hourMs });
    expect(nextTurnMs(token, 0, () => 0)).toBe(48 * minuteMs);
    expect(nextTurnMs(token, 0, () => 0.5)).toBe(51 * minuteMs);
  });

  test("does not hurry after a renewal that failed", () => {
    const token = credentials({ expiresAt: hourMs });
    expect(nextTurnMs(token, 50 * minuteMs, () => 0)).toBe(minuteMs);
    expect(nextTurnMs(token, 2 * hourMs, () => 0)).toBe(minuteMs);
  });
});

test.each([
  ["before 80 % of its lifetime", 79, "r", false],
  ["from 80 % on", 80, "r", true],
  ["after its end", 200, "r", true],
  ["after its end, without a refresh token", 200, undefined, false],
])("a token is due: %s", (_when, now, refresh, isDue) => {
  expect(renewalDue(credentials({ refreshToken: refresh, expiresAt: 100 }), now)).toBe(isDue);
});

test("a token that does not expire is never due", () => {
  expect(renewalDue(credentials({}), hundredYearsMs)).toBe(false);
});
