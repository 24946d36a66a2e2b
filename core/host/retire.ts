import { renewalJob } from "../auth/renewal.js";
import { setClocks, type ClockBook } from "../events/clock.js";
import type { Jobs } from "../jobs/jobs.js";

/** Ends the timers of an account that was taken out of the file. What is stored for it stays. */
export async function retire(jobs: Jobs, book: ClockBook, account: string): Promise<void> {
  await setClocks(jobs, book, account, []);
  await jobs.remove(renewalJob, account);
}
