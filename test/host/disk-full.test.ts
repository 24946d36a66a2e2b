import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Pauses } from "../../core/client/pauses.js";
import { HowdahError } from "../../core/errors.js";
import { definePlugin } from "../../core/plugin.js";
import { keysUnder } from "../../core/store/keys.js";
import { connectRedis } from "../../core/store/redis.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { OwnRedis } from "../support/own-redis.js";
import { refusalKinds, refusalNamed } from "../support/redis-refusals.js";
import { soon } from "../support/soon.js";
import { riding } from "./accounts.js";
import { closeDesks, mention, openDesk, type Desk } from "./desk.js";

let sandbox: Sandbox;
let server: OwnRedis;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "zoe"] });
  server = await OwnRedis.start();
});
afterEach(async () => {
  await closeDesks();
  for (const { connection } of open.splice(0)) connection.disconnect();
  await server.close();
  await sandbox.close();
});

const open: Desk[] = [];
const thrown: unknown[] = [];
beforeEach(() => void thrown.splice(0));

const greeter = definePlugin({
  name: "greeter",
  scopes: ["read", "write"],
  setup: ({ on }) =>
    on("notification.mention", async ({ client, once }) => {
      try {
        const status = await once("text", () => "hello");
        await client.statuses.create({ status });
      } catch (error) {
        thrown.push(error);
        throw error;
      }
    }),
});

async function take(plugin = greeter): Promise<Desk> {
  const { url } = server;
  const keys = keysUnder("full");
  const redis = {
    url,
    address: { url },
    prefix: "full",
    keys,
    env: { REDIS_URL: url, BOT_PREFIX: "full" },
    connect: () => connectRedis({ url }),
  };
  const desk = await openDesk({ redis, sandbox, riders: [riding(plugin)], timing: { storeAgainMs: 20 } });
  open.push(desk);
  await desk.deliveries.places.open(async () => "");
  return desk;
}

const sent = () => sandbox.requests().filter(({ operation }) => operation === "statuses.create").length;

describe.each(refusalKinds)("while Redis stores nothing ($code)", ({ begin, end }) => {
  const fill = ({ connection }: Desk) => begin(connection);
  const makeRoom = ({ connection }: Desk) => end(connection);

  test("nothing is recorded or sent, and nothing is lost when there is room again", async () => {
    const desk = await take();
    await fill(desk);
    const notification = await mention(sandbox, "hi");
    sandbox.clearRequests();
    desk.deliveries.offer({ kind: "notification", notification });
    await expect.poll(() => thrown.length, soon).toBeGreaterThan(0);
    expect(thrown[0]).toBeInstanceOf(HowdahError);
    expect(thrown[0]).toMatchObject({ code: "REDIS_REFUSED" });
    expect(sent()).toBe(0);
    expect(await desk.connection.keys("*invocation*")).toEqual([]);
    await makeRoom(desk);
    await expect.poll(async () => desk.store.counts("greeter"), soon).toEqual({ handled: 1, failed: 0 });
    expect(sent()).toBe(1);
  });

  test("a write whose result finds no room is looked for, and not sent again", async () => {
    const desk = await take();
    Object.assign(desk.outlet, { settledAfterMs: 0 });
    const notification = await mention(sandbox, "hi");
    sandbox.clearRequests();
    const held = sandbox.addFault({ method: "POST", path: "/api/v1/statuses", when: "after", action: "hold" });
    desk.deliveries.offer({ kind: "notification", notification });
    await expect.poll(() => sandbox.faults().find(({ id }) => id === held)?.held, soon).toBe(1);
    await fill(desk);
    sandbox.release(held);
    await expect.poll(() => thrown.length, soon).toBeGreaterThan(0);
    expect(thrown[0]).toMatchObject({ code: "REDIS_REFUSED" });
    await makeRoom(desk);
    await expect.poll(async () => desk.store.counts("greeter"), soon).toEqual({ handled: 1, failed: 0 });
    expect(sent()).toBe(1);
  });
});

test("an account can be paused, and resumed, also while the memory is full", async () => {
  const desk = await take();
  await refusalNamed("OOM").begin(desk.connection);
  const pauses = new Pauses(desk.connection, keysUnder("full"));
  await pauses.pause("bot", { by: "ops@host", reason: "full", forMs: 3_600_000 });
  expect(await pauses.read("bot")).toMatchObject({ pause: { reason: "full" }, leftMs: expect.any(Number) });
  expect(await pauses.resume("bot")).toMatchObject({ reason: "full" });
});

test.each(["MISCONF", "READONLY"])("a pause that cannot be stored is said (%s)", async (code) => {
  const desk = await take();
  await refusalNamed(code).begin(desk.connection);
  const pauses = new Pauses(desk.connection, keysUnder("full"));
  const pausing = pauses.pause("bot", { by: "ops@host", reason: "full", forMs: undefined });
  await expect(pausing).rejects.toMatchObject({ code: "REDIS_REFUSED", message: expect.stringContaining(code) });
  expect(await pauses.read("bot")).toBeUndefined();
});
