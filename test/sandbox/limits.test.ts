import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { ask, register, stream, tokenFor, type Answered } from "./bot.js";

describe("rate limits", () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await startSandbox({ limits: "mastodon" });
  });
  afterEach(() => sandbox.close());

  const limitOf = ({ headers }: Answered): (string | null)[] => [
    headers.get("x-ratelimit-limit"),
    headers.get("x-ratelimit-remaining"),
  ];

  it("count each token, and refuse what is above", async () => {
    const token = await tokenFor(sandbox, "alice");
    const path = `${sandbox.url}/api/v1/accounts/verify_credentials`;
    const first = await ask(path, { token });
    expect(limitOf(first)).toEqual(["300", "299"]);
    expect(first.headers.get("x-ratelimit-reset")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    for (let sent = 1; sent < 300; sent += 1) await ask(path, { token });
    const refused = await ask(path, { token });
    expect([refused.status, refused.body]).toEqual([429, { error: "Too many requests" }]);
    expect(refused.headers.get("retry-after")).toBeNull();
    expect(limitOf(refused)).toEqual(["300", "0"]);
  });

  it("count deletions, pages and uploads on their own", async () => {
    const token = await tokenFor(sandbox, "alice");
    const post = await sandbox.actAs("alice").statuses.create({ status: "short-lived" });
    expect(limitOf(await ask(`${sandbox.url}/api/v1/statuses/${post.id}`, { method: "DELETE", token }))).toEqual([
      "30",
      "29",
    ]);
    const body = new FormData();
    body.set("file", new Blob(["x"], { type: "image/png" }), "x.png");
    expect(limitOf(await ask(`${sandbox.url}/api/v2/media`, { token, body }))).toEqual(["30", "29"]);
    const paged = await ask(`${sandbox.url}/api/v1/timelines/home?max_id=9`, { token });
    expect(limitOf(paged)).toEqual(["300", "297"]);
  });

  it("count posts of an account only where they succeed", async () => {
    const token = await tokenFor(sandbox, "alice");
    const post = (status: string): Promise<Answered> =>
      ask(`${sandbox.url}/api/v1/statuses`, { token, body: { status } });
    expect((await post("")).status).toBe(422);
    expect((await post("one")).status).toBe(200);
    const other = await tokenFor(sandbox, "alice", "write");
    const answer = await ask(`${sandbox.url}/api/v1/statuses`, { token: other, body: { status: "two" } });
    expect(limitOf(answer)).toEqual(["300", "298"]);
  });

  it("count registrations by address", async () => {
    for (let sent = 0; sent < 5; sent += 1) expect((await register(sandbox, "read")).client_id).toBeTruthy();
    expect(await register(sandbox, "read")).toEqual({ error: "Too many requests" });
  });

  it("say nothing where they are off", async () => {
    const off = await startSandbox();
    const { headers } = await ask(`${off.url}/api/v2/instance`);
    expect(headers.get("x-ratelimit-limit")).toBeNull();
    await off.close();
  });

  it.each([
    ["gotosocial", "299", ["101", "429"]],
    ["mastodon", "300", ["101", "101"]],
  ] as const)("of %s know of opened streams what the server's own do", async (dialect, left, answers) => {
    const counting = await startSandbox({ dialect, limits: "mastodon" });
    const token = await tokenFor(counting, "alice");
    const upgrade = async () => {
      const { opened, socket } = stream(counting, token, "user");
      const answer = await opened.then(
        () => "101",
        (error: Error) => error.message,
      );
      socket.terminate();
      return answer;
    };
    const ownLeft = async () => {
      const { headers } = await ask(`${counting.url}/api/v1/accounts/verify_credentials`, { token });
      return Number(headers.get("x-ratelimit-remaining"));
    };
    const before = await ownLeft();
    const first = await upgrade();
    expect(before - 1 - (await ownLeft())).toBe(300 - Number(left));
    for (let asked = 0; asked < 300; asked += 1) await ownLeft();
    expect([first, await upgrade()]).toEqual(answers);
    await counting.close();
  });

  it("reset sooner with scaled windows", async () => {
    const scaled = await startSandbox({ limits: "mastodon", windowScale: 0.01 });
    const { headers } = await ask(`${scaled.url}/api/v2/instance`);
    const reset = Date.parse(headers.get("x-ratelimit-reset") ?? "");
    expect(reset % 3000).toBe(0);
    await scaled.close();
  });
});
