import { afterEach, beforeEach, expect, test } from "vitest";
import { definePlugin, plainText, type Plugin, type Scope } from "../../core/plugin.js";
import { sendWake } from "../../core/host/wake.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { accountOf, riding } from "./accounts.js";
import { mention } from "./desk.js";
import { closeProcesses, FleetProcess } from "./process.js";

let sandbox: Sandbox;
let redis: TestRedis;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "zoe"] });
  redis = testRedis();
});
afterEach(async () => {
  await closeProcesses();
  await sandbox.close();
});

/** A plugin that writes down what it was told in mentions. */
function listener(heard: string[], name = "listener", scopes: readonly Scope[] = ["read:notifications"]): Plugin {
  const setup: Plugin["setup"] = ({ on }) =>
    on("notification.mention", (invocation) => {
      if (!("notification" in invocation)) return;
      const text = plainText(invocation.notification.status?.content ?? "");
      heard.push(text.replace("@bot ", ""));
    });
  return { ...definePlugin({ name, scopes: ["read:notifications"], setup: () => undefined }), scopes, setup };
}

function compose(...plugins: Plugin[]) {
  const account = accountOf(
    "bot",
    sandbox.url,
    plugins.map((plugin) => riding(plugin)),
  );
  return { account, composed: FleetProcess.compose({ redis, accounts: [account] }) };
}

function verifications(): number {
  return sandbox.requests().filter(({ operation }) => operation === "accounts.verifyCredentials").length;
}

async function stateOf(process: FleetProcess): Promise<string | undefined> {
  return (await process.status("bot"))?.state;
}

function streaming(): Promise<unknown> {
  return sandbox.waitForStreams((open) => open.some(({ streams }) => streams.length > 0));
}

test("a token that is revoked: the account waits for its operator, and then handles what it missed", async () => {
  const heard: string[] = [];
  const { account, composed } = compose(listener(heard));
  const process = await composed;
  await process.authorize(account, sandbox, "bot");
  await process.start();
  await streaming();
  await mention(sandbox, "before");
  await expect.poll(() => heard, soon).toEqual(["before"]);
  sandbox.revoke({ user: "bot" });
  await expect.poll(() => stateOf(process), soon).toBe("needs_authorization");
  expect((await process.status("bot"))?.cure).toContain("bot auth bot");
  await mention(sandbox, "in the gap");
  await mention(sandbox, "and another");
  await process.authorize(account, sandbox, "bot");
  await expect.poll(() => heard, soon).toEqual(["before", "in the gap", "and another"]);
  await streaming();
  await mention(sandbox, "after");
  await expect.poll(() => heard.at(-1), soon).toBe("after");
  expect(await stateOf(process)).toBe("ready");
});

test("a server that is away and comes back: the account comes back by itself", async () => {
  const heard: string[] = [];
  const { account, composed } = compose(listener(heard));
  const process = await composed;
  await process.authorize(account, sandbox, "bot");
  sandbox.addFault({ action: "cut", times: 10_000 });
  await process.start();
  await expect.poll(() => stateOf(process), soon).toBe("unreachable");
  sandbox.clearFaults();
  await expect.poll(() => stateOf(process), soon).toBe("ready");
  await streaming();
  await mention(sandbox, "hello again");
  await expect.poll(() => heard, soon).toEqual(["hello again"]);
});

