import type { Redis } from "ioredis";
import { Budget } from "../../core/client/budget.js";
import type { Caller, Outlet } from "../../core/client/call.js";
import { InvocationRecord } from "../../core/client/invocation-record.js";
import { RedisLedger } from "../../core/client/redis-ledger.js";
import { Turns } from "../../core/client/turns.js";
import type { Http } from "../../core/mastodon/http.js";
import { expandScopes } from "../../core/mastodon/scopes.js";
import { keysUnder } from "../../core/store/keys.js";
import { Keyring } from "../../core/store/seal.js";
import { ledgerOf } from "./messages.js";

/** What all accounts of a process share. */
export interface Shared {
  readonly origin: string;
  readonly http: Http;
  readonly redis: Redis;
  readonly keyring: Keyring;
}

/** Of an account that may act, as the host makes it: its own ledger and its own budget. */
export function outletOf({ http, keyring, origin, redis }: Shared, account: string): Outlet {
  return {
    account,
    server: origin,
    personId: "1",
    dryRun: false,
    http,
    ledger: new RedisLedger(redis, keysUnder(ledgerOf.prefix), keyring, account),
    budget: new Budget(),
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
