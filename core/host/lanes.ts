/** Work that waits for others or runs. */
interface Job {
  readonly work: () => Promise<void>;
  readonly lanes: ReadonlySet<string>;
  /** How many others it still waits for. */
  waitsFor: number;
  readonly followers: Job[];
}

/** Runs work in order within a lane and side by side over lanes, up to a limit. Work may be in several lanes. */
export class Lanes {
  readonly #most: number;
  #limit: number;
  /** The last job of each lane. */
  readonly #tails = new Map<string, Job>();
  readonly #ready = new Set<Job>();
  readonly #idle: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#most = limit;
    this.#limit = limit;
  }

  /** From now on one at a time, and with each that ends one more, up to the limit: what piled up makes no burst. */
  narrow(): void {
    this.#limit = 1;
  }

  /** Queues work, which must not reject. It begins at once where nothing is before it. */
  run(lanes: Iterable<string>, work: () => Promise<void>): void {
    const job: Job = { work, lanes: new Set(lanes), waitsFor: 0, followers: [] };
    for (const lane of job.lanes) {
      const before = this.#tails.get(lane);
      if (before !== undefined) {
        before.followers.push(job);
        job.waitsFor += 1;
      }
      this.#tails.set(lane, job);
    }
    if (job.waitsFor === 0) this.#take(job);
  }

  /** Resolves when nothing is queued or running. */
  async idle(): Promise<void> {
    if (this.#tails.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #take(job: Job): void {
    if (this.#running < this.#limit) this.#start(job);
    else this.#ready.add(job);
  }

  #start(job: Job): void {
    this.#running += 1;
    const end = () => this.#end(job);
    job.work().then(end, end);
  }

  #end(job: Job): void {
    this.#running -= 1;
    if (this.#limit < this.#most) this.#limit += 1;
    for (const lane of job.lanes) if (this.#tails.get(lane) === job) this.#tails.delete(lane);
    // Who has waited for a place goes before who has waited for this lane.
    for (const follower of job.followers) if ((follower.waitsFor -= 1) === 0) this.#ready.add(follower);
    for (const next of this.#ready) {
      if (this.#running >= this.#limit) break;
      this.#ready.delete(next);
      this.#start(next);
    }
    if (this.#tails.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}
