/** At most, below the connections that this process has to a server. */
const usualMost = 10;

interface Lane {
  /** How many may be under way. */
  width: number;
  underWay: number;
  readonly waiting: (() => void)[];
}

/**
 * How many requests of this process may be under way to a server: one at first, one more with each that is answered, up
 * to a bound; one again as soon as one fails. A fleet that starts is no storm, and one whose server is down finds out
 * with one request. One to a process.
 */
export class Pace {
  readonly #most: number;
  readonly #lanes = new Map<string, Lane>();

  constructor(most = usualMost) {
    this.#most = most;
  }

  /** Does the work in its turn; `isGood` says whether the server did well. */
  async run<T>(server: string, work: () => Promise<T>, isGood: (result: T) => boolean): Promise<T> {
    const lane = this.#laneOf(server);
    if (lane.underWay >= lane.width) await new Promise<void>((resolve) => lane.waiting.push(resolve));
    else lane.underWay += 1;
    let wentWell = false;
    try {
      const result = await work();
      wentWell = isGood(result);
      return result;
    } finally {
      lane.width = wentWell ? Math.min(this.#most, lane.width + 1) : 1;
      lane.underWay -= 1;
      this.#letIn(lane);
    }
  }

  #letIn(lane: Lane): void {
    while (lane.underWay < lane.width) {
      const next = lane.waiting.shift();
      if (next === undefined) return;
      lane.underWay += 1;
      next();
    }
  }

  #laneOf(server: string): Lane {
    const known = this.#lanes.get(server);
    if (known !== undefined) return known;
    const lane: Lane = { width: 1, underWay: 0, waiting: [] };
    this.#lanes.set(server, lane);
    return lane;
  }
}
