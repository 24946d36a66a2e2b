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

/** What a limit of the server leaves, as its headers say. */
interface Left {
  readonly bucket: string;
  readonly left: number;
  /** In milliseconds since the epoch. */
  readonly resetsAt: number;
}

/** The shortest interval between polls of so many requests that leaves the riders their share of the limit. */
export function leastPollMs(limits: readonly Left[], requests: number, now: number): number {
  const limit = limits.find(({ bucket }) => bucket === "default");
  if (limit === undefined || limit.resetsAt <= now) return 0;
  const polls = Math.max(1, Math.floor((limit.left * pollingShare) / requests));
  return (limit.resetsAt - now) / polls;
}
