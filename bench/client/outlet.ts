import type { Redis } from "ioredis";
import { Budgets } from "../../core/client/budgets.js";
import type { Caller, Outlet } from "../../core/client/call.js";
import { InvocationRecord } from "../../core/client/invocation-record.js";
import { RedisBudgetStore } from "../../core/client/redis-budget-store.js";
import { LeasedBudget } from "../../core/client/leased-budget.js";
import { RedisLedger } from "../../core/client/redis-ledger.js";
import { Turns } from "../../core/client/turns.js";
import type { Http } from "../../core/mastodon/http.js";
import { expandScopes } from "../../core/mastodon/scopes.js";
import { keysUnder } from "../../core/store/keys.js";
import { Keyring } from "../../core/store/seal.js";
import { ledgerOf } from "./messages.js";

/** More than a bench asks for; its server says the same. */
const plenty = 1_000_000_000;
const caps = { riderPerHour: plenty, serverPerHour: plenty };

/** What all accounts of a process share. */
export interface Shared {
  readonly origin: string;
  readonly http: Http;
  readonly redis: Redis;
  readonly keyring: Keyring;
  readonly budgets: Budgets;
}

/** Of an account that may act, as the host makes it: its own ledger and its own budget. */
export function outletOf({ budgets, http, keyring, origin, redis }: Shared, account: string): Outlet {
  return {
    account,
    server: origin,
    personId: "1",
    dryRun: false,
    http,
    ledger: new RedisLedger(redis, keysUnder(ledgerOf.prefix), keyring, account),
    budget: new LeasedBudget(budgets, { name: account, server: origin, share: 0.8, caps }),
    turns: new Turns(),
    epoch: ledgerOf.epoch,
    accessToken: () => "token-of-the-bench",
    tokenRefused: () => {
      throw new Error("the bench's server refuses no token");
    },
    simulated: () => {
      throw new Error("nothing is simulated here");
    },
  };
}

/** Leased and counted as always, only that there is always room: what counting costs is part of what is measured. */
export function budgets(redis: Redis): Budgets {
  const keys = keysUnder(ledgerOf.prefix);
  const windowMs = 5 * 60 * 1_000;
  const limits = { token: { limit: plenty, windowMs }, account: { limit: plenty * 5, windowMs } };
  return new Budgets({ store: new RedisBudgetStore(redis, keys), keys, egress: "bench", limits });
}

/** A rider's caller, for set-up or for one invocation. */
export function callerOf(signal: AbortSignal, invocation?: string): Caller {
  return {
    rider: "weather",
    permitted: expandScopes(["read:statuses", "read:notifications", "write:statuses"]),
    record:
      invocation === undefined ? undefined : new InvocationRecord(invocation, { writes: new Map(), values: new Map() }),
    signal,
    deadline: Infinity,
  };
}

/** A fresh keyring. */
export function keyring(): Keyring {
  return Keyring.parse(Keyring.generate(), "the bench");
}
