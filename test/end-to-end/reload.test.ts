import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { testRedis } from "../support/redis.js";
import type { BotProcess } from "./bot-process.js";
import { eventually } from "./eventually.js";
import { fleetOf, yamlOf, type Fleet } from "./fleet.js";

// One process, and an accounts.yaml that changes. The tests tell one story, in this order.

const answering = (how: string) => `
import { definePlugin, z } from "howdah";

export default definePlugin({
  name: "answering",
  scopes: ["read:notifications", "write:statuses"],
  config: z.object({ say: z.string() }),
  setup({ command, config }) {
    if (config.say === "broken") throw new Error("it cannot be set up so");
    command("number", async ({ args, reply }) => {
      await reply(${how} + " " + args[0]);
    });
  },
});`;

// Every answer here is a write within one hour.
const caps = { rider_per_hour: 10_000, server_per_hour: 10_000 };
const saying = (say: string) => ({ caps, plugins: [{ use: "./answering.ts", with: { say } }] });
const steady = { caps, plugins: [{ use: "./steady.ts", with: { say: "same" } }] };
const fileOf = (say: string) => ({ bot: saying(say), steady });

let fleet: Fleet;
let running: BotProcess;
let asked = 0;
/** Between two events of the load: the answers have to fit into the server's limits. */
const pauseMs = 200;

beforeAll(async () => {
  fleet = await fleetOf({
    accounts: fileOf("one"),
    files: { "answering.ts": answering("config.say"), "steady.ts": answering("config.say") },
    sandbox: { users: ["bot", "steady", "late", "visitor"] },
    environment: testRedis().env,
  });
  running = await fleet.run();
  await fleet.authorize("bot");
  await fleet.authorize("steady");
  await fleet.listening("bot", "steady");
});

async function mention(name: string): Promise<number> {
  const number = (asked += 1);
  await fleet.sandbox.actAs("visitor").statuses.create({ status: `@${name} number ${number}` });
  return number;
}

async function answersOf(name: string): Promise<string[]> {
  return (await fleet.posts(name)).map((text) => /\w+ \d+$/.exec(text)?.[0] ?? text);
}

/** What the account answers to somebody who asks now. */
async function answer(name = "bot"): Promise<string> {
  const number = await mention(name);
  let found: string | undefined;
  await eventually(`${name} answers ${number}`, async () => {
    found = (await answersOf(name)).find((text) => text.endsWith(` ${number}`));
    return found !== undefined;
  });
  return found?.split(" ")[0] ?? "";
}

/** Each socket that is opened has a number of its own. */
const socketOf = (name: string) =>
  fleet.sandbox.streams().flatMap(({ number, user }) => (user === name ? [number] : []));
const riderOf = async (name: string) => (await fleet.statusOf(name)).riders[0];

test("editing the file changes nothing; --dry-run says what would", async () => {
  await fleet.write("accounts.yaml", yamlOf(fileOf("two")));
  const { code, stdout } = await fleet.bot("reload", "--dry-run", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    generation: 1,
    applied: false,
    changes: [{ account: "bot", change: "changed", what: ["plugin answering is another, or has other settings"] }],
    unchanged: 1,
    running: 2,
    stops: [],
    processes: [],
  });
  expect(await answer()).toBe("one");
});

test("a reload under load: what changed is in use, what did not drops no event and no socket", async () => {
  const before = socketOf("steady");
  expect(before).toHaveLength(1);
  const over = new AbortController();
  const numbers: number[] = [];
  const load = (async () => {
    while (!over.signal.aborted) {
      numbers.push(await mention("steady"), await mention("bot"));
      await sleep(pauseMs);
    }
  })();
  const { code, stderr, stdout } = await fleet.bot("reload");
  over.abort();
  await load;
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("~ bot changed: plugin answering is another, or has other settings\n  1 account as before");
  expect(stdout).toContain(`process ${running.child.pid} on `);
  expect(await answer()).toBe("two");
  expect(await answer("steady")).toBe("same");
  for (const name of ["bot", "steady"]) {
    await eventually(`${name} answers all`, async () => (await answersOf(name)).length >= numbers.length / 2 + 1);
  }
  const all = [...(await answersOf("bot")), ...(await answersOf("steady"))].map((text) => Number(text.split(" ")[1]));
  expect(all.toSorted((one, other) => one - other)).toEqual(Array.from({ length: asked }, (_, index) => index + 1));
  expect(socketOf("steady")).toEqual(before);
});

