/** Must not reject. Undefined: it came to its end at once. */
type Work = () => Promise<void> | undefined;

/** Work that waits for others or runs. */
interface Job {
  readonly work: Work;
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

  /**
   * Queues work. It begins at once where nothing is before it. False: it has come to its end already. `lanes` are asked
   * for where something else has to know of it.
   */
  run(lanes: () => readonly string[], work: Work): boolean {
    if (this.#tails.size > 0) {
      const job = this.#queue(lanes(), work);
      if (job.waitsFor === 0) this.#ready.add(job);
      this.#startReady();
      return true;
    }
    // Nothing else is there. What ends at once, as most work does, is in no lane at all.
    this.#running += 1;
    const running = work();
    if (running === undefined) this.#makeRoom();
    else this.#follow(this.#queue(lanes(), work), running);
    return running !== undefined;
  }

  /** Resolves when nothing is queued or running. */
  async idle(): Promise<void> {
    if (this.#tails.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #queue(lanes: readonly string[], work: Work): Job {
    const job: Job = { work, lanes: new Set(lanes), waitsFor: 0, followers: [] };
    for (const lane of job.lanes) {
      const before = this.#tails.get(lane);
      if (before !== undefined) {
        before.followers.push(job);
        job.waitsFor += 1;
      }
      this.#tails.set(lane, job);
    }
    return job;
  }

  #startReady(): void {
    for (const job of this.#ready) {
      if (this.#running >= this.#limit) return;
      this.#ready.delete(job);
      this.#running += 1;
      const running = job.work();
      if (running === undefined) this.#end(job);
      else this.#follow(job, running);
    }
  }

  #follow(job: Job, running: Promise<void>): void {
    const end = () => {
      this.#end(job);
      this.#startReady();
    };
    running.then(end, end);
  }

  #end(job: Job): void {
    this.#makeRoom();
    for (const lane of job.lanes) if (this.#tails.get(lane) === job) this.#tails.delete(lane);
    // Who has waited for a place goes before who has waited for this lane.
    for (const follower of job.followers) if ((follower.waitsFor -= 1) === 0) this.#ready.add(follower);
    if (this.#tails.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #makeRoom(): void {
    this.#running -= 1;
    if (this.#limit < this.#most) this.#limit += 1;
  }
}
