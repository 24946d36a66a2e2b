import { z } from "zod";
import { defineJob } from "../jobs/jobs.js";
import type { Credentials } from "./vault.js";

/** At which part of its lifetime a token is renewed. */
const renewAtPart = 0.8;
const jitterPart = 0.1;
const reverifyMs = 6 * 60 * 60 * 1_000;
const shortestTurnMs = 1_000;
/** A renewal that is due and did not succeed is tried again after this. */
const retryRenewalMs = 60_000;

/** Comes due when an account's token must be renewed, or its standing asked for again. */
export const renewalJob = defineJob("renewal", z.object({ account: z.string() }));

/** Whether the token should be refreshed now. */
export function renewalDue(credentials: Credentials, now: number): boolean {
  return credentials.refreshToken !== undefined && now >= renewalTime(credentials);
}

/**
 * How long until the account's next turn: a renewal after 80 % of the token's lifetime, a re-verification after six
 * hours, whichever comes first (some servers say a hundred years), with jitter so that accounts that were authorized
 * together do not stay together.
 */
export function nextTurnMs(credentials: Credentials, now: number, random: () => number = Math.random): number {
  const verifyInMs = reverifyMs * (1 - random() * jitterPart);
  const renewInMs = credentials.refreshToken === undefined ? Infinity : renewalInMs(credentials, now, random);
  return renewInMs < verifyInMs ? Math.max(shortestTurnMs, renewInMs) : verifyInMs;
}

function renewalInMs(credentials: Credentials, now: number, random: () => number): number {
  const { expiresAt = Infinity, obtainedAt } = credentials;
  const dueInMs = renewalTime(credentials) - now;
  if (dueInMs <= 0) return retryRenewalMs * (1 + random() * jitterPart);
  // Later, never earlier: a turn before its time would find nothing to renew.
  return dueInMs + random() * jitterPart * (expiresAt - obtainedAt);
}

function renewalTime({ obtainedAt, expiresAt }: Credentials): number {
  return expiresAt === undefined ? Infinity : obtainedAt + renewAtPart * (expiresAt - obtainedAt);
}
