import type { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { Budgets } from "../../core/client/budgets.js";
import type { Caller, Outlet } from "../../core/client/call.js";
import type { Client } from "../../core/client/client.js";
import { createClient } from "../../core/client/create-client.js";
import { InvocationRecord } from "../../core/client/invocation-record.js";
import { RedisBudgetStore } from "../../core/client/redis-budget-store.js";
import { LeasedBudget } from "../../core/client/leased-budget.js";
import { RedisLedger } from "../../core/client/redis-ledger.js";
import { Turns } from "../../core/client/turns.js";
import { createHttp } from "../../core/mastodon/create-http.js";
import type { LimitBucket } from "../../core/mastodon/limits.js";
import type { OperationName } from "../../core/mastodon/operations.js";
import { expandScopes, type Scope } from "../../core/mastodon/scopes.js";
import { Keyring } from "../../core/store/seal.js";
import { startSandbox, type Sandbox, type SandboxOptions } from "../../sandbox/index.js";
import { tokenFor } from "../sandbox/bot.js";
import { testRedis, type TestRedis } from "../support/redis.js";

const account = "newsbot";
const everything: readonly Scope[] = ["read", "write", "push", "profile", "admin:read", "admin:write"];

/** An account that is ready: its way out, and the server behind it. */
export interface Bot {
  readonly sandbox: Sandbox;
  readonly outlet: Outlet;
  readonly ledger: RedisLedger;
  readonly redis: Redis;
  readonly corner: TestRedis;
  /** How often the outlet was told that its token is refused. */
  refusals(): number;
  /** What a dry run would have done. */
  readonly simulated: string[];
  /** Nothing more of the bucket is given out for so long. */
  hold(bucket: LimitBucket, forMs: number): Promise<void>;
  /** The client of one attempt of an invocation, with all scopes unless told otherwise. */
  attempt(invocation: string, caller?: Partial<Caller>): Promise<Client<Scope>>;
  /** The client of a set-up. */
  setUp(caller?: Partial<Caller>): Client<Scope>;
  /** How the writes of an invocation stand. */
  states(invocation: string): Promise<string[]>;
  /** The requests that carried an operation out, or tried to. */
  calls(operation: OperationName): ReturnType<Sandbox["requests"]>;
  /** What the account has posted, the newest first. */
  posts(): Promise<string[]>;
}

/** Without caps: tests write more than a bot should. */
const budgetOf = (server: string) => ({
  name: account,
  server,
  share: 0.8,
  caps: { riderPerHour: 1_000_000, serverPerHour: 1_000_000 },
});

/** Starts one as alice on a sandbox of its own. */
export async function startBot(options: SandboxOptions = {}, changes: Partial<Outlet> = {}): Promise<Bot> {
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.close());
  return botOn(sandbox, await tokenFor(sandbox, "alice"), changes, options);
}

/** The same where the server, or the way to it, is another one: `changes.server`. */
export async function botOn(
  sandbox: Sandbox,
  token: string,
  changes: Partial<Outlet> = {},
  options: Pick<SandboxOptions, "windowScale"> = {},
): Promise<Bot> {
  const corner = testRedis();
  const redis = await corner.connect();
  const http = createHttp({ userAgent: "howdah-test" });
  onTestFinished(() => http.close());
  const ledger = new RedisLedger(redis, corner.keys, Keyring.parse(Keyring.generate(), "the test's key"), account);
  await redis.set(corner.keys.account(account, "epoch"), 1);
  const store = new RedisBudgetStore(redis, corner.keys);
  const windowScale = options.windowScale ?? 1;
  const budgets = new Budgets({ store, keys: corner.keys, egress: "test", windowScale });
  budgets.serverRuns(sandbox.url, "mastodon");
  const simulated: string[] = [];
  let refusals = 0;
  const outlet: Outlet = {
    account,
    server: sandbox.url,
    personId: sandbox.users().find(({ user }) => user === "alice")?.id ?? "",
    dryRun: false,
    http,
    ledger,
    budget: new LeasedBudget(budgets, budgetOf(sandbox.url)),
    turns: new Turns(),
    settledAfterMs: 0,
    epoch: 1,
    accessToken: () => token,
    tokenRefused: () => (refusals += 1),
    simulated: (rider, operation) => simulated.push(`${rider} ${operation}`),
    ...changes,
  };
  const caller = (more: Partial<Caller>): Caller => ({
    rider: "tester",
    permitted: expandScopes(everything),
    record: undefined,
    signal: new AbortController().signal,
    deadline: Date.now() + 60_000,
    ...more,
  });
  sandbox.clearRequests();
  return {
    sandbox,
    outlet,
    ledger,
    redis,
    corner,
    simulated,
    hold: (bucket, forMs) => store.hold(corner.keys.account(account, "budget", bucket), forMs),
    refusals: () => refusals,
    attempt: async (invocation, more = {}) => {
      const record = new InvocationRecord(invocation, await ledger.trace(invocation));
      return createClient<Scope>(outlet, caller({ record, ...more }));
    },
    setUp: (more = {}) => createClient<Scope>(outlet, caller(more)),
    states: async (invocation) => [...(await ledger.trace(invocation)).writes.values()].map(({ state }) => state),
    calls: (operation) => sandbox.requests().filter((request) => request.operation === operation),
    posts: async () => {
      const statuses = await sandbox.actAs("alice").accounts.statuses({ id: outlet.personId });
      return statuses.map(({ content }) => content.replaceAll(/<[^>]*>/g, ""));
    },
  };
}
