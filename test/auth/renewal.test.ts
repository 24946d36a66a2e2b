import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextTurnMs, renewalDue, renewalMoment, spreadMoment } from "../../core/auth/renewal.js";
import type { Credentials } from "../../core/auth/vault.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
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
const slots = fc.integer({ min: 1, max: 1_000_000 });
const refreshToken = fc.constantFrom("r", undefined);
const lifetimes = fc.oneof(
  fc.integer({ min: 2 * minuteMs, max: dayMs }),
  fc.integer({ min: dayMs, max: 366 * dayMs }),
  fc.constant(hundredYearsMs),
);

describe("the next turn", () => {
  test("is never beyond six hours, never in the past and always a number", () => {
    fc.assert(
      fc.property(refreshToken, expiry, time, time, slots, (refresh, expiresAt, obtainedAt, now, slot) => {
        const turnMs = nextTurnMs(credentials({ refreshToken: refresh, expiresAt, obtainedAt }), slot, now);
        expect(turnMs).toBeGreaterThanOrEqual(1_000);
        expect(turnMs).toBeLessThanOrEqual(6 * hourMs);
      }),
      { numRuns: 2_000 },
    );
  });

  test("finds the token due, unless it is only about verifying", () => {
    const lifetime = fc.integer({ min: 10 * minuteMs, max: 6 * hourMs });
    fc.assert(
      fc.property(lifetime, time, slots, (lifetimeMs, obtainedAt, slot) => {
        const token = credentials({ obtainedAt, expiresAt: obtainedAt + lifetimeMs });
        const turnMs = nextTurnMs(token, slot, obtainedAt);
        const verifyInMs = spreadMoment(obtainedAt, 6 * hourMs, slot) - obtainedAt;
        expect(renewalDue(token, slot, obtainedAt + turnMs) || turnMs === verifyInMs).toBe(true);
      }),
    );
  });

  test.each([
    ["a token that does not expire", credentials({})],
    ["a token that cannot be renewed", credentials({ refreshToken: undefined, expiresAt: minuteMs })],
    ["a hundred years", credentials({ expiresAt: hundredYearsMs })],
    ["an expiry that is no number", credentials({ expiresAt: Number.NaN })],
    ["an endless expiry", credentials({ expiresAt: Infinity })],
  ])("verifies within six hours, and not at once: %s", (_what, token) => {
    for (let slot = 1; slot < 200; slot += 1) {
      const turnMs = nextTurnMs(token, slot, 5 * dayMs);
      expect(turnMs).toBeLessThanOrEqual(6 * hourMs);
      expect(turnMs).toBeGreaterThan(20 * minuteMs);
    }
  });

  test("does not hurry after a renewal that failed, and comes again before the token ends", () => {
    const hour = credentials({ expiresAt: hourMs });
    const week = credentials({ expiresAt: 7 * dayMs });
    for (let slot = 1; slot < 200; slot += 1) {
      expect(nextTurnMs(hour, slot, 2 * hourMs)).toBeGreaterThan(2 * minuteMs);
      expect(nextTurnMs(hour, slot, 50 * minuteMs)).toBeLessThanOrEqual(3 * minuteMs);
      expect(nextTurnMs(week, slot, 6 * dayMs)).toBeLessThanOrEqual(6 * hourMs);
    }
  });
});

describe("a renewal", () => {
  test("comes after 5 to 80 % of the lifetime, and from the second on after 75 %", () => {
    fc.assert(
      fc.property(lifetimes, time, slots, (lifetimeMs, obtainedAt, slot) => {
        const first = renewalMoment(credentials({ obtainedAt, expiresAt: obtainedAt + lifetimeMs }), slot);
        expect(first - obtainedAt).toBeGreaterThan(0.0499 * lifetimeMs);
        expect(first - obtainedAt).toBeLessThanOrEqual(0.8 * lifetimeMs);
        // The answer took a while, or the clock was set back a little.
        for (const delayMs of [0, 0.02 * lifetimeMs, -0.02 * lifetimeMs]) {
          const again = credentials({ obtainedAt: first + delayMs, expiresAt: first + delayMs + lifetimeMs });
          expect((renewalMoment(again, slot) - first) / lifetimeMs).toBeCloseTo(0.75, 5);
        }
      }),
    );
  });

  test.each([
    ["that has no end", { expiresAt: undefined }],
    ["that cannot be renewed", { expiresAt: hourMs, refreshToken: undefined }],
  ])("never comes for a token %s", (_what, more) => {
    expect(renewalDue(credentials(more), 1, hundredYearsMs)).toBe(false);
  });

  test("is due from its moment on, and after the end", () => {
    const token = credentials({ expiresAt: hourMs });
    const moment = renewalMoment(token, 3);
    expect([moment - 1, moment, 2 * hourMs].map((now) => renewalDue(token, 3, now))).toEqual([false, true, true]);
    expect(renewalDue(credentials({ expiresAt: -5 }), 3, 0)).toBe(true);
  });
});

