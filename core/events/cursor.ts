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
  readonly #finished: Set<string>;
  #covered: string[] = [];

  /** From where it stood, `""` is before the first, and what was handled beyond it. */
  constructor(position: string, finished: readonly string[] = []) {
    this.#position = position;
    this.#listed = position;
    this.#listedOnce = position;
    this.#finished = new Set(finished.filter((id) => isPast(id, position)));
    this.#covered = finished.filter((id) => !isPast(id, position));
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

  /** Whether it was handled and the position has not passed it: it has to be remembered by its id. */
  isBeyond(id: string): boolean {
    return this.#finished.has(id);
  }

  /** What the position has passed since the last call: it need not be remembered any more. */
  takeCovered(): string[] {
    const covered = this.#covered;
    this.#covered = [];
    return covered;
  }

  #advance(): void {
    const reached = this.#reached();
    if (reached === this.#position) return;
    this.#position = reached;
    for (const id of this.#finished) {
      if (isPast(id, reached)) continue;
      this.#finished.delete(id);
      this.#covered.push(id);
    }
  }

  /** As far as was listed, or to the last one that was handled before the first one that was not. */
  #reached(): string {
    if (this.#position === this.#listed) return this.#position;
    let first: string | undefined;
    for (const id of this.#begun) if (first === undefined || compareIds(id, first) < 0) first = id;
    if (first === undefined || isPast(first, this.#listed)) return this.#listed;
    let reached = this.#position;
    for (const id of this.#finished) if (isPast(id, reached) && isPast(first, id)) reached = id;
    return reached;
  }
}

/** Whether the id comes after the position. */
function isPast(id: string, position: string): boolean {
  return position === "" || compareIds(id, position) > 0;
}
