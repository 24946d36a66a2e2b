import { afterEach, beforeEach, expect, test } from "vitest";
import { definePlugin, plainText, type AccountFacts } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { accountOf, riding } from "./accounts.js";
import { closeProcesses, FleetProcess } from "./process.js";

let sandbox: Sandbox;
let redis: TestRedis;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "cat", "zoe"] });
  redis = testRedis();
});
afterEach(async () => {
  await closeProcesses();
  await sandbox.close();
});

test("two accounts of one process share nothing: token, person, state, events", async () => {
  const facts: AccountFacts[] = [];
  const counter = definePlugin({
    name: "counter",
    scopes: ["read", "write"],
    setup({ account, on }) {
      facts.push(account);
      on("notification.mention", async ({ notification, reply, state }) => {
        const count = Number((await state.get("count")) ?? 0) + 1;
        state.set("count", count);
        await reply(`${account.name} counts ${count}: ${plainText(notification.status.content)}`);
      });
    },
  });
  const accounts = ["bot", "cat"].map((name) => accountOf(name, sandbox.url, [riding(counter)]));
  const process = await FleetProcess.compose({ redis, accounts });
  for (const account of accounts) await process.authorize(account, sandbox, account.name);
  await process.start();
  await sandbox.waitForStreams((open) => open.filter(({ streams }) => streams.length > 0).length === 2);
  const zoe = sandbox.actAs("zoe");
  for (const text of ["@bot one", "@cat two", "@bot three"]) {
    await zoe.statuses.create({ status: text });
  }
  const replies = () =>
    sandbox
      .requests()
      .filter(({ operation }) => operation === "statuses.create")
      .map(({ body, user }) => `${user}: ${String((body as { status?: unknown }).status)}`)
      .toSorted();
  await expect.poll(replies, soon).toHaveLength(3);
  expect(replies()).toEqual([
    "bot: @zoe bot counts 1: @bot one",
    "bot: @zoe bot counts 2: @bot three",
    "cat: @zoe cat counts 1: @cat two",
  ]);
  const ids = sandbox.users().filter(({ user }) => user !== "zoe");
  expect(
    facts.map(({ id, name, username }) => ({ id, name, username })).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  ).toEqual(ids.map(({ id, user }) => ({ id, name: user, username: user })));
});

test("one account that loses its token or its server takes no other along", async () => {
  const heard: string[] = [];
  const elsewhere = await startSandbox({ users: ["cat", "zoe"] });
  const listener = definePlugin({
    name: "listener",
    setup: ({ account, on }) => on("notification.mention", () => void heard.push(account.name)),
  });
  const [bot, cat] = [
    accountOf("bot", sandbox.url, [riding(listener)]),
    accountOf("cat", elsewhere.url, [riding(listener)]),
  ];
  const process = await FleetProcess.compose({ redis, accounts: [bot, cat] });
  await process.authorize(bot, sandbox, "bot");
  await process.authorize(cat, elsewhere, "cat");
  await process.start();
  await sandbox.waitForStreams((open) => open.some(({ streams }) => streams.length > 0));
  await elsewhere.close();
  await sandbox.actAs("zoe").statuses.create({ status: "@bot hello" });
  await expect.poll(() => heard, soon).toEqual(["bot"]);
  expect((await process.status("bot"))?.state).toBe("ready");
});

test("two riders of one plugin on one account have a state and a place each", async () => {
  const counter = definePlugin({
    name: "counter",
    setup: ({ on }) =>
      on("notification.mention", async ({ state }) => {
        state.set("count", Number((await state.get("count")) ?? 0) + 1);
      }),
  });
  const account = accountOf("bot", sandbox.url, [riding(counter, "one"), riding(counter, "two")]);
  const process = await FleetProcess.compose({ redis, accounts: [account] });
  await process.authorize(account, sandbox, "bot");
  await process.start();
  await sandbox.waitForStreams((open) => open.some(({ streams }) => streams.length > 0));
  for (const text of ["@bot one", "@bot two"]) await sandbox.actAs("zoe").statuses.create({ status: text });
  for (const rider of ["one", "two"]) {
    await expect.poll(async () => (await process.riderStatus("bot", rider))?.handled, soon).toBe(2);
    expect(await process.connection.hlen(redis.keys.account("bot", "state", rider))).toBe(1);
  }
});
