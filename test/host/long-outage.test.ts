import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { auditKey } from "../../core/client/audit.js";
import { definePlugin, plainText } from "../../core/plugin.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { testRedis } from "../support/redis.js";
import { ShiftedClock } from "../support/shifted-clock.js";
import { soon } from "../support/soon.js";
import { accountOf, riding } from "./accounts.js";
import { mention } from "./desk.js";
import { closeProcesses, FleetProcess } from "./process.js";

const hourMs = 60 * 60_000;
const hours = 8;

/** The way to the server: shut, connections are refused, as while it is down. */
class Door {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #server = createServer();
  url = "";

  constructor(behind: string) {
    this.#port = Number(new URL(behind).port);
  }

  async open(): Promise<void> {
    this.#server = createServer((inner) => {
      const outer = connect(this.#port, "127.0.0.1");
      for (const [one, other] of [
        [inner, outer],
        [outer, inner],
      ] as const) {
        this.#sockets.add(one);
        one.on("error", () => other.destroy());
        one.on("close", () => (this.#sockets.delete(one), other.destroy()));
        one.pipe(other);
      }
    });
    this.#server.listen(this.url === "" ? 0 : Number(new URL(this.url).port), "127.0.0.1");
    await once(this.#server, "listening");
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async shut(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

let sandbox: Sandbox;
let door: Door;
let clock: ShiftedClock;
beforeEach(async () => {
  clock = new ShiftedClock();
  sandbox = await startSandbox({ users: ["bot", "zoe"], limits: "off" });
  door = new Door(sandbox.url);
  await door.open();
});
afterEach(async () => {
  await closeProcesses();
  await door.shut();
  await sandbox.close();
  clock.restore();
});

test(
  "eight hours without the server: nothing is given up, all is made up for, once, but for what is too old",
  { timeout: 120_000 },
  async () => {
    const redis = testRedis();
    const fresh: string[] = [];
    let goOn = () => undefined as void;
    const isCutOff = new Promise<void>((resolve) => (goOn = resolve));
    const answering = definePlugin({
      name: "answering",
      scopes: ["read", "write"],
      setup: ({ cron, on }) => {
        on("notification.mention", async ({ client, notification }) => {
          const text = plainText(notification.status.content).replace("@bot ", "");
          if (text === "cut off") await isCutOff;
          await client.statuses.create({ status: `answer to ${text}` });
        });
        cron("bell", "0 * * * *", async ({ client }) => client.statuses.create({ status: "bell" }), {
          jitter: { seconds: 0 },
        });
      },
    });
    const choosy = definePlugin({
      name: "choosy",
      setup: ({ on }) =>
        on("notification.mention", ({ notification }) => {
          fresh.push(plainText(notification.status.content).replace("@bot ", ""));
        }),
    });
    const riders = [riding(answering), { ...riding(choosy), staleAfterMs: 4.5 * hourMs }];
    const account = accountOf("bot", door.url, riders);
    const process = await FleetProcess.compose({ redis, accounts: [account] });
    await process.authorize(account, sandbox, "bot");
    await process.start();
    await sandbox.waitForStreams((open) => open.some(({ streams }) => streams.length > 0));

    const posts = async () => {
      const id = sandbox.users().find(({ user }) => user === "bot")?.id ?? "";
      const statuses = await sandbox.actAs("bot").accounts.statuses({ id, limit: 40 });
      return statuses.map(({ content }) => plainText(content)).toReversed();
    };
    const answers = async () => (await posts()).filter((text) => text.startsWith("answer"));
    const bells = async () => (await posts()).filter((text) => text === "bell").length;

    await mention(sandbox, "before");
    await expect.poll(answers, soon).toEqual(["answer to before"]);
    await mention(sandbox, "cut off");
    await expect.poll(() => fresh, soon).toEqual(["before", "cut off"]);
    await door.shut();
    goOn();
    const bellsBefore = await bells();
    for (let hour = 1; hour <= hours; hour += 1) {
      clock.forward(hourMs);
      for (const half of ["", " and a half"]) {
        await mention(sandbox, `hour ${hour}${half}`);
      }
      await sleep(200);
    }
    await expect.poll(async () => (await process.status("bot"))?.stream.connected, soon).toBe(false);
    expect(await answers()).toEqual(["answer to before"]);

    sandbox.clearRequests();
    await door.open();
    const missed = Array.from({ length: hours }, (_, index) => [
      `hour ${index + 1}`,
      `hour ${index + 1} and a half`,
    ]).flat();
    const expected = ["before", "cut off", ...missed].map((text) => `answer to ${text}`);
    await expect
      .poll(async () => (await answers()).toSorted(), { timeout: 60_000, interval: 50 })
      .toEqual(expected.toSorted());
    const tooOld = ["1", "2", "3"].flatMap((hour) => [`hour ${hour}`, `hour ${hour} and a half`]);
    const young = missed.filter((text) => !tooOld.includes(text));
    await expect.poll(() => fresh, soon).toEqual(["before", "cut off", ...young]);

    // What was left out is in the audit; nothing was given up, no rider was stopped.
    const lines = await process.connection.xrange(redis.keys.account("bot", auditKey), "-", "+");
    const skipped = lines.map(([, fields]) => fields.join(" ")).filter((line) => line.includes("outcome skipped"));
    expect(skipped.filter((line) => line.includes("rider choosy"))).toHaveLength(tooOld.length);
    expect(skipped.filter((line) => line.includes("rider answering"))).toEqual([]);
    for (const rider of ["answering", "choosy"]) {
      await expect.poll(() => process.riderStatus("bot", rider), soon).toMatchObject({ state: "running", failed: 0 });
    }
    expect(await process.connection.exists(redis.keys.account("bot", "failed"))).toBe(0);
    // No burst: of eight bells one or two ring, and the server is asked for little beside what is made up for.
    expect((await bells()) - bellsBefore).toBeLessThanOrEqual(2);
    expect(sandbox.requests().length).toBeLessThan(2 * expected.length + 30);
  },
);
