import { hash } from "node:crypto";
import { ReplayMismatchError } from "../errors.js";
import type { OperationName } from "../mastodon/operations.js";
import type { InvocationTrace, LedgerEntry } from "./ledger.js";

/**
 * The writes of one attempt of an invocation, matched against what earlier attempts recorded. A write's key is the
 * author's, else operation + digest of the parameters + occurrence.
 */
export class InvocationRecord {
  readonly invocation: string;
  readonly #trace: InvocationTrace;
  readonly #occurrences = new Map<string, number>();
  readonly #unmatched: Set<string>;
  readonly #values: Map<string, unknown>;
  readonly #taken: Set<string>;

  constructor(invocation: string, trace: InvocationTrace) {
    this.invocation = invocation;
    this.#trace = trace;
    this.#values = new Map(trace.values);
    this.#taken = new Set([...trace.writes.values()].flatMap(({ result }) => idOf(result) ?? []));
    this.#unmatched = new Set([...trace.writes.keys()].filter((key) => !isAuthors(key)));
  }

  /** The key of the next such write, counting its occurrence. */
  nextKey(operation: OperationName, params: unknown, authorsKey: string | undefined): string {
    if (authorsKey !== undefined) return `${authorsMark}${operation}#${authorsKey}`;
    const base = `${operation}#${digest(params)}`;
    const occurrence = (this.#occurrences.get(base) ?? 0) + 1;
    this.#occurrences.set(base, occurrence);
    return `${base}#${occurrence}`;
  }

  /**
   * What an earlier attempt recorded under the key. Throws ReplayMismatchError where it recorded nothing there while
   * other writes of it have not come up again: the handler took another way, and would double what it did before.
   */
  recorded(operation: OperationName, key: string): LedgerEntry | undefined {
    const entry = this.#trace.writes.get(key);
    if (entry !== undefined) this.#unmatched.delete(key);
    else if (this.#unmatched.size > 0 && !isAuthors(key)) throw new ReplayMismatchError(operation);
    return entry;
  }

  /**
   * Takes what was found on the server, by its id, as the result of one write. False where it is that of another
   * write of this invocation already: two posts may say the same.
   */
  take(id: string): boolean {
    if (this.#taken.has(id)) return false;
    this.#taken.add(id);
    return true;
  }

  /** What `once` computed under the name, in this attempt or an earlier one; boxed because it may be null. */
  value(name: string): { readonly value: unknown } | undefined {
    return this.#values.has(name) ? { value: this.#values.get(name) } : undefined;
  }

  /** Takes in what `once` computed just now. */
  remember(name: string, value: unknown): void {
    this.#values.set(name, value);
  }

  /** The same for this write over all attempts, and never the same for another account's. */
  idempotencyKey(account: string, server: string, key: string): string {
    return hash("sha256", [account, server, this.invocation, key].join("\n"), "hex").slice(0, 40);
  }
}

const authorsMark = "key:";

function isAuthors(key: string): boolean {
  return key.startsWith(authorsMark);
}

function idOf(result: unknown): string | undefined {
  return typeof result === "object" && result !== null && "id" in result ? String(result.id) : undefined;
}

function digest(params: unknown): string {
  const text = JSON.stringify(params, (_name, value: unknown) =>
    value instanceof Blob ? { type: value.type, size: value.size } : value,
  );
  return hash("sha256", text, "hex").slice(0, 16);
}
