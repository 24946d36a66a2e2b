import type { Redis } from "ioredis";
import type { CallName } from "../mastodon/operations.js";
import type { Keys } from "../store/keys.js";
import type { Keyring } from "../store/seal.js";
import { restAfter, type PlaceOf } from "../store/sealed-spot.js";
import { addsAuditLine, auditArgs, auditKey, type AuditLine } from "./audit.js";
import type { Admission, Claim, InvocationTrace, Ledger, LedgerEntry, Settled, Settlement } from "./ledger.js";
import { invocationKey, writePrefix } from "./ledger-keys.js";
import { LuaScript } from "./lua-script.js";
import { pausedKey } from "./pauses.js";
import { textAt } from "./seen-post.js";
import { settledByDefaultMs } from "./settled-after.js";
import { underWayKey, underWayMember } from "./writes-under-way.js";

const keptMs = 30 * 24 * 60 * 60 * 1_000;
/** The audit's places carry Redis' clock, which may differ from this machine's. */
const clockToleranceMs = 60_000;
const longestAddress = 500;
const valuePrefix = "once:";
const stragglersKey = "stragglers";

const admitScript = new LuaScript(`
if redis.call("EXISTS", KEYS[3]) == 1 then return "paused" end
if redis.call("GET", KEYS[2]) ~= ARGV[3] then return "outdated" end
local known = redis.call("HGET", KEYS[1], ARGV[1])
local is_in = function(state) return known and string.find(known, '"state":"' .. state .. '"', 1, true) end
if is_in("done") or (ARGV[4] == "0" and known and not is_in("void")) then return "known" end
local time = redis.call("TIME")
redis.call("ZADD", KEYS[4], time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[7], ARGV[6])
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
redis.call("PEXPIRE", KEYS[1], ARGV[5])
return "admitted"`);

/**
 * What the server answered always counts. That a write took no effect, or that nobody knows, counts for the entry that
 * this is about only: a later owner may have sent it again, or know more. What frees memory comes last: after it, a
 * Redis that is full would not refuse the rest.
 */
const settleScript = new LuaScript(`
local counts = ARGV[3] == "" or redis.call("HGET", KEYS[1], ARGV[1]) == ARGV[3]
local late = redis.call("GET", KEYS[4]) == ARGV[5] and 0 or 1
if counts then
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
${addsAuditLine("KEYS[2]", 6)}
end
if ARGV[3] == "" and late == 1 then redis.call("INCR", KEYS[5]) end
redis.call("ZREM", KEYS[3], ARGV[4])
return late`);

const noteScript = new LuaScript(`${addsAuditLine("KEYS[1]", 1)}
return 1`);

const keepScript = new LuaScript(`
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
redis.call("PEXPIRE", KEYS[1], ARGV[3])
return 1`);

/** An entry as it stands in Redis: the result is sealed, because it may be a private post. */
type StoredEntry = Omit<LedgerEntry, "result"> & { readonly sealedResult?: string };

/** The ledger of one account in Redis: a hash per invocation, the audit as a stream. */
export class RedisLedger implements Ledger {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #keyring: Keyring;
  readonly #account: string;

  constructor(redis: Redis, keys: Keys, keyring: Keyring, account: string) {
    this.#redis = redis;
    this.#keys = keys;
    this.#keyring = keyring;
    this.#account = account;
  }

