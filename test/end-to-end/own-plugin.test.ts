import { beforeAll, describe, expect, test } from "vitest";
import { testRedis } from "../support/redis.js";
import { eventually } from "./eventually.js";
import { fleetOf, type Fleet } from "./fleet.js";

/** What a plugin's author might write beside accounts.yaml. */
const greeter = `
import { definePlugin, z } from "howdah";

interface Visit { count: number }

export default definePlugin({
  name: "greeter",
  scopes: ["read:notifications", "write:statuses"],
  config: z.object({ greeting: z.string() }),
  setup({ command, cron, config }) {
    command("greet", async ({ args, once, reply, state }) => {
      const visit = (await state.get<Visit>("visit")) ?? { count: 0 };
      const roll = await once("roll", () => Math.random());
      state.set("visit", { count: visit.count + 1 });
      await reply(config.greeting + " " + args.join(" ") + ", visit " + (visit.count + 1) + (roll < 1 ? "" : "?"));
    });
    command("stumble", async ({ attempt, once, reply }) => {
      const number = await once("number", () => attempt);
      if (attempt === 1) throw new Error("stumbled over a stone");
      await reply("attempt " + attempt + ", number " + number);
    });
    cron("seconds", "* * * * * *", async ({ client, once, state }) => {
      const tick = ((await state.get<number>("tick")) ?? 0) + 1;
      if (tick > 3) return;
      const text = await once("text", () => "tick " + tick);
      await client.statuses.create({ status: text, visibility: "unlisted" });
      state.set("tick", tick);
    });
  },
});`;

const throwing = `
import { definePlugin } from "howdah";
export default definePlugin({
  name: "throwing",
  scopes: ["read:notifications"],
  setup() {
    throw new Error("the soup is cold");
  },
});`;

const hanging = (where: "setup" | "handler") => `
import { definePlugin } from "howdah";
export default definePlugin({
  name: "hanging",
  scopes: ["read:notifications"],
  ${where === "setup" ? "async " : ""}setup({ on }) {
    ${where === "setup" ? "await new Promise(() => undefined);" : ""}
    on("notification.mention", () => new Promise(() => undefined));
  },
});`;

let fleet: Fleet;
const own = { use: "./greeter.ts", with: { greeting: "Welcome" } };

beforeAll(async () => {
  fleet = await fleetOf({
    accounts: {
      greeter: { plugins: [own] },
      unlucky: { plugins: [{ use: "./throwing.ts" }, { use: "./hanging-handler.ts", as: "stuck" }, own] },
      blocked: { plugins: [{ use: "./hanging-setup.ts", as: "never" }, own] },
    },
    files: {
      "greeter.ts": greeter,
      "throwing.ts": throwing,
      "hanging-handler.ts": hanging("handler"),
      "hanging-setup.ts": hanging("setup"),
    },
    sandbox: { users: ["greeter", "unlucky", "blocked", "visitor"] },
    environment: testRedis().env,
  });
  await fleet.run();
  await Promise.all(["greeter", "unlucky", "blocked"].map((account) => fleet.authorize(account)));
});

async function say(status: string): Promise<void> {
  await fleet.sandbox.actAs("visitor").statuses.create({ status });
}

async function posted(user: string, text: string): Promise<void> {
  await eventually(`${user} posts "${text}"`, async () => (await fleet.posts(user)).includes(text));
}

async function ridersOf(account: string) {
  const { riders } = await fleet.statusOf(account);
  return Object.fromEntries(riders.map(({ name, ...rider }) => [name, rider]));
}

describe("a TypeScript plugin beside accounts.yaml", () => {
  beforeAll(() => fleet.listening("greeter"));

  test("answers commands, and keeps its state", async () => {
    await say("@greeter greet Anna and Otto");
    await posted("greeter", "@visitor Welcome Anna and Otto, visit 1");
    await say("@greeter !greet Ida");
    await posted("greeter", "@visitor Welcome Ida, visit 2");
  });

  test("posts by a clock that counts seconds, each tick once", async () => {
    await posted("greeter", "tick 3");
    const ticks = (await fleet.posts("greeter")).filter((text) => text.startsWith("tick"));
    expect(ticks).toEqual(["tick 1", "tick 2", "tick 3"]);
  });

  test("is tried again when it throws, with what it computed once", async () => {
    await say("@greeter stumble");
    await eventually("bot status says why", async () => {
      const { stdout } = await fleet.bot("status");
      return stdout.includes("greeter/greeter: stumbled over a stone");
    });
    expect((await ridersOf("greeter"))["greeter"]).toMatchObject({ state: "running", waiting: 1, failed: 0 });
    await posted("greeter", "@visitor attempt 2, number 1");
    await eventually("it is over", async () => (await ridersOf("greeter"))["greeter"]?.reason === "");
  });
});

describe("a plugin that fails", () => {
  beforeAll(() => fleet.listening("unlucky"));

  test("while it is set up leaves the other riders of the account alone, and is named", async () => {
    await say("@unlucky greet Anna");
    await posted("unlucky", "@visitor Welcome Anna, visit 1");
    expect(await ridersOf("unlucky")).toMatchObject({
      throwing: { state: "failed", reason: "the soup is cold" },
      greeter: { state: "running" },
    });
    expect((await fleet.bot("status")).stdout).toContain("unlucky/throwing: the soup is cold");
  });

  test("to end in its handler leaves the other riders alone, and its event waits", async () => {
    await say("@unlucky greet Otto");
    await posted("unlucky", "@visitor Welcome Otto, visit 2");
    expect((await ridersOf("unlucky"))["stuck"]).toMatchObject({ state: "running", waiting: 2, handled: 0 });
  });

  test("to end while it is set up leaves the other riders of the account alone, and is named", async () => {
    await fleet.listening("blocked");
    await say("@blocked greet Anna");
    await posted("blocked", "@visitor Welcome Anna, visit 1");
    const { never } = await ridersOf("blocked");
    // Until it is given up it waits, after that it has failed.
    expect(never?.state).toMatch(/^(waiting|failed)$/);
    expect(never?.reason).toMatch(/set-up (has not ended yet|took over \d+ s)$/);
  });
});

test("a plugin that hangs does not hold the end up", async () => {
  const bot = await fleet.run();
  expect(await bot.end("SIGTERM")).toBe(0);
});
