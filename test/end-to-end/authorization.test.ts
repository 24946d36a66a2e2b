import { beforeAll, describe, expect, test } from "vitest";
import { outOfBand, tokenFor } from "../sandbox/bot.js";
import { testRedis } from "../support/redis.js";
import { fleetOf, type Fleet } from "./fleet.js";

const redis = testRedis();
const following = { plugins: [{ use: "following" }] };
let fleet: Fleet;

beforeAll(async () => {
  const names = ["first", "second", "third", "fourth", "fifth", "sixth"];
  fleet = await fleetOf({
    accounts: { ...Object.fromEntries(names.map((name) => [name, following])) },
    sandbox: { users: [...names, "stranger"] },
    environment: redis.env,
  });
});

/** A good code, as the pages would show it, without walking them. */
async function grant(address: string, user: string): Promise<string> {
  const asked = new URL(address).searchParams;
  const { code } = fleet.sandbox.grant({
    user,
    client_id: asked.get("client_id") ?? "",
    redirect_uri: outOfBand,
    scope: asked.get("scope") ?? "",
    code_challenge: asked.get("code_challenge") ?? undefined,
    code_challenge_method: asked.get("code_challenge_method") ?? undefined,
  });
  return code;
}

test("--url prints the address alone, and the same one again", async () => {
  const once = await fleet.bot("auth", "first", "--url");
  const again = await fleet.bot("auth", "first", "--url");
  expect(once.code).toBe(0);
  expect(again).toEqual({ code: 0, stdout: once.stdout, stderr: "" });
  expect(once.stdout).toMatch(/^http:\S+\n$/);
  expect(Object.fromEntries(new URL(once.stdout.trim()).searchParams)).toEqual({
    response_type: "code",
    client_id: expect.any(String),
    redirect_uri: outOfBand,
    scope: "read:accounts read:follows read:notifications write:follows",
    force_login: "true",
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: "S256",
  });
});

test("--code finishes in another process, once", async () => {
  const code = await fleet.code("first");
  const done = await fleet.bot("auth", "first", "--code", code);
  expect(done).toMatchObject({ code: 0, stderr: "" });
  expect(done.stdout).toMatch(/^first is @first on 127\.0\.0\.1:\d+: ready\n/);
  const again = await fleet.bot("auth", "first", "--code", code);
  expect(again).toMatchObject({ code: 1, stdout: "" });
  expect(again.stderr).toBe("bot: no authorization of first is under way\n     begin one with: bot auth first\n");
});

describe("without a terminal", () => {
  test("one line of standard input is the code, with what was pasted around it", async () => {
    const code = await fleet.code("second");
    const { code: exit, stderr, stdout } = await fleet.call({ words: ["auth", "second"], input: `  "${code}" \r\n` });
    expect(exit, stderr).toBe(0);
    expect(stdout).toContain("second is @second");
    expect(stderr).toMatch(/^visit http:\S+\nand give the code on standard input\n$/);
  });

  test("an input without a line is said", async () => {
    const { code, stderr } = await fleet.call({ words: ["auth", "third"], input: "" });
    expect(code).toBe(1);
    expect(stderr).toContain("standard input holds no code\n     pipe it in");
  });

  test("--all takes a line for each account that needs one, and goes on after a wrong one", async () => {
    const { stdout } = await fleet.bot("auth", "--all", "--url");
    const addresses = stdout.trim().split("\n");
    expect(addresses).toHaveLength(4);
    const codes = await Promise.all(
      ["third", "fourth", "fifth", "sixth"].map((user, index) => grant(addresses[index] ?? "", user)),
    );
    const input = ["wrong", ...codes.slice(1)].join("\n");
    const walked = await fleet.call({ words: ["auth", "--all"], input });
    expect(walked.code).toBe(1);
    expect(walked.stderr).toContain("third: bot: the server refuses the code");
    expect(walked.stdout.match(/is @(fourth|fifth|sixth) on \S+: ready/g)).toHaveLength(3);
    expect((await fleet.statusOf("third")).state).toBe("needs_authorization");
  });
});

describe("--with-token", () => {
  const scopes = "read:accounts read:follows read:notifications write:follows";

  test("takes a token from standard input", async () => {
    const token = await tokenFor(fleet.sandbox, "third", scopes);
    const done = await fleet.call({ words: ["auth", "third", "--with-token"], input: `${token}\n` });
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).not.toContain(token);
    expect((await fleet.bot("auth", "--all")).stderr).toBe("no account needs it\n");
  });

  test.each([
    ["nothing", "", 2, "standard input holds no token"],
    ["two words", "a b", 2, "standard input holds no token"],
    ["a token that the server does not know", "abc", 1, "The access token is invalid"],
  ])("refuses %s and keeps what was there", async (_, input, code, said) => {
    const refused = await fleet.call({ words: ["auth", "third", "--with-token"], input });
    expect(refused).toMatchObject({ code, stdout: "" });
    expect(refused.stderr).toContain(said);
    expect((await fleet.statusOf("third")).token?.generation).toBe(1);
  });

  test("refuses another person's token, and does not revoke what is not its own", async () => {
    const token = await tokenFor(fleet.sandbox, "stranger", scopes);
    const refused = await fleet.call({ words: ["auth", "third", "--with-token"], input: token });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("@stranger");
    expect(fleet.sandbox.revoke({ token })).toBe(1);
  });
});
