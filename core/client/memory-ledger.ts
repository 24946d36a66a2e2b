import type { CallName } from "../mastodon/operations.js";
import type { Admission, Claim, InvocationTrace, Ledger, LedgerEntry, Settled, Settlement } from "./ledger.js";
import { textAt } from "./seen-post.js";

/** What stands in the way of an account's writes. */
export interface Standing {
  epoch: number;
  isPaused: boolean;
}

/** What one invocation left, as JSON: what is read is nobody else's object. */
interface Kept {
  readonly writes: Map<string, string>;
  readonly values: Map<string, string>;
}

/** The ledger of one account in this process' memory: for what need not outlive it. Nothing is forgotten. */
export class MemoryLedger implements Ledger {
  readonly #standing: Readonly<Standing>;
  readonly #invocations = new Map<string, Kept>();
  readonly #created: { readonly operation: CallName; readonly id: string; readonly at: number }[] = [];
  #stragglers = 0;

  /** `standing` may change while the ledger is used. */
  constructor(standing: Readonly<Standing>) {
    this.#standing = standing;
  }

  async trace(invocation: string): Promise<InvocationTrace> {
    const { values, writes } = this.#invocations.get(invocation) ?? nothing();
    return { writes: parsed<LedgerEntry>(writes), values: parsed(values) };
  }

  async traced(invocations: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(invocations.filter((invocation) => this.#invocations.has(invocation)));
  }

  async admit({ again, entry, epoch, invocation, key }: Claim): Promise<Admission> {
    if (this.#standing.isPaused) return "paused";
    if (this.#standing.epoch !== epoch) return "outdated";
    const { writes } = this.#keptOf(invocation);
    const known = parsed<LedgerEntry>(writes).get(key);
    if (known?.state === "done" || (!again && known !== undefined && known.state !== "void")) return "known";
    writes.set(key, JSON.stringify(entry));
    return "admitted";
  }

  async settle({ entry, epoch, invocation, key }: Claim, settlement: Settlement): Promise<Settled> {
    const { result, state, text } = { result: undefined, text: undefined, ...settlement };
    const settled = this.#standing.epoch === epoch ? "in time" : "late";
    if (settled === "late" && state === "done") this.#stragglers += 1;
    // A later owner may have sent it again, or know more.
    if (state !== "done" && this.#keptOf(invocation).writes.get(key) !== JSON.stringify(entry)) return settled;
    const plain = JSON.stringify({ ...entry, state, ...(text === undefined && { result }) });
    // As it came: what a server nests a thousand times over can be read, but not written anew.
    this.#keptOf(invocation).writes.set(key, text === undefined ? plain : `${plain.slice(0, -1)},"result":${text}}`);
    const id = textAt(result, "id");
    if (id !== "") this.#created.push({ operation: entry.operation, id, at: Date.now() });
    return settled;
  }

  async stragglers(): Promise<number> {
    return this.#stragglers;
  }

  /** It keeps no audit. */
  async note(): Promise<void> {}

  async created(operation: CallName, since: number): Promise<ReadonlySet<string>> {
    const made = this.#created.filter((row) => row.operation === operation && row.at >= since);
    return new Set(made.map(({ id }) => id));
  }

  async keep(invocation: string, name: string, value: unknown): Promise<void> {
    this.#keptOf(invocation).values.set(name, JSON.stringify(value ?? null));
  }

  #keptOf(invocation: string): Kept {
    const kept = this.#invocations.get(invocation) ?? nothing();
    this.#invocations.set(invocation, kept);
    return kept;
  }
}

function nothing(): Kept {
  return { writes: new Map(), values: new Map() };
}

function parsed<T>(texts: ReadonlyMap<string, string>): Map<string, T> {
  return new Map([...texts].map(([name, text]) => [name, JSON.parse(text) as T]));
}
