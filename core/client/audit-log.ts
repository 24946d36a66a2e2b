import type { Redis } from "ioredis";
import { z } from "zod";
import type { Keys } from "../store/keys.js";
import { auditKeptMs, auditKey, auditOutcomes, type AuditOutcome } from "./audit.js";

/** A line of an audit as it was read. */
export interface AuditEntry {
  readonly account: string;
  /** When it was written, in milliseconds since the epoch. */
  readonly at: number;
  readonly rider: string;
  readonly invocation: string;
  /** Empty for an event that was left out. */
  readonly operation: string;
  /** What the write was about. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly outcome: AuditOutcome;
  readonly reason: string;
  /** Of what the write made; empty where it made nothing. */
  readonly id: string;
  readonly url: string;
}

/** From when to when, in milliseconds since the epoch. */
export interface AuditSpan {
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

const params = z.record(z.string(), z.unknown());
const line = z.object({
  at: z.string().regex(/^\d{1,15}$/),
  rider: z.string(),
  operation: z.string(),
  invocation: z.string(),
  outcome: z.enum(auditOutcomes),
  reason: z.string(),
  created: z.string().default(""),
  url: z.string().default(""),
  params: z
    .string()
    .default("")
    .transform((text, context) => {
      try {
        return params.parse(text === "" ? {} : JSON.parse(text));
      } catch {
        context.addIssue("the parameters are no JSON object");
        return z.NEVER;
      }
    }),
});

/** The audit of one account, read page by page: however long it is, one page is in memory. */
export class AuditLog {
  readonly #redis: Redis;
  readonly #key: string;
  readonly #account: string;
  readonly #pageLength: number;

  constructor(redis: Redis, keys: Keys, account: string, pageLength: number) {
    this.#redis = redis;
    this.#key = keys.account(account, auditKey);
    this.#account = account;
    this.#pageLength = pageLength;
  }

  /** Its lines, the newest first. `onUnreadable` is told of each that is damaged: it is left out. */
  async *entries({ since, until }: AuditSpan, onUnreadable: () => void): AsyncGenerator<AuditEntry, void> {
    const type = await this.#redis.type(this.#key);
    if (type !== "stream") return type === "none" ? undefined : onUnreadable();
    const from = Math.max(since ?? 0, Date.now() - auditKeptMs);
    for (let to = until === undefined ? "+" : String(until); ;) {
      const rows = await this.#redis.xrevrange(this.#key, to, from, "COUNT", this.#pageLength);
      for (const [, fields] of rows) {
        const entry = this.#read(fields);
        if (entry === undefined) onUnreadable();
        else yield entry;
      }
      const oldest = rows.at(-1)?.[0];
      if (oldest === undefined || rows.length < this.#pageLength) return;
      to = `(${oldest}`;
    }
  }

  #read(fields: readonly string[]): AuditEntry | undefined {
    const pairs: [string, string][] = [];
    for (let at = 0; at + 1 < fields.length; at += 2) pairs.push([fields[at] ?? "", fields[at + 1] ?? ""]);
    const read = line.safeParse(Object.fromEntries(pairs));
    if (!read.success) return undefined;
    const { at, created, ...rest } = read.data;
    return { account: this.#account, ...rest, at: Number(at), id: created };
  }
}

/** Several audits as one, the newest first; one line of each is in memory. */
export async function* newestFirst(
  audits: readonly AsyncGenerator<AuditEntry, void>[],
): AsyncGenerator<AuditEntry, void> {
  const heads: { entry: AuditEntry; rest: AsyncGenerator<AuditEntry, void> }[] = [];
  const take = async (rest: AsyncGenerator<AuditEntry, void>) => {
    const { done, value } = await rest.next();
    if (done === true) return;
    // The oldest first: the newest is taken from the end.
    let [low, high] = [0, heads.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((heads[middle]?.entry.at ?? 0) < value.at) low = middle + 1;
      else high = middle;
    }
    heads.splice(low, 0, { entry: value, rest });
  };
  await Promise.all(audits.map(take));
  for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
    yield head.entry;
    await take(head.rest);
  }
}
