import { existsSync } from "node:fs";
import { join } from "node:path";
import { renderUnicodeCompact } from "uqr";
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
    accounts: { first: following, second: following, third: following, fourth: following },
    sandbox: { users: ["first", "second", "third", "fourth"] },
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
    terminal.type("wrong again\r");
    await terminal.shows("the server refuses the code");
    await terminal.shows(prompt);
    terminal.type("and again\r");
    expect(await terminal.ended()).toBe(1);
    expect(terminal.text).toMatch(/bot: the server refuses the code .*\n +codes are good once .*\n$/);
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

  test.each([
    ["bracketed-paste marks", (code: string) => `\u001b[200~"${code}"\u001b[201~\r`],
    ["line breaks before and after it", (code: string) => `\r\r ${code}\r\n`],
    ["the whole address", (code: string) => `https://127.0.0.1/oauth/authorize/native?code=${code}\r`],
    ["marks as plain text, spaces inside", (code: string) => `[200~ ${code.slice(0, 9)} ${code.slice(9)} [201~\r`],
  ])("takes a code that was pasted with %s", async (_what, pasted) => {
    const terminal = new Terminal(fleet, ["auth", "first"]);
    await terminal.shows(prompt);
    terminal.type(pasted(await authorizeAs(addressOn(terminal), "first")));
    expect(await terminal.ended(), terminal.text).toBe(0);
    await terminal.shows("first is @first");
  });

  test("what holds no code costs no try", async () => {
    const terminal = new Terminal(fleet, ["auth", "first"]);
    await terminal.shows(prompt);
    for (let times = 0; times < 4; times += 1) {
      terminal.type("\r");
      await terminal.shows("That holds no code");
      terminal.type(" \u007f");
    }
    terminal.type(`${await authorizeAs(addressOn(terminal), "first")}\r`);
    expect(await terminal.ended(), terminal.text).toBe(0);
  });

  test("shows the server's rules, shortened, and with --qr the address as a picture that holds it", async () => {
    const terminal = new Terminal(fleet, ["auth", "first", "--qr"]);
    await terminal.shows("The server's rules");
    await terminal.shows(prompt);
    expect(terminal.text).toMatch(/│ {2}- \S.* +│/);
    const drawn = renderUnicodeCompact(addressOn(terminal));
    expect(terminal.text).toContain(drawn);
    expect(Math.max(...drawn.split("\n").map((line) => line.length))).toBeLessThan(100);
    terminal.type("\u0003");
    expect(await terminal.ended()).toBe(3);
  });

  test("--all says how far it is, and at the end what is still to do", async () => {
    const terminal = new Terminal(fleet, ["auth", "--all"]);
    await terminal.shows("Authorize third on 127.0.0.1");
    await terminal.shows("(1 of 2)");
    await terminal.shows(prompt);
    for (const wrong of ["one", "two", "three"]) {
      terminal.type(`${wrong}\r`);
      await terminal.shows("the server refuses the code");
      if (wrong !== "three") await terminal.shows(prompt);
    }
    await terminal.shows("Authorize fourth on 127.0.0.1");
    await terminal.shows("(2 of 2)");
    await terminal.shows(prompt);
    const [, address = ""] = [...terminal.text.matchAll(/^(http:\S+)$/gm)].map(([line]) => line);
    terminal.type(`${await authorizeAs(address, "fourth")}\r`);
    expect(await terminal.ended(), terminal.text).toBe(1);
    expect(terminal.text).toContain("1 of 2 accounts are authorized; still to do: third\n");
  });

  test("Ctrl-C while the server is asked leaves nothing either", async () => {
    const terminal = new Terminal(fleet, ["auth", "third"]);
    await terminal.shows(prompt);
    fleet.sandbox.addFault({ path: "/oauth/token", action: "hold" });
    terminal.type("whatever\r");
    await eventually("the server is asked", () => fleet.sandbox.faults().some(({ held }) => held > 0));
    terminal.type("\u0003");
    expect(await terminal.ended()).toBe(130);
    fleet.sandbox.clearFaults();
    const { stderr } = await fleet.bot("auth", "third", "--code", "whatever");
    expect(stderr).toContain("no authorization of third is under way");
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
