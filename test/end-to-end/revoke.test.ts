import { beforeAll, describe, expect, test } from "vitest";
import { testRedis } from "../support/redis.js";
import { eventually } from "./eventually.js";
import { fleetOf, type Fleet } from "./fleet.js";
import { hasTerminal, Terminal } from "./terminal.js";

const following = { plugins: [{ use: "following" }] };
let fleet: Fleet;

beforeAll(async () => {
  fleet = await fleetOf({
    accounts: { greeter: following, other: following },
    sandbox: { users: ["greeter", "other", "wrong"] },
    environment: testRedis().env,
  });
});

describe("while the fleet runs", () => {
  beforeAll(async () => {
    await fleet.run();
    await Promise.all([fleet.authorize("greeter"), fleet.authorize("other")]);
    await fleet.listening("greeter", "other");
  });

  test("without --yes and a terminal it changes nothing", async () => {
    const asked = await fleet.bot("revoke", "greeter");
    expect(asked).toMatchObject({ code: 2, stdout: "" });
    expect(asked.stderr).toMatch(/cannot be asked without a terminal\n +add --yes; nothing was changed\n$/);
    expect((await fleet.statusOf("greeter")).state).toBe("ready");
  });

  test.skipIf(!hasTerminal)("it asks, and a no changes nothing", async () => {
    const terminal = new Terminal(fleet, ["revoke", "greeter"]);
    await terminal.shows("Revoke the token of greeter (@greeter on 127.0.0.1");
    terminal.type("n");
    expect(await terminal.ended()).toBe(1);
    expect(terminal.text).toContain("Nothing was changed.");
    expect((await fleet.statusOf("greeter")).state).toBe("ready");
  });

  test("the owner notices at once, and the other account goes on", async () => {
    const revoked = await fleet.bot("revoke", "greeter", "--yes");
    expect(revoked).toMatchObject({ code: 0, stderr: "" });
    expect(revoked.stdout).toMatch(/^greeter: the token is revoked on 127\.0\.0\.1:\d+ and forgotten here\n$/);
    await eventually("its stream is closed", () => fleet.sandbox.streams().every(({ user }) => user !== "greeter"));
    await eventually("bot status says so", async () => {
      const { state, token } = await fleet.statusOf("greeter");
      return state === "needs_authorization" && token === null;
    });
    expect((await fleet.statusOf("other")).state).toBe("ready");
  });

  test("again, there is nothing to revoke", async () => {
    const again = await fleet.bot("revoke", "greeter");
    expect(again).toEqual({
      code: 0,
      stdout: "greeter holds no token: there is nothing to revoke\n",
      stderr: "",
    });
  });

  test("a wrong first person can be undone", async () => {
    await fleet.bot("revoke", "other", "--yes", "--forget-person");
    const wrong = await fleet.authorize("other", "wrong");
    expect(wrong.stdout).toContain("other is @wrong");
    const refused = await fleet.bot("auth", "other", "--code", await fleet.code("other"));
    expect(refused.stderr).toContain("the token is @other's, but other has been @wrong so far");
    expect(refused.stderr).toContain("bot revoke other --forget-person");
    const undone = await fleet.bot("revoke", "other", "--yes", "--forget-person");
    expect(undone.stdout).toContain("other is not @wrong any more: authorize whom it belongs to with: bot auth other");
    expect((await fleet.authorize("other")).stdout).toContain("other is @other");
    await eventually("it is ready", async () => (await fleet.statusOf("other")).handle === "other");
  });
});

test("a server that is down: kept and said, --local forgets it here", async () => {
  fleet.sandbox.addFault({ path: "/oauth/revoke", action: "cut" });
  const kept = await fleet.bot("revoke", "other", "--yes");
  expect(kept).toMatchObject({ code: 1, stderr: "" });
  expect(kept.stdout).toMatch(
    /^other: not revoked \(.*cut.*\); the token is still in force\n.* bot revoke other --local\n$/,
  );
  const local = await fleet.bot("revoke", "other", "--yes", "--local");
  expect(local.code).toBe(0);
  expect(local.stdout).toMatch(/^other: the token is forgotten here; it is still good on 127/);
  expect(fleet.sandbox.revoke({ user: "other" })).toBe(1);
});

test.each([
  ["nobody", "there is no account nobody in accounts.yaml"],
  ["", "there is no account "],
])("an account %j that is not there is a wrong call", async (name, said) => {
  const wrong = await fleet.bot("revoke", name, "--yes");
  expect(wrong).toMatchObject({ code: 2, stdout: "" });
  expect(wrong.stderr).toContain(said);
});
