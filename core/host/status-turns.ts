/** How an owner's account stands, to be written down. Never rejects. */
export interface StatusWriter {
  write(): Promise<void>;
}

/** An owner writes at least this often; an older status is a dead owner's. */
const heartbeatMs = 5_000;
/** The accounts of a process do so in so many parts, one after the other. */
const parts = 20;
/** Several changes within this time are one writing. */
const gatherMs = 100;

/**
 * When the accounts of a process write down how they stand. Those of one turn read and write together: a command that
 * leaves alone costs more than all that Redis does for it.
 */
export class StatusTurns {
  readonly #parts = Array.from({ length: parts }, () => new Set<StatusWriter>());
  readonly #changed = new Set<StatusWriter>();
  #next = 0;
  #size = 0;
  #beating: NodeJS.Timeout | undefined;
  #isGathering = false;

  /** From now on it writes from time to time, until it leaves. */
  join(writer: StatusWriter): void {
    if (this.#parts.some((part) => part.has(writer))) return;
    this.#parts[this.#size % parts]?.add(writer);
    this.#size += 1;
    this.#beating ??= setInterval(() => this.#beat(), heartbeatMs / parts);
  }

  /** Something has changed: it is written soon, with all else that changed meanwhile. */
  soon(writer: StatusWriter): void {
    this.#changed.add(writer);
    if (!this.#isGathering) setTimeout(() => this.#writeChanged(), gatherMs);
    this.#isGathering = true;
  }

  /** What has changed is being written. */
  forget(writer: StatusWriter): void {
    this.#changed.delete(writer);
  }

  leave(writer: StatusWriter): void {
    this.forget(writer);
    for (const part of this.#parts) part.delete(writer);
    if (this.#parts.some(({ size }) => size > 0)) return;
    clearInterval(this.#beating);
    this.#beating = undefined;
  }

  #beat(): void {
    this.#next = (this.#next + 1) % parts;
    for (const writer of this.#parts[this.#next] ?? []) void writer.write();
  }

  #writeChanged(): void {
    this.#isGathering = false;
    for (const writer of this.#changed) void writer.write();
  }
}