test("a broken file changes nothing: the reload names its mistakes, and so does the process that is told by SIGHUP", async () => {
  await fleet.write("accounts.yaml", "accounts:\n  bot:\n    sever: https://one.example\n");
  const refused = await fleet.bot("reload");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("accounts.yaml:3:5");
  running.child.kill("SIGHUP");
  await eventually("the process names it", () => running.stderr.includes("the configuration of before stays"));
  expect(running.stderr).toContain("accounts.yaml:3:5");
  await eventually("the status names it", async () => {
    await fleet.write("accounts.yaml", yamlOf(fileOf("two")));
    const { stderr } = await fleet.bot("status");
    return stderr.includes(`outdated: process ${running.child.pid}`) && stderr.includes("accounts.yaml:3:5");
  });
  expect(await answer()).toBe("two");
});

test("SIGHUP reloads, and the code of a plugin beside the file is loaded anew", async () => {
  await fleet.write("answering.ts", answering('"code" + config.say'));
  running.child.kill("SIGHUP");
  await eventually("the new code answers", async () => (await answer()) === "codetwo");
  expect((await fleet.bot("status")).stderr).toBe("");
});

test("where the changed plugin cannot be set up, it goes on as before, and the status says so", async () => {
  await fleet.write("accounts.yaml", yamlOf(fileOf("broken")));
  expect((await fleet.bot("reload")).code).toBe(0);
  await eventually("the status names it", async () => (await riderOf("bot"))?.reason !== "");
  expect(await riderOf("bot")).toMatchObject({
    state: "running",
    reason: "it runs as before the change, whose set-up failed: it cannot be set up so",
  });
  expect(await answer()).toBe("codetwo");
  await fleet.write("accounts.yaml", yamlOf(fileOf("three")));
  expect((await fleet.bot("reload")).code).toBe(0);
  await eventually("the next change is in use", async () => (await answer()) === "codethree");
  expect((await riderOf("bot"))?.reason).toBe("");
});

test("to end more than a fifth of what runs has to be said", async () => {
  await fleet.write("accounts.yaml", yamlOf({ steady, late: saying("late") }));
  const refused = await fleet.bot("reload");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('"End 1 of 2 running accounts?" cannot be asked without a terminal');
  running.child.kill("SIGHUP");
  await eventually("the process refuses", () => running.stderr.includes("would end 1 of 2 running accounts"));
  expect(await answer()).toBe("codethree");
  const done = await fleet.bot("reload", "--yes", "--json");
  expect(done.code).toBe(0);
  expect(JSON.parse(done.stdout)).toMatchObject({ applied: true, stops: ["bot"], processes: [{ state: "current" }] });
  await eventually("its stream is closed", () => !fleet.sandbox.streams().some(({ user }) => user === "bot"));
  expect((await fleet.statusOf("late")).state).toBe("needs_authorization");
  await fleet.authorize("late");
  expect(await answer("late")).toBe("codelate");
});

test("an account that comes back needs no new authorization, and has what came meanwhile", async () => {
  const missed = await mention("bot");
  await fleet.write("accounts.yaml", yamlOf({ ...fileOf("back"), late: saying("late") }));
  expect((await fleet.bot("reload")).code).toBe(0);
  await eventually("it goes on", async () => (await answersOf("bot")).includes(`codeback ${missed}`));
  expect(await fleet.statusOf("bot")).toMatchObject({ state: "ready", token: { generation: 1 } });
});

test("--watch puts a change in force at once, and a broken one never", async () => {
  expect(await running.end("SIGTERM")).toBe(0);
  running = fleet.start(["run", "--watch"]);
  expect(await answer()).toBe("codeback");
  await fleet.write("accounts.yaml", yamlOf({ ...fileOf("watched"), late: saying("late") }));
  await eventually("it is in use", async () => (await answer()) === "codewatched");
  await fleet.write("answering.ts", "export default nonsense(;");
  await eventually("the mistake is named", () => running.stderr.includes("the configuration of before stays"));
  expect(await answer()).toBe("codewatched");
  await fleet.write("answering.ts", answering('"again"'));
  await eventually("it is in use", async () => (await answer()) === "again");
});
