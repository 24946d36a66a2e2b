import { expect, onTestFinished, test, vi } from "vitest";
import { RedisLedger } from "../../core/client/redis-ledger.js";
import { keysUnder } from "../../core/store/keys.js";
import { connectRedis } from "../../core/store/redis.js";
import { Keyring } from "../../core/store/seal.js";
import { soon } from "../support/soon.js";
import { crashScene, posting } from "./crash-scene.js";
import { writesChild } from "./writes-child.js";

// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 120_000 });

async function scene(texts: readonly string[]) {
  const made = await crashScene("with keys", texts);
  const redis = await connectRedis({ url: made.settings.redisUrl });
  onTestFinished(() => redis.disconnect());
  const keyring = Keyring.parse(made.settings.key, "the test's key");
  const sent = () => made.sandbox.requests().filter(({ operation }) => operation === "statuses.create").length;
  return { ...made, sent, ledger: new RedisLedger(redis, keysUnder(made.settings.prefix), keyring, "bot") };
}

test("an owner that was stopped with its request on the way is counted when it goes on, and writes nothing more", async () => {
  const { ledger, posts, sandbox, sent, settings } = await scene(["one", "two"]);
  const held = sandbox.addFault({ ...posting, when: "before", action: "hold" });
  const before = await writesChild(settings);
  before.go();
  await expect.poll(() => sandbox.faults().find(({ id }) => id === held)?.held, soon).toBe(1);
  before.signal("SIGSTOP");

  const next = await writesChild(settings);
  next.go();
  expect(await next.ended()).toEqual({ handled: 1, failed: 0 });
  expect([await posts(), await ledger.stragglers()]).toEqual([["one", "two"], 0]);

  sandbox.release(held);
  before.signal("SIGCONT");
  expect(await before.ended()).toEqual({ handled: 1, failed: 0 });
  // The straggler, the same once more, and the second post: of the new owner alone.
  expect(sent()).toBe(3);
  expect([await posts(), await ledger.stragglers()]).toEqual([["one", "two"], 1]);
});

test("one that was stopped between admission and sending repeats what its successor sent, under the same key", async () => {
  const { ledger, posts, sent, settings } = await scene(["one", "two"]);
  const before = await writesChild({ ...settings, pauseAt: "admitted 1" });
  await before.stopped("admitted 1");
  before.signal("SIGSTOP");
  const next = await writesChild(settings);
  next.go();
  expect(await next.ended()).toEqual({ handled: 1, failed: 0 });
  before.signal("SIGCONT");
  before.go();
  expect(await before.ended()).toEqual({ handled: 1, failed: 0 });
  expect(sent()).toBe(3);
  expect([await posts(), await ledger.stragglers()]).toEqual([["one", "two"], 1]);
});
