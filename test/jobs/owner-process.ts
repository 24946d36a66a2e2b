/**
 * A process that takes part in ownership, for tests that kill or stop one. Arguments: its name, lockMs,
 * stalledCheckMs, accounts. It writes to the list `${BOT_PREFIX}:log` in Redis, one JSON line per thing that happens.
 */
import { createOwnership } from "../../core/jobs/bullmq-ownership.js";
import type { Tenure } from "../../core/jobs/ownership.js";
import { keysUnder } from "../../core/store/keys.js";
import { connectRedis } from "../../core/store/redis.js";

const [name = "", lockMs = "", stalledCheckMs = "", ...accounts] = process.argv.slice(2);
const address = { url: process.env["REDIS_URL"] ?? "" };
const prefix = process.env["BOT_PREFIX"] ?? "";
const redis = await connectRedis(address);

const write = (happened: string, { account, epoch }: Tenure, at = Date.now()) =>
  redis.rpush(`${prefix}:log`, JSON.stringify({ name, happened, account, epoch, at }));

/** Holds until asked to let go. Notes when the lock was last seen to be valid and how often it was valid once it was not. */
async function hold(tenure: Tenure): Promise<void> {
  await write("hold", tenure);
  let lastValid = 0;
  let sawInvalid = false;
  const watch = setInterval(() => {
    const at = Date.now();
    if (!tenure.isValid()) {
      if (!sawInvalid) void write("last valid", tenure, lastValid);
      sawInvalid = true;
    } else if (sawInvalid) void write("valid again", tenure);
    else lastValid = at;
  }, 1);
  await new Promise((resolve) => tenure.signal.addEventListener("abort", resolve, { once: true }));
  await write("abort", tenure);
  // An owner that is slow to let go: its right to act is watched meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 300));
  clearInterval(watch);
}

const log = { warn: () => {}, error: console.error };
const ownership = createOwnership({
  address,
  redis,
  keys: keysUnder(prefix),
  prefix,
  log,
  lockMs: Number(lockMs),
  stalledCheckMs: Number(stalledCheckMs),
});

process.once("SIGTERM", () => {
  void ownership.stop().then(() => redis.disconnect());
});
await ownership.start(accounts, hold);
