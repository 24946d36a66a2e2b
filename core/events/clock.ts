import { z } from "zod";
import { defineJob, type Jobs, type Repeat } from "../jobs/jobs.js";

/** A tick of one rider's clock; whoever takes it puts it on the account's due list. */
export const tickJob = defineJob("tick", z.object({ account: z.string(), rider: z.string(), name: z.string() }));

/** A `cron` or `every` that a rider asked for. */
export interface ClockEntry {
  readonly rider: string;
  readonly name: string;
  readonly repeat: Repeat;
  /** What becomes of ticks that came due while nobody was there. */
  readonly missed?: "last" | "all" | "none";
}

/** Makes exactly these clocks tick for the account: new ones begin, changed ones change, others end. */
export async function setClocks(jobs: Jobs, account: string, clocks: readonly ClockEntry[]): Promise<void> {
  const wanted = new Map(clocks.map((clock) => [idOf(account, clock), clock]));
  for (const id of await jobs.repeated(tickJob)) {
    if (id.startsWith(`${account}/`) && !wanted.has(id)) await jobs.endRepeat(tickJob, id);
  }
  for (const [id, { rider, name, repeat }] of wanted) {
    await jobs.repeat(tickJob, id, repeat, { account, rider, name });
  }
}

function idOf(account: string, { rider, name }: ClockEntry): string {
  return `${account}/${rider}/${name}`;
}
