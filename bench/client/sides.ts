import { setFlagsFromString } from "node:v8";
import { Redis } from "ioredis";
import { Agent, request } from "undici";
import type { SideName, Target } from "./messages.js";
import { ledgerOf } from "./messages.js";

/** Makes one call, and takes its answer in as parsed JSON. */
type Call = () => Promise<unknown>;

/** How each side is made; packages are loaded by the side that needs them. */
export const sides: Readonly<Record<SideName, (target: Target) => Promise<Call>>> = {
  "howdah reads": howdahReads,
  "undici reads": undiciReads,
  "masto reads": mastoReads,
  "megalodon reads": megalodonReads,
  "howdah writes": howdahWrites,
  "undici writes": undiciWrites,
};

const token = "token-of-the-bench";
const connections = 16;
const post = { status: "Sun from noon, light wind from the west, 21 degrees.", visibility: "public" } as const;
/** How many posts one event leads to. */
const writesPerInvocation = 3;

/** One long-lived client with the whole outgoing chain. */
async function howdahReads(target: Target): Promise<Call> {
  const { callerOf, createClient, outlet, signal } = await howdah(target);
  const client = createClient<"read:statuses">(outlet, callerOf(signal));
  return async () => client.timelines.home({ limit: 2 });
}

/** Posts as handlers do: a client per invocation, ledger and audit in Redis. */
async function howdahWrites(target: Target): Promise<Call> {
  const { callerOf, createClient, outlet, signal } = await howdah(target);
  let number = 0;
  const next = () => createClient<"write:statuses">(outlet, callerOf(signal, `event-${process.pid}-${number}`));
  let client = next();
  return () => {
    number += 1;
    if (number % writesPerInvocation === 0) client = next();
    return client.statuses.create(post);
  };
}

async function howdah({ origin, redisUrl }: Target) {
  // As bot run does, where all clients live.
  setFlagsFromString("--no-allocation-site-pretenuring");
  const { createClient } = await import("../../core/client/create-client.js");
  const { createHttp } = await import("../../core/mastodon/create-http.js");
  const { connectRedis } = await import("../../core/store/redis.js");
  const { budgets, callerOf, keyring, outletOf } = await import("./outlet.js");
  const http = createHttp({ userAgent: "howdah-bench", connections });
  const redis = await connectRedis({ url: redisUrl });
  const shared = { origin, http, redis, keyring: keyring(), budgets: budgets(redis) };
  const outlet = outletOf(shared, ledgerOf.account);
  return { callerOf, createClient, outlet, signal: new AbortController().signal };
}

async function undiciReads({ origin }: Target): Promise<Call> {
  const dispatcher = new Agent({ connections });
  const headers = { authorization: `Bearer ${token}` };
  const url = `${origin}/api/v1/timelines/home?limit=2`;
  return async () => {
    const { body } = await request(url, { dispatcher, headers });
    return body.json();
  };
}

/** One round trip to Redis before the post, one after it: the least that a ledger needs. */
async function undiciWrites({ origin, redisUrl }: Target): Promise<Call> {
  const dispatcher = new Agent({ connections });
  const redis = new Redis(redisUrl);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  let number = 0;
  return async () => {
    const key = `bench:write:${(number += 1)}`;
    await redis.set(key, "sent");
    const { body } = await request(`${origin}/api/v1/statuses`, {
      dispatcher,
      method: "POST",
      headers: { ...headers, "idempotency-key": key },
      body: JSON.stringify(post),
    });
    const status = await body.json();
    await redis.set(key, "done");
    return status;
  };
}

async function mastoReads({ origin }: Target): Promise<Call> {
  const { createRestAPIClient } = await import("masto");
  const client = createRestAPIClient({ url: origin, accessToken: token });
  return async () => client.v1.timelines.home.list({ limit: 2 });
}

async function megalodonReads({ origin }: Target): Promise<Call> {
  const { Mastodon } = await import("megalodon");
  const client = new Mastodon(origin, token);
  return () => client.getHomeTimeline({ limit: 2 });
}
