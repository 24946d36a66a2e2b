import { compareIds } from "../mastodon/ids.js";

/**
 * How far one rider has come in the notifications of its account: everything up to `position` is handled. Streams
 * lose events, bring them out of order, and miss what happens while they are being subscribed, so the position never
 * passes what catch-ups have listed.
 */
export class Cursor {
  #position: string;
  /** Everything up to here has begun: two catch-ups in a row have passed it. */
  #listed: string;
  /** How far the last catch-up came. A server may show a notification shortly after one with a higher id. */
  #listedOnce: string;
  readonly #begun = new Set<string>();
  readonly #finished = new Set<string>();

  /** From where it stood; `""` is before the first. */
  constructor(position: string) {
    this.#position = position;
    this.#listed = position;
    this.#listedOnce = position;
  }

  get position(): string {
    return this.#position;
  }

  /** Whether the notification is to be handled: not handled yet and not under way. */
  begin(id: string): boolean {
    if (!isPast(id, this.#position) || this.#begun.has(id) || this.#finished.has(id)) return false;
    this.#begun.add(id);
    return true;
  }

  /** The position it would have once this one is handled, for storing in one step with the acknowledgement. */
  after(id: string): string {
    return this.#reached(id);
  }

  /** It is handled, or its retry is stored. */
  finish(id: string): void {
    this.#begun.delete(id);
    this.#finished.add(id);
    this.#advance();
  }

  /** A catch-up from the position has ended: all that the server showed up to `newest` has begun. */
  caughtUp(newest: string): void {
    this.#listed = this.#listedOnce;
    if (isPast(newest, this.#listedOnce)) this.#listedOnce = newest;
    this.#advance();
  }

  #advance(): void {
    const reached = this.#reached();
    if (reached === this.#position) return;
    this.#position = reached;
    for (const id of this.#finished) if (!isPast(id, reached)) this.#finished.delete(id);
  }

  /** As far as was listed, or to the last one that was handled before the first one that was not. */
  #reached(alsoFinished?: string): string {
    if (this.#position === this.#listed) return this.#position;
    let first: string | undefined;
    for (const id of this.#begun) {
      if (id !== alsoFinished && (first === undefined || compareIds(id, first) < 0)) first = id;
    }
    if (first === undefined || isPast(first, this.#listed)) return this.#listed;
    let reached = this.#position;
    for (const id of this.#finished) if (isPast(id, reached) && isPast(first, id)) reached = id;
    if (alsoFinished !== undefined && isPast(alsoFinished, reached) && isPast(first, alsoFinished)) return alsoFinished;
    return reached;
  }
}

/** Whether the id comes after the position. */
function isPast(id: string, position: string): boolean {
  return position === "" || compareIds(id, position) > 0;
}
