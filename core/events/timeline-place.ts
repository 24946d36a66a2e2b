import { compareIds } from "../mastodon/ids.js";
import { RecentKeys } from "./recent.js";
import { UnderWay } from "./under-way.js";

/** More than a stream brings in the time of one catch-up. */
const rememberedPosts = 1_000;

/**
 * How far one rider has come in one timeline. Up to `mark`, catch-ups have listed everything and it is handled; what
 * was handled beyond it, or comes late below it, is known by the set of posts that the store remembers.
 */
export class TimelinePlace {
  /** The post at which the rider began: nothing up to it is ever read again. */
  readonly floor: string;
  #mark: string;
  readonly #underWay = new UnderWay();
  /** What was handled of late: whether the store remembers it already may have been asked before it did. */
  readonly #handled = new RecentKeys(rememberedPosts);
  /** The last of all that have begun, by length and then by text. */
  #last = "";
  /** What the mark becomes once these are handled. */
  #next: { readonly mark: string; readonly left: Set<string> } | undefined;

  constructor({ mark, floor }: { readonly mark: string; readonly floor: string }) {
    this.#mark = mark;
    this.floor = floor;
  }

  get mark(): string {
    return this.#mark;
  }

  /** Whether a catch-up may offer the post, if the store does not remember it. */
  isPastFloor(id: string): boolean {
    return this.floor === "" || compareIds(id, this.floor) > 0;
  }

  /** False: the post is under way already, or was handled of late. */
  begin(id: string): boolean {
    if (!this.#isBeyondAll(id) && (this.#underWay.has(id) || this.#handled.has(id))) return false;
    this.#underWay.begin(id);
    return true;
  }

  /** So is nearly all that streams bring. What is beyond all that have begun is none of them, in whatever order. */
  #isBeyondAll(id: string): boolean {
    const isBeyond = id.length > this.#last.length || (id.length === this.#last.length && id > this.#last);
    if (isBeyond) this.#last = id;
    return isBeyond;
  }

  /** The mark that it would have once this post is handled, for storing in one step with the acknowledgement. */
  after(id: string): string {
    const next = this.#next;
    return next?.left.size === 1 && next.left.has(id) ? next.mark : this.#mark;
  }

  /** It is handled, or its retry is stored. */
  finish(id: string): void {
    this.#mark = this.after(id);
    this.#underWay.end(id);
    this.#handled.add(id);
    this.#next?.left.delete(id);
    if (this.#next?.left.size === 0) this.#next = undefined;
  }

  /** A catch-up has offered everything from the mark up to `newest`. */
  caughtUp(newest: string): void {
    if (newest === "" || (this.#mark !== "" && compareIds(newest, this.#mark) <= 0)) return;
    if (this.#underWay.size === 0) this.#mark = newest;
    else this.#next = { mark: newest, left: this.#underWay.ids() };
  }
}
