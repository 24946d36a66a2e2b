import { afterEach, beforeEach, expect, test } from "vitest";
import type { Can, List, Page } from "../../core/client/client.js";
import { newestPosition, notificationsAfter } from "../../core/events/catch-up.js";
import type { Notification } from "../../core/mastodon/notification-entities.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { closeDesks, mention, notificationsOf, openDesk } from "../host/desk.js";
import { createClient } from "../../core/client/create-client.js";
import { expandScopes } from "../../core/mastodon/scopes.js";
import { testRedis } from "../support/redis.js";

let sandbox: Sandbox;
let client: Can<"notifications.list">;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "zoe"] });
  const { outlet, tenure } = await openDesk({ redis: testRedis(), sandbox, riders: [] });
  const caller = { rider: "howdah", record: undefined, signal: tenure.signal, deadline: Infinity };
  client = createClient<"read">(outlet, { ...caller, permitted: expandScopes(["read"]) });
});
afterEach(async () => {
  await closeDesks();
  await sandbox.close();
});

async function mentioned(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 1; number <= count; number += 1) ids.push((await mention(sandbox, `number ${number}`)).id);
  return ids;
}

async function after(position: string, from = client): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of notificationsAfter(from, position)) ids.push(id);
  return ids;
}

function pagesRead(): number {
  return sandbox.requests().filter(({ operation }) => operation === "notifications.list").length;
}

test("what was missed comes oldest first, over several pages", async () => {
  const ids = await mentioned(200);
  expect(await after(ids[9] ?? "")).toEqual(ids.slice(10));
  expect(pagesRead()).toBe(4);
  expect(await after(ids.at(-1) ?? "")).toEqual([]);
});

test("from before the first, all of them come, however many pages they fill", async () => {
  expect(await after("")).toEqual([]);
  const ids = await mentioned(170);
  expect(await after("")).toEqual(ids);
});

test("what happens during the catch-up comes too", async () => {
  const [first, ...more] = await mentioned(3);
  const seen: string[] = [];
  for await (const { id } of notificationsAfter(client, first ?? "")) {
    seen.push(id);
    if (seen.length === 1) more.push((await mention(sandbox, "meanwhile")).id);
  }
  expect(seen).toEqual(more);
});

test("who begins now begins at the newest, or before the first where there is none", async () => {
  expect(await newestPosition(client)).toBe("");
  const ids = await mentioned(2);
  expect(await newestPosition(client)).toBe(ids.at(-1));
});

test("a position whose notification is gone is still a position", async () => {
  const [first, second] = await mentioned(2);
  await sandbox.actAs("bot").notifications.dismiss({ id: first ?? "" });
  expect(await after(first ?? "")).toEqual([second]);
});

test("a server that passes min_id over is not asked for ever", async () => {
  await mentioned(3);
  const all = (await notificationsOf(sandbox)).toReversed();
  const page: Page<Notification> = { items: all, next: async () => undefined, previous: async () => undefined };
  let asked = 0;
  const list = () => {
    asked += 1;
    return Promise.resolve(page) as unknown as List<Notification>;
  };
  expect(await after("0", { notifications: { list } })).toHaveLength(3);
  expect(asked).toBe(2);
});
