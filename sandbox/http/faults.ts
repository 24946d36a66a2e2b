import { pathPattern, type PathPattern } from "../operations/routes.js";

/** What happens instead of, or around, the usual answer. */
export type FaultAction =
  | {
      readonly status: number;
      readonly json?: unknown;
      readonly html?: string;
      readonly headers?: Record<string, string>;
    }
  | { readonly delayMs: number }
  | "hold"
  | "cut";

/** A rule for the next requests that fit it. */
export interface FaultRule {
  readonly method?: string;
  /** A path, or one of the table's with `{id}`; without it every path fits. */
  readonly path?: string;
  /** Only requests with a token of this person. */
  readonly user?: string;
  /** How many requests; 1 by default. */
  readonly times?: number;
  /** Before or after the request took effect; before by default. */
  readonly when?: "before" | "after";
  readonly action: FaultAction;
}

/** A rule as it stands. */
export interface FaultState extends FaultRule {
  readonly id: number;
  /** How many requests it still waits for. */
  readonly left: number;
  /** How many requests it holds at the moment. */
  readonly held: number;
}

/** A fault that one request has met. */
export interface MetFault {
  readonly when: "before" | "after";
  readonly action: FaultAction;
  /** Waits until the rule is released; for `hold`. */
  readonly released: () => Promise<void>;
}

interface Kept {
  readonly id: number;
  readonly rule: FaultRule;
  readonly matches: PathPattern;
  readonly waiting: Set<() => void>;
  left: number;
  /** Set by a release: requests that come to be held later are not. */
  isReleased: boolean;
}

/** The rules, in the order in which they were added; a request meets the first that fits. */
export class Faults {
  #kept: Kept[] = [];
  #lastId = 0;

  add(rule: FaultRule): number {
    this.#lastId += 1;
    this.#kept.push({
      id: this.#lastId,
      rule,
      matches: rule.path === undefined ? () => ({}) : pathPattern(rule.path),
      waiting: new Set(),
      left: rule.times ?? 1,
      isReleased: false,
    });
    return this.#lastId;
  }

  list(): FaultState[] {
    return this.#kept.map(({ id, rule, left, waiting }) => ({ ...rule, id, left, held: waiting.size }));
  }

  /** Takes the fault for a request, if one fits; it is used up with that. */
  meet(request: { method: string; path: string; user: string | undefined }): MetFault | undefined {
    const kept = this.#kept.find(
      ({ rule, left, matches }) =>
        left > 0 &&
        (rule.method === undefined || rule.method.toUpperCase() === request.method) &&
        (rule.user === undefined || rule.user === request.user) &&
        matches(request.path) !== undefined,
    );
    if (kept === undefined) return undefined;
    kept.left -= 1;
    return { when: kept.rule.when ?? "before", action: kept.rule.action, released: () => hold(kept) };
  }

  /** Lets held requests go on: of one rule, or of all. */
  release(id?: number): void {
    for (const kept of this.#kept) if (id === undefined || kept.id === id) letGo(kept);
  }

  /** Forgets every rule and lets held requests go on. */
  clear(): void {
    this.release();
    this.#kept = [];
  }
}

function hold(kept: Kept): Promise<void> {
  if (kept.isReleased) return Promise.resolve();
  return new Promise((resolve) => kept.waiting.add(resolve));
}

function letGo(kept: Kept): void {
  kept.isReleased = true;
  for (const resolve of kept.waiting) resolve();
  kept.waiting.clear();
}
