import { z } from "zod";
import { defineJob } from "../jobs/jobs.js";
import type { Credentials } from "./vault.js";

/** At which part of its lifetime a token is renewed. */
const renewAtPart = 0.8;
const reverifyMs = 6 * 60 * 60 * 1_000;
/** Some servers say a hundred years, which no timer takes; the job looks again and goes back to sleep. */
const longestSleepMs = 30 * 24 * 60 * 60 * 1_000;

/** Comes due when an account's token must be renewed, or its standing asked for again. */
export const renewalJob = defineJob("renewal", z.object({ account: z.string() }));

/** Whether the token should be refreshed now. */
export function renewalDue(credentials: Credentials, now: number): boolean {
  return credentials.refreshToken !== undefined && now >= renewalTime(credentials);
}

/**
 * How long until the account's next turn: a renewal at 80 % of the token's lifetime, a re-verification every six
 * hours, whichever comes first, with a tenth of jitter so that accounts authorized together do not stay together.
 */
export function nextTurnMs(credentials: Credentials, now: number, random: () => number = Math.random): number {
  const jitter = 1 - random() * 0.1;
  const verifyInMs = reverifyMs * jitter;
  if (credentials.refreshToken === undefined) return verifyInMs;
  const renewInMs = Math.max(1_000, renewalTime(credentials) - now);
  return Math.min(longestSleepMs, verifyInMs, renewInMs);
}

function renewalTime({ obtainedAt, expiresAt }: Credentials): number {
  return expiresAt === undefined ? Infinity : obtainedAt + renewAtPart * (expiresAt - obtainedAt);
}
