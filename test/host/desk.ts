import "reflect-metadata";
import type { Redis } from "ioredis";
import type { RiderEntry } from "../../core/accounts/account.js";
import { AccountOutlet } from "../../core/host/account-outlet.js";
import { Brake } from "../../core/host/brake.js";
import { Deliveries } from "../../core/host/deliveries.js";
import type { DeliveryTiming } from "../../core/host/delivery-timing.js";
import type { DueRecord } from "../../core/host/delivery-store.js";
import { RedisDeliveryStore } from "../../core/host/redis-delivery-store.js";
import { pluginLog } from "../../core/host/plugin-log.js";
import { Rider } from "../../core/host/rider.js";
import { Pace } from "../../core/auth/pace.js";
import { checkCron } from "../../core/jobs/bullmq-jobs.js";
import { Budgets } from "../../core/client/budgets.js";
import { RedisBudgetStore } from "../../core/client/redis-budget-store.js";
import { createHttp } from "../../core/mastodon/create-http.js";
import type { Notification } from "../../core/mastodon/notification-entities.js";
import type { Plugin } from "../../core/plugin.js";
import type { Sandbox } from "../../sandbox/index.js";
import { tokenFor } from "../sandbox/bot.js";
import type { TestRedis } from "../support/redis.js";
import { accountOf } from "./accounts.js";
import { HandTenure } from "./hand-tenure.js";
import { keptLog, type Line } from "./log-lines.js";
import { keyring } from "./process.js";

/** Where the deliveries of one account are tried out: its riders, its store, its way out. */
export interface Desk {
  readonly deliveries: Deliveries;
  readonly brake: Brake;
  readonly store: RedisDeliveryStore;
  readonly tenure: HandTenure;
  readonly outlet: AccountOutlet;
  readonly riders: readonly Rider[];
  /** The connection of this owner alone. */
  readonly connection: Redis;
  readonly lines: Line[];
}

interface DeskOptions {
  readonly redis: TestRedis;
  readonly sandbox: Sandbox;
  readonly riders: readonly RiderEntry<Plugin>[];
  readonly timing?: Partial<DeliveryTiming>;
}

/** Waits and retries come at once, in tests that do not say otherwise. */
const quick: Partial<DeliveryTiming> = {
  waitDelayMs: () => 20,
  retryDelayMs: (attempts) => [5, 5, 5, 5][attempts - 1],
};

/** Takes the account of the person `bot` over; whoever had it before is an owner of the past. */
export async function openDesk({ redis, riders, sandbox, timing = {} }: DeskOptions): Promise<Desk> {
  const connection = await redis.connect();
  const { keys } = redis;
  const tenure = await HandTenure.take(connection, keys, "bot");
  const { lines, logger } = keptLog();
  const http = createHttp({ userAgent: "howdah test" });
  const account = accountOf("bot", sandbox.url, riders);
  const budgets = new Budgets({ store: new RedisBudgetStore(connection, keys), keys, egress: "default" });
  const outlet = new AccountOutlet(account, tenure, http, connection, keys, keyring, logger, budgets);
  const store = new RedisDeliveryStore(connection, keys, keyring, "bot");
  const id = sandbox.users().find(({ user }) => user === "bot")?.id ?? "";
  const accessToken = await tokenFor(sandbox, "bot", "read write");
  const credentials = { accessToken, refreshToken: undefined, scopes: ["read", "write"], generation: 1 };
  const times = { expiresAt: undefined, obtainedAt: Date.now(), appScopes: undefined };
  outlet.open({ ...credentials, ...times }, id, () => undefined);
  const set = riders.map((entry) => new Rider(entry));
  const logFor = (rider: string) => pluginLog(logger.child({ rider }));
  const facts = { name: "bot", server: sandbox.url, id, username: "bot", timezone: "UTC" };
  for (const rider of set) await rider.setUp(facts, outlet, logFor(rider.name), tenure.signal, checkCron);
  const brake = new Brake(account, tenure, connection, keys, new Pace(), logger);
  await brake.look();
  const deliveries = new Deliveries({
    store,
    outlet,
    brake,
    riders: set,
    tenure,
    logFor,
    onProgress: () => undefined,
    timing: { ...quick, ...timing },
  });
  closing.push(async () => {
    tenure.end();
    await http.close();
  });
  return { deliveries, brake, store, tenure, outlet, riders: set, connection, lines };
}

const closing: (() => Promise<void>)[] = [];

/** Ends what the test opened. */
export async function closeDesks(): Promise<void> {
  await Promise.all(closing.splice(0).map((close) => close()));
}

/** What the server has for the person `bot`, the oldest first. */
export async function notificationsOf(sandbox: Sandbox): Promise<Notification[]> {
  return (await sandbox.actAs("bot").notifications.list({ limit: 80 })).toReversed();
}

/** Mentions the person `bot`; answers the notification that it gets. */
export async function mention(sandbox: Sandbox, text: string, by = "zoe"): Promise<Notification> {
  await sandbox.actAs(by).statuses.create({ status: `@bot ${text}` });
  const newest = (await notificationsOf(sandbox)).at(-1);
  if (newest === undefined) throw new Error("the sandbox notified nobody");
  return newest;
}

/** What the account holds as failed for good. */
export async function failedOf(redis: TestRedis, connection: Redis): Promise<string[]> {
  return connection.hkeys(redis.keys.account("bot", "failed"));
}

/** A tick as it comes to the due list. */
export function tickOf(rider: string, name: string, dueAt: number): DueRecord {
  const event = { kind: "tick", rider, name, dueAt } as const;
  return {
    invocation: `${rider}/tick/${name}/${dueAt}`,
    rider,
    event,
    attempts: 0,
    waits: 0,
    notBefore: 0,
    reason: "",
    since: Date.now(),
  };
}
