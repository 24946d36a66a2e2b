/** A handler or a set-up that runs. */
export interface Watched {
  readonly account: string;
  readonly rider: string;
  /** What it handles, such as `notification.mention`; `set-up` for none. */
  readonly event: string;
  readonly invocation: string;
}

/** So many are watched at once; further ones run unwatched. */
const places = 1_024;
const placeBytes = 512;
const counters = { beats: 0, heap: 1, entered: 2 } as const;
const counterBytes = 4 * Object.keys(counters).length;
const nobody = -1;

/**
 * What the process' threads share: whether the event loop turns, how full the heap is, and what runs. Writing to it costs
 * some microseconds for an event, and a thread can read it while the loop stands still.
 */
export class WatchBoard {
  readonly shared: SharedArrayBuffer;
  readonly #counters: Int32Array;
  readonly #lengths: Int32Array;
  readonly #texts: Buffer;
  readonly #free: number[] = [];

  /** `shared`: of another thread's board; without it, a new one is made. */
  constructor(shared?: SharedArrayBuffer) {
    this.shared = shared ?? new SharedArrayBuffer(counterBytes + places * (4 + placeBytes));
    this.#counters = new Int32Array(this.shared, 0, counterBytes / 4);
    this.#lengths = new Int32Array(this.shared, counterBytes, places);
    this.#texts = Buffer.from(this.shared, counterBytes + places * 4, places * placeBytes);
    if (shared !== undefined) return;
    this.#counters[counters.entered] = nobody;
    for (let place = places - 1; place >= 0; place -= 1) this.#free.push(place);
  }

  /** The loop turns. `heapShare`: how much of the heap that it may have is in use, from 0 to 1. */
  beat(heapShare: number): void {
    this.#counters[counters.heap] = Math.round(heapShare * 1_000);
    Atomics.add(this.#counters, counters.beats, 1);
  }

  get beats(): number {
    return Atomics.load(this.#counters, counters.beats);
  }

  get heapShare(): number {
    return Atomics.load(this.#counters, counters.heap) / 1_000;
  }

  /**
   * Watches `work` until its end, which may be a promise's, and knows for certain that it is the one that runs while its
   * first part does.
   */
  watch<T>(watched: Watched, work: () => T): T {
    const place = this.#free.pop();
    if (place === undefined) return work();
    this.#lengths[place] = this.#write(watched, place * placeBytes);
    const before = this.#counters[counters.entered] ?? nobody;
    Atomics.store(this.#counters, counters.entered, place);
    let working: T | undefined;
    try {
      return (working = work());
    } finally {
      Atomics.store(this.#counters, counters.entered, before);
      const end = () => this.#leave(place);
      if (working instanceof Promise) working.then(end, end);
      else end();
    }
  }

  /** What runs; where it is certain which one keeps the loop, that one alone. */
  running(): Watched[] {
    const entered = Atomics.load(this.#counters, counters.entered);
    if (entered !== nobody) return this.#read(entered);
    return Array.from({ length: places }, (_, place) => place).flatMap((place) => this.#read(place));
  }

  #leave(place: number): void {
    this.#lengths[place] = 0;
    this.#free.push(place);
  }

  #write({ account, event, invocation, rider }: Watched, at: number): number {
    const text = JSON.stringify([account, rider, event, invocation]);
    if (Buffer.byteLength(text) <= placeBytes) return this.#texts.write(text, at, placeBytes);
    // A long id names nothing that its rider's name does not.
    return this.#texts.write(JSON.stringify([account, rider, event.slice(0, 100), ""]), at, placeBytes);
  }

  /** What is being written at this moment is nothing yet. */
  #read(place: number): Watched[] {
    const length = this.#lengths[place] ?? 0;
    if (length === 0) return [];
    try {
      const text = this.#texts.toString("utf8", place * placeBytes, place * placeBytes + length);
      const [account = "", rider = "", event = "", invocation = ""] = JSON.parse(text) as string[];
      return [{ account, rider, event, invocation }];
    } catch {
      return [];
    }
  }
}
