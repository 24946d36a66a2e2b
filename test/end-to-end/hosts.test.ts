import { beforeAll, expect, test } from "vitest";
import { testRedis } from "../support/redis.js";
import type { BotProcess } from "./bot-process.js";
import { eventually } from "./eventually.js";
import { fleetOf, hostBeside, yamlOf, type Fleet } from "./fleet.js";

// Two hosts, each with its own accounts.yaml. The tests tell one story, in this order.

const answering = `
import { definePlugin, z } from "howdah";

export default definePlugin({
  name: "answering",
  scopes: ["read:notifications", "write:statuses"],
  config: z.object({ say: z.string() }),
  setup({ command, config }) {
    command("number", async ({ args, reply }) => {
      await reply(config.say + " " + args[0]);
    });
  },
});`;

const same = { plugins: [{ use: "./answering.ts", with: { say: "same" } }] };
const fileOf = (say: string) => ({ bot: { plugins: [{ use: "./answering.ts", with: { say } }] }, steady: same });
const files = { "answering.ts": answering };

let alpha: Fleet;
let beta: Fleet;
let onAlpha: BotProcess;
let onBeta: BotProcess;
let asked = 0;

beforeAll(async () => {
  alpha = await fleetOf({
    accounts: fileOf("old"),
    files,
    sandbox: { users: ["bot", "steady", "visitor"] },
    environment: { ...testRedis().env, BOT_KEY: Buffer.alloc(32, 5).toString("base64") },
  });
  beta = await hostBeside(alpha, fileOf("old"), files);
  onAlpha = await alpha.run();
  onBeta = await beta.run();
  await alpha.authorize("bot");
  await alpha.authorize("steady");
  await alpha.listening("bot", "steady");
});

/** Asks both accounts, waits for their answers, and answers how bot began its own. */
async function answer(): Promise<string> {
  const number = (asked += 1);
  for (const name of ["bot", "steady"]) {
    await alpha.sandbox.actAs("visitor").statuses.create({ status: `@${name} number ${number}` });
  }
  const [, word = ""] = await answerTo("bot", number);
  await answerTo("steady", number);
  return word;
}

async function answerTo(name: string, number: number): Promise<RegExpMatchArray> {
  let found: RegExpMatchArray | undefined;
  await eventually(`${name} answers ${number}`, async () => {
    const answers = (await alpha.posts(name)).map((text) => /(\w+) (\d+)$/.exec(text));
    found = answers.find((match) => match?.[2] === String(number)) ?? undefined;
    return found !== undefined;
  });
  if (found === undefined) throw new Error("it has answered, and has not");
  return found;
}

const outdated = async (host: Fleet) => (await host.bot("status")).stderr;
const owner = async () => (await alpha.statusOf("bot")).owner?.process;

test("with the same file each account is run by one of them", async () => {
  expect(await answer()).toBe("old");
  expect(await outdated(alpha)).toBe("");
});

test("one starts again with a newer file: only that host runs what differs, and the other is named", async () => {
  await alpha.write("accounts.yaml", yamlOf(fileOf("new")));
  expect(await onAlpha.end("SIGTERM")).toBe(0);
  onAlpha = await alpha.run();
  await eventually("the new file is run", async () => (await owner()) === String(onAlpha.child.pid));
  expect(await answer()).toBe("new");
  const said = await outdated(alpha);
  expect(said).toContain(`outdated: process ${onBeta.child.pid} on `);
  expect(said).toContain("(generation 2): bot;");
  expect(onBeta.stderr).toContain("this host does not run the accounts that differ");
});

test("the old host crashes and starts again by itself, over and over: the new file stays in force", async () => {
  for (let crash = 0; crash < 2; crash += 1) {
    await onBeta.end("SIGKILL");
    onBeta = await beta.run();
    expect(onBeta.stderr).toContain("a start does not bring it back");
    expect(await answer()).toBe("new");
  }
});

test("alone, the old host runs what is the same, and nothing else", async () => {
  await onAlpha.end("SIGKILL");
  await alpha.sandbox.actAs("visitor").statuses.create({ status: "@bot number 100" });
  await alpha.sandbox.actAs("visitor").statuses.create({ status: "@steady number 100" });
  await answerTo("steady", 100);
  await onBeta.end("SIGKILL");
  onBeta = await beta.run();
  await alpha.sandbox.actAs("visitor").statuses.create({ status: "@steady number 101" });
  await answerTo("steady", 101);
  expect((await alpha.posts("bot")).join()).not.toContain("100");
  const reason = "the configuration in force (generation 2) has another entry for it than the file here";
  await eventually("its status says why", async () => {
    const status = await beta.statusOf("bot");
    return status.state === "held" && status.reason === reason;
  });
});

test("when the last one has the new file, nobody is outdated, nothing was lost, and nothing doubled", async () => {
  onAlpha = await alpha.run();
  await answerTo("bot", 100);
  await beta.write("accounts.yaml", yamlOf(fileOf("new")));
  await onBeta.end("SIGTERM");
  onBeta = await beta.run();
  expect(await outdated(beta)).toBe("");
  await onAlpha.end("SIGKILL");
  expect(await answer()).toBe("new");
  const answers = (await alpha.posts("bot")).map((text) => /\w+ \d+$/.exec(text)?.[0]);
  const numbers = [...Array.from({ length: asked }, (_, index) => index + 1), 100];
  const expected = numbers.map((number) => `${number === 1 ? "old" : "new"} ${number}`);
  expect(new Set(answers)).toEqual(new Set(expected));
  expect(answers).toHaveLength(expected.length);
});