interface Herd {
  readonly accounts: number;
  /** Of the tokens of each account, cyclic. */
  readonly lifetimesMs: readonly number[];
  /** When each account's first token came. */
  readonly importedAt: (account: number) => number;
  /** The account's slot. */
  readonly slotOf: (account: number) => number;
}

/** The most renewals in one minute after everybody's first cycle, and the mean. */
function crowding({ accounts, importedAt, lifetimesMs, slotOf }: Herd): { most: number; mean: number } {
  const longestMs = Math.max(...lifetimesMs);
  const from = Math.max(...Array.from({ length: accounts }, (_, account) => importedAt(account))) + longestMs;
  const spanMs = Math.min(Math.max(1.6 * longestMs, hourMs), 400 * dayMs);
  const perMinute = new Map<number, number>();
  let count = 0;
  for (let account = 0; account < accounts; account += 1) {
    const lifetimeMs = lifetimesMs[account % lifetimesMs.length] ?? dayMs;
    let now = importedAt(account);
    // Whole cycles at once, up to shortly before what is looked at: nothing but the phase is left of them.
    const skipped = Math.max(0, Math.floor((from - now) / (0.75 * lifetimeMs)) - 3);
    for (let turn = 0; now < from + spanMs; turn += 1) {
      const token = credentials({ obtainedAt: now, expiresAt: now + lifetimeMs });
      now = renewalMoment(token, slotOf(account)) + (turn === 0 ? skipped * 0.75 * lifetimeMs : 0);
      if (now < from || now >= from + spanMs) continue;
      const minute = Math.floor(now / minuteMs);
      perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
      count += 1;
    }
  }
  const most = [...perMinute.values()].reduce((highest, here) => Math.max(highest, here), 0);
  return { most, mean: count / (spanMs / minuteMs) };
}

const start = 1_790_000_000_000;
const imports: Record<string, (account: number) => number> = {
  "all at once": () => start,
  "one in a second": (account) => start + account * 1_000,
  "a thousand a day": (account) => start + Math.floor(account / 1_000) * dayMs,
  "here and there": (account) => start + ((account * 7_919) % 1_009) * 37_000,
};

describe("a herd", { timeout: 120_000 }, () => {
  test.each(Object.keys(imports))("of 10,000 accounts never crowds a minute: imported %s", (name) => {
    const importedAt = imports[name] ?? (() => start);
    for (const lifetimesMs of [[7 * dayMs], [hourMs * 2], [365 * dayMs], [dayMs, 7 * dayMs]]) {
      const { mean, most } = crowding({ accounts: 10_000, lifetimesMs, importedAt, slotOf: (account) => account + 1 });
      expect(most, `${lifetimesMs.join()}: ${most} with ${mean} on average`).toBeLessThanOrEqual(
        Math.max(20, 3 * mean),
      );
    }
  });

  test("never crowds a minute, whatever its size, its lifetimes, its slots and how it was imported", () => {
    const lifetime = fc.integer({ min: 5, max: 365 * 24 * 60 }).map((minutes) => minutes * minuteMs);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.array(lifetime, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...Object.values(imports)),
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 1, max: 5 }),
        (accounts, lifetimesMs, importedAt, firstSlot, gap) => {
          // Very different lifetimes at once make a simulation long and prove nothing more.
          const longest = Math.max(...lifetimesMs);
          fc.pre(lifetimesMs.every((each) => longest / each < 20));
          const slotOf = (account: number) => firstSlot + account * gap;
          const { mean, most } = crowding({ accounts, lifetimesMs, importedAt, slotOf });
          expect(most).toBeLessThanOrEqual(Math.max(20, 3 * mean));
        },
      ),
      { numRuns: 40 },
    );
  });

  test("is verified as evenly: 10,000 accounts that start at once", () => {
    const perMinute = new Map<number, number>();
    for (let slot = 1; slot <= 10_000; slot += 1) {
      const minute = Math.floor(spreadMoment(start, 6 * hourMs, slot) / minuteMs);
      perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
    }
    expect(Math.max(...perMinute.values())).toBeLessThanOrEqual((3 * 10_000) / (6 * 60));
  });
});
