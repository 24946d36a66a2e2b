import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { authorizeAs } from "../sandbox/browser.js";
import { eventually } from "./eventually.js";
import { fleetOf, type Fleet } from "./fleet.js";
import { hasTerminal, Terminal } from "./terminal.js";

if (!hasTerminal) console.log("bot auth on a terminal is not tested: util-linux' script is not installed");

const prompt = "Paste the code";
let fleet: Fleet;

beforeAll(async () => {
  const following = { plugins: [{ use: "following" }] };
  fleet = await fleetOf({
    accounts: { first: following, second: following, third: following },
    sandbox: { users: ["first", "second", "third"] },
  });
});

/** The address that stands in one piece on a line of its own. */
function addressOn({ text }: Terminal): string {
  const address = /^(http:\S+)$/m.exec(text)?.[1];
  if (address === undefined) throw new Error(`no address on\n${text}`);
  return address;
}

describe.skipIf(!hasTerminal)("bot auth on a terminal", () => {
  test("shows what is asked for and why, and takes the code with what was pasted around it", async () => {
    const terminal = new Terminal(fleet, ["auth", "first"], { NO_COLOR: "1" });
    await terminal.shows(prompt);
    expect(terminal.text).toMatch(/write:follows +following/);
    expect(terminal.text).toMatch(/read:accounts +howdah/);
    const code = await authorizeAs(addressOn(terminal), "first");
    terminal.type(`  '${code}' \r`);
    expect(await terminal.ended(), terminal.text).toBe(0);
    await terminal.shows("first is @first on 127.0.0.1");
    // oxlint-disable-next-line no-control-regex -- colours are control characters
    expect(terminal.raw).not.toMatch(/\u001b\[[34]\d(;\d+)*m/);
    expect((await fleet.statusOf("first")).token?.generation).toBe(1);
  });

  test("asks again after a wrong code, three times in all, and stores nothing", async () => {
    const terminal = new Terminal(fleet, ["auth", "second"]);
    await terminal.shows(prompt);
    terminal.type("wrong\r");
    await terminal.shows("the server refuses the code");
    await terminal.shows(prompt);
    terminal.type("\r");
    await terminal.shows("that holds no code");
    await terminal.shows(prompt);
    terminal.type("http://127.0.0.1/\r");
    expect(await terminal.ended()).toBe(1);
    expect(terminal.text).toMatch(/bot: that holds no code\n +paste what the server's page shows\n$/);
    expect(terminal.text).not.toMatch(/^\s+at /m);
    expect(await fleet.statusOf("second")).toMatchObject({ state: "needs_authorization", token: null });
  });

  test("takes the right code after a wrong one", async () => {
    const terminal = new Terminal(fleet, ["auth", "second"]);
    await terminal.shows(prompt);
    terminal.type("wrong\r");
    await terminal.shows("the server refuses the code");
    await terminal.shows(prompt);
    terminal.type(`${await authorizeAs(addressOn(terminal), "second")}\r`);
    expect(await terminal.ended(), terminal.text).toBe(0);
  });

  test("Ctrl-C gives up: nothing is left, neither of the authorization nor of a Redis server", async () => {
    const terminal = new Terminal(fleet, ["auth", "--all"]);
    await terminal.shows(prompt);
    terminal.type("\u0003");
    expect(await terminal.ended()).toBe(3);
    expect(terminal.text).toContain("Given up; nothing was changed.");
    expect(existsSync(join(fleet.data, "redis", "redis.sock"))).toBe(false);
    const { stderr } = await fleet.bot("auth", "third", "--code", "whatever");
    expect(stderr).toContain("no authorization of third is under way");
  });
});

test("a signal while it waits for the code leaves no Redis server behind", async () => {
  const waiting = fleet.start(["auth", "third"]);
  await eventually("it waits", () => waiting.stderr.includes("give the code on standard input"));
  expect(await waiting.end("SIGTERM")).toBe(143);
  expect(existsSync(join(fleet.data, "redis", "redis.sock"))).toBe(false);
});
