/** Between two polls, in milliseconds: after something happened, and when nothing does for long. */
export interface PollTiming {
  readonly pollFastestMs: number;
  readonly pollSlowestMs: number;
}

const slowerEachTime = 1.5;
/** Of what the server's limit leaves, this share may go into polling; the rest is for the riders. */
const pollingShare = 0.5;

/** The next interval: short after activity, longer each time that nothing was new. */
export function nextPollMs(lastMs: number, wasActive: boolean, timing: PollTiming): number {
  return wasActive ? timing.pollFastestMs : Math.min(timing.pollSlowestMs, lastMs * slowerEachTime);
}

/** What a limit of the server leaves. */
interface Left {
  readonly bucket: string;
  readonly left: number;
  /** In milliseconds since the epoch. */
  readonly resetsAt: number;
}

/** The limits that every request counts in. */
const general: readonly string[] = ["token", "account", "address"];

/** The shortest interval between polls of so many requests that leaves the riders their share of every limit. */
export function leastPollMs(limits: readonly Left[], requests: number, now: number): number {
  const intervals = limits
    .filter(({ bucket, resetsAt }) => general.includes(bucket) && resetsAt > now)
    .map(({ left, resetsAt }) => (resetsAt - now) / Math.max(1, Math.floor((left * pollingShare) / requests)));
  return Math.max(0, ...intervals);
}