test("an account that is woken again and again does not hammer its server", async () => {
  const { account, composed } = compose(listener([]));
  const process = await composed;
  await process.authorize(account, sandbox, "bot");
  await process.start();
  await expect.poll(() => stateOf(process), soon).toBe("ready");
  sandbox.clearRequests();
  const begunAt = Date.now();
  for (let woken = 0; woken < 150; woken += 1) {
    await sendWake(process.connection, redis.keys, { account: "bot", why: "renewal" });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // One every 250 ms at first, then twice as far apart each time.
  const doublings = Math.ceil(Math.log2((Date.now() - begunAt) / 250 + 1));
  expect(verifications()).toBeGreaterThan(0);
  expect(verifications()).toBeLessThanOrEqual(doublings + 2);
});

test("a rider that waits for scopes is set up once they are granted, and nothing of its time before is lost", async () => {
  const few: string[] = [];
  const many: string[] = [];
  const { account, composed } = compose(listener(few, "few"), listener(many, "many", ["read:notifications", "write"]));
  const process = await composed;
  await process.authorize(account, sandbox, "bot");
  await process.start();
  await streaming();
  await mention(sandbox, "one");
  await expect.poll(() => many, soon).toEqual(["one"]);
  await process.authorize(account, sandbox, "bot", "read:accounts read:notifications");
  await expect.poll(async () => (await process.riderStatus("bot", "many"))?.state, soon).toBe("waiting");
  expect((await process.riderStatus("bot", "many"))?.reason).toContain("write");
  await streaming();
  await mention(sandbox, "two");
  await expect.poll(() => few, soon).toEqual(["one", "two"]);
  expect(many).toEqual(["one"]);
  await process.authorize(account, sandbox, "bot");
  await expect.poll(() => many, soon).toEqual(["one", "two"]);
  await expect.poll(async () => (await process.riderStatus("bot", "many"))?.state, soon).toBe("running");
  expect(few).toEqual(["one", "two"]);
});

test("a rider whose set-up throws is failed and says why; the others run, and it is tried again", async () => {
  const heard: string[] = [];
  let isBroken = true;
  const good = listener(heard, "late");
  const setup: Plugin["setup"] = (given) => {
    if (isBroken) throw new Error("the feed cannot be read");
    return good.setup(given);
  };
  const others: string[] = [];
  const { account, composed } = compose({ ...good, setup }, listener(others, "others"));
  const process = await composed;
  await process.authorize(account, sandbox, "bot");
  await process.start();
  await streaming();
  await expect
    .poll(() => process.riderStatus("bot", "late"), soon)
    .toMatchObject({
      state: "failed",
      reason: "the feed cannot be read",
    });
  await mention(sandbox, "hello");
  await expect.poll(() => others, soon).toEqual(["hello"]);
  isBroken = false;
  await sendWake(process.connection, redis.keys, { account: "bot", why: "renewal" });
  await expect.poll(async () => (await process.riderStatus("bot", "late"))?.state, soon).toBe("running");
  // Its place is its own: what comes from now on is kept for it, also by another process.
  const cursor = redis.keys.account("bot", "cursor");
  await expect.poll(async () => (await process.connection.hget(cursor, "late")) !== null, soon).toBe(true);
  await mention(sandbox, "again");
  await expect.poll(() => heard, soon).toEqual(["again"]);
});

test("at the end clean-ups run in reverse order, a broken one stops none, and the status has no owner", async () => {
  const cleaned: string[] = [];
  const tidy = (name: string, isBroken = false) =>
    definePlugin({
      name,
      setup: () => () => {
        cleaned.push(name);
        if (isBroken) throw new Error("cannot clean up");
      },
    });
  const { account, composed } = compose(tidy("first"), tidy("second", true), tidy("third"));
  const process = await composed;
  await process.authorize(account, sandbox, "bot");
  await process.start();
  await expect.poll(async () => (await process.riderStatus("bot", "third"))?.state, soon).toBe("running");
  await process.stop();
  expect(cleaned).toEqual(["third", "second", "first"]);
  expect(await process.status("bot")).toMatchObject({ owner: null, stream: { connected: false } });
});

test("a second process goes on where the first was let go, and handles what happened between them", async () => {
  const heard: string[] = [];
  const first = compose(listener(heard));
  const before = await first.composed;
  await before.authorize(first.account, sandbox, "bot");
  await before.start();
  await streaming();
  await mention(sandbox, "one");
  await expect.poll(() => heard, soon).toEqual(["one"]);
  await before.stop();
  await mention(sandbox, "two");
  const after = await (await compose(listener(heard)).composed).start();
  await expect.poll(() => heard, soon).toEqual(["one", "two"]);
  await expect.poll(async () => (await after.riderStatus("bot", "listener"))?.handled, soon).toBe(2);
});
