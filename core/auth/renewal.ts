import { z } from "zod";
import { defineJob } from "../jobs/jobs.js";
import type { Credentials } from "./vault.js";

/** At which part of its lifetime a token is renewed at the latest. */
const renewAtPart = 0.8;
const hourMs = 60 * 60 * 1_000;
const reverifyMs = 6 * hourMs;
const shortestTurnMs = 1_000;
/** How far a moment may be put off so that it does not come at once: a part of the longest wait. */
const slackPart = 1 / 16;
/** Multiples of it, cut to their fraction, lie evenly between 0 and 1, however many there are. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/** Comes due when an account's token must be renewed, or its standing asked for again. */
export const renewalJob = defineJob("renewal", z.object({ account: z.string() }));

/**
 * When an account with this slot comes again, at most `longestMs` after `from`: the last moment of its phase. The phase
 * is the slot's own part of a period, so that accounts stay spread however many start at once, and an account that
 * kept a moment finds the next one a whole period later.
 */
export function spreadMoment(from: number, longestMs: number, slot: number): number {
  const slackMs = longestMs * slackPart;
  const periodMs = longestMs - slackMs;
  const phaseMs = ((slot * goldenRatio) % 1) * periodMs;
  const last = Math.floor((from + periodMs - phaseMs) / periodMs) * periodMs + phaseMs;
  return last - from < slackMs ? last + periodMs : last;
}

/** When the token is to be renewed, in milliseconds of its server: after 80 % of its lifetime at the latest. */
export function renewalMoment({ expiresAt, obtainedAt, refreshToken }: Credentials, slot: number): number {
  const lifetimeMs = (expiresAt ?? Infinity) - obtainedAt;
  if (refreshToken === undefined || !Number.isFinite(lifetimeMs)) return Infinity;
  return lifetimeMs <= 0 ? obtainedAt : spreadMoment(obtainedAt, renewAtPart * lifetimeMs, slot);
}

/** Whether the token should be refreshed now, by its server's clock. */
export function renewalDue(credentials: Credentials, slot: number, now: number): boolean {
  return now >= renewalMoment(credentials, slot);
}

/**
 * How long until the account's next turn: its token's renewal, or a re-verification within six hours, whichever comes
 * first (some servers say a hundred years).
 */
export function nextTurnMs(credentials: Credentials, slot: number, now: number): number {
  const verifyInMs = spreadMoment(now, reverifyMs, slot) - now;
  const dueInMs = renewalMoment(credentials, slot) - now;
  const renewInMs = dueInMs > 0 ? dueInMs : againInMs(credentials, slot);
  return Math.max(shortestTurnMs, Math.min(verifyInMs, renewInMs));
}

/** A renewal that is due and did not succeed is tried again a few times before the token ends. */
function againInMs({ expiresAt = Infinity, obtainedAt }: Credentials, slot: number): number {
  const partMs = Math.min(reverifyMs, Math.max(60_000, (expiresAt - obtainedAt) / 20));
  return partMs * (1 - ((slot * goldenRatio) % 1) / 10);
}