  async trace(invocation: string): Promise<InvocationTrace> {
    const fields = await this.#redis.hgetall(this.#key(invocation));
    const writes = new Map<string, LedgerEntry>();
    const values = new Map<string, unknown>();
    for (const [field, text] of Object.entries(fields)) {
      if (field.startsWith(writePrefix))
        writes.set(field.slice(writePrefix.length), this.#read(invocation, field, text));
      if (field.startsWith(valuePrefix)) {
        values.set(field.slice(valuePrefix.length), this.#open(invocation, field, text));
      }
    }
    return { writes, values };
  }

  async traced(invocations: readonly string[]): Promise<ReadonlySet<string>> {
    const known = await Promise.all(invocations.map((invocation) => this.#redis.exists(this.#key(invocation))));
    return new Set(invocations.filter((_, index) => known[index] === 1));
  }

  async admit(claim: Claim): Promise<Admission> {
    const keys = [
      this.#key(claim.invocation),
      this.#keys.account(this.#account, "epoch"),
      this.#keys.account(this.#account, pausedKey),
      this.#keys.account(this.#account, underWayKey),
    ];
    const text = this.#write(claim, claim.entry);
    const admission = await admitScript.run(this.#redis, keys, [
      writePrefix + claim.key,
      text,
      claim.epoch,
      claim.again ? 1 : 0,
      keptMs,
      underWayMember(claim),
      claim.mayActForMs ?? settledByDefaultMs,
    ]);
    return admission as Admission;
  }

  async settle(claim: Claim, settlement: Settlement): Promise<Settled> {
    const { invocation, entry } = claim;
    const isDone = settlement.state === "done";
    const text = this.#write(claim, { ...entry, state: settlement.state }, isDone ? jsonOf(settlement) : undefined);
    const line = {
      rider: claim.rider,
      operation: entry.operation,
      invocation,
      outcome: settlement.state,
      reason: isDone ? "" : settlement.reason,
      created: isDone ? textAt(settlement.result, "id") : "",
      params: claim.about,
      url: isDone ? addressIn(settlement.result) : "",
    };
    const keys = [
      this.#key(invocation),
      this.#keys.account(this.#account, auditKey),
      this.#keys.account(this.#account, underWayKey),
      this.#keys.account(this.#account, "epoch"),
      this.#keys.account(this.#account, stragglersKey),
    ];
    const only = isDone ? "" : this.#write(claim, entry);
    const member = underWayMember(claim);
    const args = [writePrefix + claim.key, text, only, member, claim.epoch, ...auditArgs(line)];
    return (await settleScript.run(this.#redis, keys, args)) === 1 ? "late" : "in time";
  }

  async stragglers(): Promise<number> {
    return Number((await this.#redis.get(this.#keys.account(this.#account, stragglersKey))) ?? 0);
  }

  async note(line: AuditLine): Promise<void> {
    await noteScript.run(this.#redis, [this.#keys.account(this.#account, auditKey)], auditArgs(line));
  }

  async created(operation: CallName, since: number): Promise<ReadonlySet<string>> {
    const from = Math.max(0, since - clockToleranceMs);
    const rows = await this.#redis.xrange(this.#keys.account(this.#account, auditKey), from, "+");
    const made = rows.map(([, fields]) => recordOf(fields)).filter((row) => row.get("operation") === operation);
    return new Set(made.flatMap((row) => row.get("created") || []));
  }

  async keep(invocation: string, name: string, value: unknown): Promise<void> {
    const key = this.#key(invocation);
    const field = valuePrefix + name;
    const sealed = this.#keyring.seal(JSON.stringify(value ?? null), this.#place(invocation, field));
    await keepScript.run(this.#redis, [key], [field, sealed, keptMs]);
  }

  #write({ invocation, key }: Claim, plain: Omit<LedgerEntry, "result">, result?: string): string {
    const text = JSON.stringify(plain);
    if (result === undefined) return text;
    const sealed = this.#keyring.seal(result, this.#place(invocation, writePrefix + key));
    // What is sealed holds nothing that JSON would escape: a second pass over it would take longer than the scripts.
    return `${text.slice(0, -1)},"sealedResult":"${sealed}"}`;
  }

  #read(invocation: string, field: string, text: string): LedgerEntry {
    const { sealedResult, ...plain } = JSON.parse(text) as StoredEntry;
    return sealedResult === undefined ? plain : { ...plain, result: this.#open(invocation, field, sealedResult) };
  }

  #open(invocation: string, field: string, sealed: string): unknown {
    return JSON.parse(this.#keyring.open(sealed, this.#place(invocation, field)));
  }

  #place(invocation: string, field: string): string {
    return ledgerPlaceIn(this.#account, invocation, field);
  }

  #key(invocation: string): string {
    return invocationKey(this.#keys, this.#account, invocation);
  }
}

/** The fields of a stream's entry: Redis gives names and values in turn. */
function recordOf(fields: readonly string[]): Map<string, string> {
  const record = new Map<string, string>();
  for (let at = 0; at < fields.length; at += 2) record.set(fields[at] ?? "", fields[at + 1] ?? "");
  return record;
}

/** Where people see what a write made: `url` of posts and files. */
function addressIn(result: unknown): string {
  const url = textAt(result, "url");
  return url.length <= longestAddress && /^https?:/.test(url) ? url : "";
}

/** Undefined where the server answered nothing. */
function jsonOf({ result, text }: Extract<Settlement, { state: "done" }>): string | undefined {
  return text ?? (result === undefined ? undefined : JSON.stringify(result));
}

function ledgerPlaceIn(account: string, invocation: string, field: string): string {
  return `${account} invocation ${invocation} ${field}`;
}

/** The places of results and values, for those who walk over everything that is sealed. */
export const ledgerPlace: PlaceOf = (spot) => {
  const invocation = spot.of === "account" ? restAfter(spot, "invocation") : undefined;
  if (invocation === undefined || spot.field === undefined) return undefined;
  return ledgerPlaceIn(spot.name, invocation, spot.field);
};
