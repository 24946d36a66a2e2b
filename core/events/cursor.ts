import { compareIds } from "../mastodon/ids.js";

/**
 * How far one rider has come in the notifications of its account: everything up to `position` is handled. Live
 * events may overtake those of a catch-up, so the position stands still while one is under way.
 */
export class Cursor {
  #position: string;
  #isHeld = true;
  readonly #begun = new Set<string>();
  readonly #finished = new Set<string>();

  /** From where it stood; `""` is before the first. It is held until `release`. */
  constructor(position: string) {
    this.#position = position;
  }

  get position(): string {
    return this.#position;
  }

  /** Whether the notification is to be handled: not handled yet and not under way. */
  begin(id: string): boolean {
    if (this.#isPast(id) || this.#begun.has(id) || this.#finished.has(id)) return false;
    this.#begun.add(id);
    return true;
  }

  /** The position it would have once this one is handled, for storing in one step with the acknowledgement. */
  after(id: string): string {
    return this.#isHeld ? this.#position : this.#reached(id);
  }

  /** It is handled, or its retry is stored. */
  finish(id: string): void {
    this.#begun.delete(id);
    this.#finished.add(id);
    this.#advance();
  }

  /** What came meanwhile is being missed: the position stands still. */
  hold(): void {
    this.#isHeld = true;
  }

  /** All that was missed has begun: the position moves again. */
  release(): void {
    this.#isHeld = false;
    this.#advance();
  }

  #advance(): void {
    if (this.#isHeld) return;
    this.#position = this.#reached();
    for (const id of this.#finished) if (this.#isPast(id)) this.#finished.delete(id);
  }

  #reached(alsoFinished?: string): string {
    const unfinished = [...this.#begun].filter((id) => id !== alsoFinished);
    const finished = alsoFinished === undefined ? [...this.#finished] : [...this.#finished, alsoFinished];
    return finished
      .filter((id) => unfinished.every((other) => compareIds(id, other) < 0))
      .reduce((highest, id) => (later(id, highest) ? id : highest), this.#position);
  }

  #isPast(id: string): boolean {
    return !later(id, this.#position);
  }
}

function later(id: string, position: string): boolean {
  return position === "" || compareIds(id, position) > 0;
}
