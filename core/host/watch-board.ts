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
/** Stands behind each word of a place. No name holds it. */
const wordEnd = "\0";
/** A place's stamp holds the length of its text below this, and above it which writing it was. */
const stampUnit = 1_024;

/**
 * What the process' threads share: whether the event loop turns, how full the heap is, and what runs. Each event
 * is written to it, as few bytes as can be, and a thread can read it while the loop stands still.
 */
export class WatchBoard {
  readonly shared: SharedArrayBuffer;
  readonly #counters: Int32Array;
  /** 0: nothing runs there, or it is being written. */
  readonly #stamps: Int32Array;
  readonly #texts: Buffer;
  readonly #free: number[] = [];
  #writings = 0;

  /** `shared`: of another thread's board; without it, a new one is made. */
  constructor(shared?: SharedArrayBuffer) {
    this.shared = shared ?? new SharedArrayBuffer(counterBytes + places * (4 + placeBytes));
    this.#counters = new Int32Array(this.shared, 0, counterBytes / 4);
    this.#stamps = new Int32Array(this.shared, counterBytes, places);
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
    this.#write(watched, place);
    const before = this.#counters[counters.entered] ?? nobody;
    Atomics.store(this.#counters, counters.entered, place);
    let working: T | undefined;
    try {
      return (working = work());
    } finally {
      Atomics.store(this.#counters, counters.entered, before);
      if (working instanceof Promise) this.#leaveAfter(working, place);
      else this.#leave(place);
    }
  }

  /** What runs; where it is certain which one keeps the loop, that one alone. */
  running(): Watched[] {
    const entered = Atomics.load(this.#counters, counters.entered);
    if (entered !== nobody) return this.#read(entered);
    return Array.from({ length: places }, (_, place) => place).flatMap((place) => this.#read(place));
  }

  #leaveAfter(working: Promise<unknown>, place: number): void {
    const leave = () => this.#leave(place);
    working.then(leave, leave);
  }

  #leave(place: number): void {
    Atomics.store(this.#stamps, place, 0);
    this.#free.push(place);
  }

  /** What has no room is cut off. */
  #write({ account, event, invocation, rider }: Watched, place: number): void {
    const text = account + wordEnd + rider + wordEnd + event + wordEnd + invocation + wordEnd;
    const length = this.#texts.write(text, place * placeBytes, placeBytes);
    this.#writings = (this.#writings + 1) % stampUnit;
    Atomics.store(this.#stamps, place, this.#writings * stampUnit + length);
  }

  /** What is written anew while it is read is nothing. */
  #read(place: number): Watched[] {
    const stamp = Atomics.load(this.#stamps, place);
    const start = place * placeBytes;
    const text = this.#texts.toString("utf8", start, start + (stamp % stampUnit));
    if (stamp === 0 || Atomics.load(this.#stamps, place) !== stamp) return [];
    const [account = "", rider = "", event = "", ...last] = text.split(wordEnd);
    // An id that was cut off names nothing that its rider's name does not.
    return [{ account, rider, event, invocation: last.length > 1 ? (last[0] ?? "") : "" }];
  }
}
