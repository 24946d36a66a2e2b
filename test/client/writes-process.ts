/**
 * One process that owns an account whose plugin answers a mention with several posts, for tests that kill it: its
 * settings come as JSON in the first argument. Says `ready` and waits for a line; stops for good where it is told to,
 * and says so; else it ends with what became of the event as JSON.
 */
import "reflect-metadata";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { Pace } from "../../core/auth/pace.js";
import { Budgets } from "../../core/client/budgets.js";
import type { Outlet } from "../../core/client/call.js";
import { LeasedBudget } from "../../core/client/leased-budget.js";
import { RedisBudgetStore } from "../../core/client/redis-budget-store.js";
import { RedisLedger } from "../../core/client/redis-ledger.js";
import { Turns } from "../../core/client/turns.js";
import { Brake } from "../../core/host/brake.js";
import { Deliveries } from "../../core/host/deliveries.js";
import { pluginLog } from "../../core/host/plugin-log.js";
import { RedisDeliveryStore } from "../../core/host/redis-delivery-store.js";
import { Rider } from "../../core/host/rider.js";
import { createHttp } from "../../core/mastodon/create-http.js";
import type { Answer, Http, HttpRequest } from "../../core/mastodon/http.js";
import { definePlugin } from "../../core/plugin.js";
import { keysUnder } from "../../core/store/keys.js";
import { connectRedis } from "../../core/store/redis.js";
import { Keyring } from "../../core/store/seal.js";
import { riding } from "../host/accounts.js";
import { HandTenure } from "../host/hand-tenure.js";
import type { WritesEnded, WritesProcessSettings, WriteStep } from "./writes-child.js";

const settings = JSON.parse(process.argv[2] ?? "{}") as WritesProcessSettings;
const account = "bot";

/** Which post the handler is at, from 1. */
const at = { post: 0 };

/** Comes back from one step when it is told to go on, and never from the one at which this process is to be killed. */
async function reached(step: WriteStep): Promise<void> {
  if (settings.pauseAt === step) {
    process.stdout.write(`${step}\n`);
    await once(process.stdin, "data");
  }
  if (settings.stopAt !== step) return;
  process.stdout.write(`${step}\n`);
  await new Promise(() => setInterval(() => undefined, 60_000));
}

/** Stops with the answer to a post in hand. */
class StoppingHttp implements Http {
  readonly userAgent = "howdah-test";
  readonly #http = createHttp(this);

  async send(request: HttpRequest): Promise<Answer> {
    const answer = await this.#http.send(request);
    if (request.what === "statuses.create") await reached(`answered ${at.post}`);
    return answer;
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}

/** Stops before a post is recorded, after that, and when its result is. */
class StoppingLedger extends RedisLedger {
  override async admit(...args: Parameters<RedisLedger["admit"]>): ReturnType<RedisLedger["admit"]> {
    await reached(`asking ${at.post}`);
    const admission = await super.admit(...args);
    await reached(`admitted ${at.post}`);
    return admission;
  }

  override async settle(...args: Parameters<RedisLedger["settle"]>): ReturnType<RedisLedger["settle"]> {
    const settled = await super.settle(...args);
    await reached(`settled ${at.post}`);
    return settled;
  }
}

/** Stops before it is stored that the event is handled, and after that. */
class StoppingStore extends RedisDeliveryStore {
  override async commit(...[epoch, batch]: Parameters<RedisDeliveryStore["commit"]>): Promise<boolean> {
    const isEnd = batch.counts.size > 0;
    if (isEnd) await reached("ending");
    const isStored = await super.commit(epoch, batch);
    if (isEnd) await reached("acknowledged");
    return isStored;
  }
}

const posting = definePlugin({
  name: "poster",
  scopes: ["read", "write"],
  setup: ({ on }) =>
    on("notification.mention", async ({ client }) => {
      for (const [index, status] of settings.texts.entries()) {
        at.post = index + 1;
        await client.statuses.create({ status });
        await reached(`posted ${at.post}`);
      }
    }),
});

const redis = await connectRedis({ url: settings.redisUrl });
const keys = keysUnder(settings.prefix);
const keyring = Keyring.parse(settings.key, "the test's key");
const http = new StoppingHttp();
const tenure = await HandTenure.take(redis, keys, account);
const store = new StoppingStore(redis, keys, keyring, account);
const budgets = new Budgets({ store: new RedisBudgetStore(redis, keys), keys, egress: "test", limits: {} });
const caps = { riderPerHour: 1_000, serverPerHour: 1_000 };
const outlet: Outlet = {
  account,
  server: settings.server,
  personId: settings.personId,
  dryRun: false,
  http,
  ledger: new StoppingLedger(redis, keys, keyring, account),
  budget: new LeasedBudget(budgets, { name: account, server: settings.server, share: 1, caps }),
  turns: new Turns(),
  settledAfterMs: settings.settledAfterMs,
  epoch: tenure.epoch,
  accessToken: () => settings.token,
  tokenRefused: () => undefined,
  simulated: () => undefined,
};
const rider = new Rider(riding(posting));
const logFor = () => pluginLog(pino({ level: "silent" }));
const timing = { waitDelayMs: () => 5, retryDelayMs: () => undefined, storeAgainMs: 50, gatherMs: 1 };
const deliveries = new Deliveries({
  store,
  outlet,
  brake: new Brake(
    { name: account, server: settings.server },
    tenure,
    redis,
    keys,
    new Pace(),
    pino({ level: "silent" }),
  ),
  riders: [rider],
  tenure,
  logFor,
  onProgress: () => undefined,
  timing,
});

process.stdout.write("ready\n");
await once(process.stdin, "data");
const facts = { name: account, server: settings.server, id: settings.personId, username: account, timezone: "UTC" };
await rider.setUp(facts, outlet, logFor(), tenure.signal, () => undefined);
await deliveries.places.open(async () => "");
// As a session begins: what waits is taken up, and what the server still has is brought again.
await deliveries.takeDue();
deliveries.offer({ kind: "notification", notification: settings.notification });
let ended: WritesEnded = await store.counts("poster");
for (; ended.handled + ended.failed === 0; ended = await store.counts("poster")) await sleep(5);
// Whatever else it would do with the event, it does now.
await deliveries.idle();
process.stdout.write(`${JSON.stringify(await store.counts("poster"))}\n`);
tenure.end();
await http.close();
redis.disconnect();
process.stdin.destroy();
