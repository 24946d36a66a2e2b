import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { testRedis } from "../support/redis.js";
import type { BotProcess } from "./bot-process.js";
import { eventually } from "./eventually.js";
import { fleetOf, type Fleet } from "./fleet.js";

// Each process that dies is started again, as a container is.

const polite = `
import { definePlugin } from "howdah";

export default definePlugin({
  name: "polite",
  scopes: ["read:notifications", "write:statuses"],
  setup({ command }) {
    command("hello", async ({ args, reply }) => {
      await reply("hello " + args[0]);
    });
    command("careless", async ({ reply }) => {
      void Promise.reject(new Error("nobody waits for this"));
      setTimeout(() => {
        throw new Error("from a timer");
      }, 0);
      await reply("was careless");
    });
    // Runs while others take the process down, each time.
    command("slow", async ({ reply }) => {
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      await reply("slowly done");
    });
  },
});`;

/** Bad as long as there is a file \`bad\` beside it. */
const greedy = `
import { existsSync } from "node:fs";
import { definePlugin } from "howdah";

const isBad = () => existsSync(new URL("./bad", import.meta.url));

export default definePlugin({
  name: "greedy",
  scopes: ["read:notifications", "write:statuses"],
  setup({ command }) {
    command("later", async ({ reply }) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      while (isBad()) continue;
      await reply("looped later");
    });
    command("eat", async ({ reply }) => {
      const eaten: number[][] = [];
      while (isBad()) {
        eaten.push(Array.from({ length: 40_000 }, Math.random));
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      await reply("eaten " + eaten.length);
    });
  },
});`;

const bystanders = ["polly", "pete"];
const users = ["gus", ...bystanders];
const stopping: Supervisor[] = [];

afterEach(async () => {
  for (const supervisor of stopping.splice(0)) await supervisor.stop();
});

/** Keeps a process running, whatever ends it. */
class Supervisor {
  readonly ended: { code: number | null; signal: NodeJS.Signals | null; stderr: string }[] = [];
  readonly #fleet: Fleet;
  readonly #environment: Record<string, string>;
  #isStopping = false;
  #current: BotProcess | undefined;
  #turning: Promise<void> | undefined;

  constructor(fleet: Fleet, environment: Record<string, string>) {
    this.#fleet = fleet;
    this.#environment = environment;
    stopping.push(this);
  }

  start(): void {
    this.#turning = this.#turn();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#current?.child.kill("SIGKILL");
    await this.#turning;
  }

  async #turn(): Promise<void> {
    while (!this.#isStopping) {
      const bot = this.#fleet.start(["run"], this.#environment);
      this.#current = bot;
      const code = await bot.ended();
      this.ended.push({ code, signal: bot.child.signalCode, stderr: bot.stderr });
    }
  }
}

async function open(environment: Record<string, string> = {}): Promise<{ fleet: Fleet; supervisor: Supervisor }> {
  const fleet = await fleetOf({
    accounts: {
      gus: { plugins: [{ use: "./greedy.ts" }, { use: "./polite.ts" }] },
      ...Object.fromEntries(bystanders.map((name) => [name, { plugins: [{ use: "./polite.ts" }] }])),
    },
    files: { "greedy.ts": greedy, "polite.ts": polite, bad: "" },
    sandbox: { users: [...users, "visitor"] },
    environment: testRedis().env,
  });
  const supervisor = new Supervisor(fleet, environment);
  supervisor.start();
  for (const user of users) await fleet.authorize(user);
  await fleet.listening(...users);
  return { fleet, supervisor };
}

async function say(fleet: Fleet, status: string): Promise<void> {
  await fleet.sandbox.actAs("visitor").statuses.create({ status });
}

async function posted(fleet: Fleet, user: string, text: string): Promise<void> {
  const isThere = async () => (await fleet.posts(user)).filter((post) => post.endsWith(text)).length === 1;
  await eventually(`${user} posts "${text}" once`, isThere, 60_000);
}

async function greedyOf(fleet: Fleet) {
  return (await fleet.statusOf("gus")).riders.find(({ name }) => name === "greedy");
}

const cases = [
  ["keeps the event loop", "later", "looped later", {}, "the event loop stood still"],
  ["eats the memory", "eat", /eaten \d+/, { NODE_OPTIONS: "--max-old-space-size=160" }, "the memory ran out"],
] as const;

test.each(cases)(
  "a rider that %s is held after two crashes and named, and the others go on",
  { timeout: 400_000 },
  async (_, command, answer, environment, cause) => {
    const { fleet, supervisor } = await open(environment);
    // They run at the moment of the first crash, too, and are under way again after it.
    for (const name of bystanders) await say(fleet, `@${name} slow`);
    await say(fleet, `@gus ${command}`);
    await eventually("two processes have died", () => supervisor.ended.length === 2, 180_000);
    expect(supervisor.ended.map(({ code }) => code)).not.toContain(0);
    await eventually("the rider is held", async () => (await greedyOf(fleet))?.state === "held", 60_000);
    const rider = await greedyOf(fleet);
    expect(rider?.reason).toContain(`took two processes down within an hour, last at notification.mention (${cause})`);
    expect(rider?.reason).toContain("bot retry --account gus --rider greedy");
    const doctor = await fleet.bot("doctor", "--json");
    expect(doctor.stdout).toContain("gus/greedy (held)");
    for (const name of bystanders) await posted(fleet, name, "slowly done");
    for (const name of users) {
      await say(fleet, `@${name} hello again`);
      await posted(fleet, name, "hello again");
      expect((await fleet.statusOf(name)).riders.find((one) => one.name === "polite")?.state).toBe("running");
    }
    await say(fleet, "@polly careless");
    await posted(fleet, "polly", "was careless");
    expect(supervisor.ended).toHaveLength(2);
    // Corrected, and let go on: what it left undone is handled.
    await rm(join(fleet.directory, "bad"));
    expect(existsSync(join(fleet.directory, "bad"))).toBe(false);
    const { stdout } = await fleet.bot("retry", "--account", "gus", "--rider", "greedy");
    expect(stdout).toContain("gus/greedy goes on");
    await eventually(
      `gus answers`,
      async () => (await fleet.posts("gus")).some((post) => new RegExp(answer).test(post)),
      60_000,
    );
    expect((await greedyOf(fleet))?.state).toBe("running");
  },
);
