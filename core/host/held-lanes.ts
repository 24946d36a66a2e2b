import type { DueRecord } from "./delivery-store.js";

/** The lanes of strict riders that an event on the due list holds up: what comes later has to wait behind it. */
export class HeldLanes {
  #held: Map<string, { lanes: readonly string[]; reading: number }> | undefined;
  #reading = 0;

  /** An event came to the due list. */
  hold({ invocation, rider }: DueRecord, lanes: readonly string[]): void {
    if (lanes.length === 0) return;
    this.#held ??= new Map();
    this.#held.set(invocation, { lanes: named(rider, lanes), reading: this.#reading });
  }

  /** It has left the list. */
  free(invocation: string): void {
    this.#held?.delete(invocation);
  }

  get isEmpty(): boolean {
    return this.#held === undefined || this.#held.size === 0;
  }

  /** The list is going to be read: what comes to it from now on may not be among what is read. */
  beginReading(): void {
    this.#reading += 1;
  }

  /** What the list held. */
  haveRead(records: readonly DueRecord[], lanesOf: (record: DueRecord) => readonly string[]): void {
    for (const [invocation, { reading }] of this.#held ?? []) if (reading < this.#reading) this.free(invocation);
    for (const record of records) this.hold(record, lanesOf(record));
  }

  /** Whether another event than this one holds one of the lanes. */
  isHeld({ invocation, rider }: DueRecord, lanes: readonly string[]): boolean {
    if (this.#held === undefined || this.#held.size === 0 || lanes.length === 0) return false;
    const wanted = named(rider, lanes);
    for (const [holder, { lanes: held }] of this.#held) {
      if (holder !== invocation && held.some((lane) => wanted.includes(lane))) return true;
    }
    return false;
  }
}

function named(rider: string, lanes: readonly string[]): string[] {
  return lanes.map((lane) => `${rider}/${lane}`);
}
