import { hash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ReplayMismatchError } from "../errors.js";
import type { CallName } from "../mastodon/operations.js";
import type { InvocationTrace, LedgerEntry } from "./ledger.js";
import { textAt } from "./seen-post.js";

/** Where a write stands in its invocation. */
export interface WritePlace {
  /** The author's key, else operation + digest of the parameters + occurrence. */
  readonly key: string;
  /** The same for every write that asks for the same, in whatever invocation. */
  readonly subject: string;
  /** What of the key goes into a header. */
  readonly digest: string;
}

/** The writes of one attempt of an invocation, matched against what earlier attempts recorded. */
export class InvocationRecord {
  readonly invocation: string;
  readonly #writes: Map<string, LedgerEntry>;
  readonly #values: Map<string, unknown>;
  /** By subject, the keys of writes that are under way or have succeeded in this attempt. */
  readonly #occupied = new Map<string, Set<string>>();
  readonly #unmatched: Set<string>;
  readonly #underWay = new Map<string, Promise<unknown>>();
  readonly #taken: Set<string>;
  #idempotencyBase: string | undefined;

  constructor(invocation: string, { values, writes }: InvocationTrace) {
    this.invocation = invocation;
    this.#writes = new Map(writes);
    this.#values = new Map(values);
    this.#taken = new Set([...writes.values()].flatMap(({ operation, result }) => entityOf(operation, result) ?? []));
    this.#unmatched = new Set(
      [...writes].filter(([key, { state }]) => !isAuthors(key) && state !== "void").map(([key]) => key),
    );
  }

  /**
   * The place of the next such write. Equal ones are told apart by their occurrence; one that failed gives its place
   * to the next equal one, so that a handler which tries again by itself asks for the same write.
   */
  place(operation: CallName, params: unknown, authorsKey: string | undefined): WritePlace {
    const asked = digest(`${operation}#${textOf(params)}`);
    const subject = `${operation}#${asked}`;
    if (authorsKey !== undefined) {
      const key = `${authorsMark}${operation}#${authorsKey}`;
      return { key, subject, digest: digest(key) };
    }
    const occupied = this.#occupied.get(subject) ?? new Set();
    this.#occupied.set(subject, occupied);
    let occurrence = 1;
    while (occupied.has(`${subject}#${occurrence}`)) occurrence += 1;
    const key = `${subject}#${occurrence}`;
    occupied.add(key);
    return { key, subject, digest: `${asked}-${occurrence}` };
  }

  /** Carries a write out; one under the same key that is under way already gives its outcome to both. */
  share<T>({ key, subject }: WritePlace, write: () => Promise<T>): Promise<T> {
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay as Promise<T>;
    const outcome = write().then(
      (reply) => {
        this.#underWay.delete(key);
        return reply;
      },
      (error: unknown) => {
        this.#underWay.delete(key);
        this.#occupied.get(subject)?.delete(key);
        throw error;
      },
    );
    this.#underWay.set(key, outcome);
    return outcome;
  }

  /**
   * What is recorded under the key. Throws ReplayMismatchError where nothing is, while other writes of an earlier
   * attempt have not come up again: the handler took another way, and would double what it did before. Those that are
   * asked for at the same time may come up in any order.
   */
  async recorded(operation: CallName, key: string): Promise<LedgerEntry | undefined> {
    const entry = this.#writes.get(key);
    this.#unmatched.delete(key);
    if (entry !== undefined || isAuthors(key) || this.#unmatched.size === 0) return entry;
    await nextTurn();
    if (this.#unmatched.size > 0) throw new ReplayMismatchError(operation);
    return undefined;
  }

  /** Takes in how a write of this attempt stands. */
  note(key: string, entry: LedgerEntry): void {
    this.#writes.set(key, entry);
    const entity = entityOf(entry.operation, entry.result);
    if (entity !== undefined) this.#taken.add(entity);
  }

  /**
   * Takes what was found on the server, by its id, as the result of one write. False where it is that of another
   * write of this invocation already: two posts may say the same.
   */
  take(operation: CallName, id: string): boolean {
    if (this.isTaken(operation, id)) return false;
    this.#taken.add(`${operation} ${id}`);
    return true;
  }

  /** Whether an entity is the result of a write of this invocation. */
  isTaken(operation: CallName, id: string): boolean {
    return this.#taken.has(`${operation} ${id}`);
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
  idempotencyKey(account: string, server: string, place: WritePlace): string {
    this.#idempotencyBase ??= hash("sha256", [account, server, this.invocation].join("\n"), "hex").slice(0, 24);
    return `${this.#idempotencyBase}-${place.digest}`;
  }
}

const authorsMark = "key:";

function isAuthors(key: string): boolean {
  return key.startsWith(authorsMark);
}

/** What an operation made: ids of different kinds may be alike. */
function entityOf(operation: CallName, result: unknown): string | undefined {
  const id = textAt(result, "id");
  return id === "" ? undefined : `${operation} ${id}`;
}

function digest(text: string): string {
  return hash("sha256", text, "hex").slice(0, 16);
}

/** Files go by what is known of them at once. */
function textOf(params: unknown): string {
  return JSON.stringify(params, writable) ?? "";
}

function writable(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (!(value instanceof Blob)) return value;
  return { type: value.type, size: value.size, name: "name" in value ? value.name : undefined };
}
