import type { Redis } from "ioredis";
import type { CallName } from "../mastodon/operations.js";
import type { Keys } from "../store/keys.js";
import { addsAuditLine, auditArgs, auditKey } from "./audit.js";
import type { LedgerEntry } from "./ledger.js";
import { invocationKey, writePrefix } from "./ledger-keys.js";
import { LuaScript } from "./lua-script.js";

/** Changes a field that is still what was read, and writes a line of the audit. */
const decideScript = new LuaScript(`
if redis.call("HGET", KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[3])
${addsAuditLine("KEYS[2]", 4)}
return 1`);

/** A write of which nobody can say whether the server carried it out. */
export interface UncertainWrite {
  readonly invocation: string;
  readonly operation: CallName;
  /** When it was sent the last time, in milliseconds since the epoch. */
  readonly sentAt: number;
}

/** What a human found out about an uncertain write. */
export type Verdict = "happened" | "did not happen";

/** The uncertain writes of one account's ledger: found, and decided by a human. */
export class UncertainWrites {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #account: string;

  constructor(redis: Redis, keys: Keys, account: string) {
    this.#redis = redis;
    this.#keys = keys;
    this.#account = account;
  }

  /** Those of these invocations, and of all that the audit still knows. */
  async list(invocations: readonly string[] = []): Promise<UncertainWrite[]> {
    const lines = await this.#redis.xrange(this.#keys.account(this.#account, auditKey), "-", "+");
    const audited = lines.flatMap(([, fields]) => uncertainIn(fields) ?? []);
    const all = [...new Set([...invocations, ...audited])];
    const rows = await Promise.all(all.map((invocation) => this.#of(invocation)));
    return rows.flat().map(({ entry, invocation }) => ({
      invocation,
      operation: entry.operation,
      sentAt: entry.admittedAt,
    }));
  }

  /**
   * Decides the uncertain writes of an invocation; answers how many there were. What happened is not sent again, and
   * the handler gets nothing as its result; what did not happen may be sent again by the next attempt.
   */
  async decide(invocation: string, verdict: Verdict): Promise<number> {
    const rows = await this.#of(invocation);
    const state = verdict === "happened" ? "done" : "void";
    const [rider = ""] = invocation.split("/");
    const decided = await Promise.all(
      rows.map(({ entry, field, text }) => {
        const reason = `decided by a human: it ${verdict}`;
        const line = auditArgs({ rider, invocation, operation: entry.operation, outcome: state, reason });
        const keys = [this.#key(invocation), this.#keys.account(this.#account, auditKey)];
        const next = JSON.stringify({ ...entry, state });
        return decideScript.run(this.#redis, keys, [field, text, next, ...line]);
      }),
    );
    return decided.filter((answer) => answer === 1).length;
  }

  async #of(invocation: string) {
    const fields = await this.#redis.hgetall(this.#key(invocation));
    return Object.entries(fields).flatMap(([field, text]) => {
      if (!field.startsWith(writePrefix)) return [];
      const entry = JSON.parse(text) as LedgerEntry;
      return entry.state === "uncertain" ? [{ invocation, field, text, entry }] : [];
    });
  }

  #key(invocation: string): string {
    return invocationKey(this.#keys, this.#account, invocation);
  }
}

/** The invocation of an audit's line about an uncertain write. */
function uncertainIn(fields: readonly string[]): string | undefined {
  const value = (name: string) => fields[fields.findIndex((field, at) => at % 2 === 0 && field === name) + 1];
  return value("outcome") === "uncertain" ? value("invocation") : undefined;
}
