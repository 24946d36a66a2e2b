import { afterEach, beforeEach, expect, test } from "vitest";
import { ReplayMismatchError } from "../../core/errors.js";
import { definePlugin, type Invocation, type Plugin } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { testRedis, type TestRedis } from "../support/redis.js";
import { soon } from "../support/soon.js";
import { riding } from "./accounts.js";
import { closeDesks, failedOf, mention, openDesk, type Desk } from "./desk.js";

let sandbox: Sandbox;
let redis: TestRedis;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "zoe"] });
  redis = testRedis();
});
afterEach(async () => {
  await closeDesks();
  await sandbox.close();
});

/** The feed as each attempt finds it; the first attempt breaks off after its first post. */
const changing = [
  ["a", "b", "c"],
  ["b", "c", "a"],
  ["c", "a", "b"],
  ["a", "b", "c"],
] as const;
const oldest = changing[0];

type Tools = Pick<Invocation<"read" | "write", never>, "client" | "once">;
type Step = (tools: Tools, item: string) => Promise<unknown>;

/** Posts the feed's items; `errors` are what the posts threw, by attempt. */
function poster(read: (tools: Tools, attempt: number) => Promise<readonly string[]>, post: Step): Plugin {
  return definePlugin({
    name: "feed",
    scopes: ["read", "write"],
    setup: ({ on }) =>
      on("notification.mention", async ({ attempt, client, once }) => {
        for (const item of await read({ client, once }, attempt)) {
          await post({ client, once }, item).catch((error: unknown) => {
            errors.push(error);
            throw error;
          });
          if (attempt === 1) throw new Error("the first attempt breaks off");
        }
      }),
  });
}

const errors: unknown[] = [];
beforeEach(() => void errors.splice(0));

const feedAt = async (_: Tools, attempt: number) => changing[attempt - 1] ?? oldest;
const plainly: Step = ({ client }, item) => client.statuses.create({ status: item });

async function run(plugin: Plugin): Promise<Desk> {
  const desk = await openDesk({ redis, sandbox, riders: [riding(plugin)] });
  await desk.deliveries.places.open(async () => "");
  desk.deliveries.offer({ kind: "notification", notification: await mention(sandbox, "go on") });
  return desk;
}

/** What the account has posted, the oldest first. */
async function posts(): Promise<string[]> {
  const id = sandbox.users().find(({ user }) => user === "bot")?.id ?? "";
  const statuses = await sandbox.actAs("bot").accounts.statuses({ id });
  return statuses.map(({ content }) => content.replaceAll(/<[^>]*>/g, "")).toReversed();
}

async function handled({ store }: Desk): Promise<number> {
  return (await store.counts("feed")).handled;
}

test("without keys, an attempt that finds another order is refused, and posts once the order is as it was", async () => {
  const desk = await run(poster(feedAt, plainly));
  await expect.poll(() => handled(desk), soon).toBe(1);
  expect(errors).toEqual([expect.any(ReplayMismatchError), expect.any(ReplayMismatchError)]);
  expect(await posts()).toEqual(["a", "b", "c"]);
});

test("without keys, an order that never comes back ends among what failed, with its reason, and nothing is doubled", async () => {
  const desk = await run(poster(async (_, attempt) => (attempt === 1 ? oldest : changing[1]), plainly));
  await expect.poll(() => failedOf(redis, desk.connection), soon).toHaveLength(1);
  const [failed] = (await desk.store.failed()).records;
  expect(failed?.reason).toContain("this attempt asks for another write than the one before it");
  expect(await posts()).toEqual(["a"]);
});

test("with the author's keys, the next attempt goes on in the new order", async () => {
  const keyed: Step = ({ client }, item) => client.statuses.create({ status: item }, { key: item });
  const desk = await run(poster(feedAt, keyed));
  await expect.poll(() => handled(desk), soon).toBe(1);
  expect([await posts(), errors]).toEqual([["a", "b", "c"], []]);
});

test("with once, the next attempt has the order of the first", async () => {
  const desk = await run(poster((tools, attempt) => tools.once("feed", () => feedAt(tools, attempt)), plainly));
  await expect.poll(() => handled(desk), soon).toBe(1);
  expect([await posts(), errors]).toEqual([["a", "b", "c"], []]);
});
