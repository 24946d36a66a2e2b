import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { dialectNames } from "../../sandbox/dialects/dialects.js";
import type { DialectName, Sandbox } from "../../sandbox/index.js";
import { ask, Stream, tokenFor, type Answered } from "./bot.js";
import { brief, serverLike } from "./dialect-server.js";

describe("streaming", () => {
  const open = (sandbox: Sandbox, token: string, way: string, query = ""): Promise<void> => {
    const headers = way === "header" ? { authorization: `Bearer ${token}` } : {};
    const address = new URL(`${sandbox.url.replace("http", "ws")}/api/v1/streaming${query}`);
    if (way === "query") address.searchParams.set("access_token", token);
    return new Stream(new WebSocket(address, way === "protocol" ? [token] : [], { headers })).opened;
  };

  it.each<[DialectName, string, string | undefined][]>([
    [["mastodon", "read:statuses", "header query protocol"]],
    [["akkoma", "read", "query protocol"]],
    [["gotosocial", "read:statuses", "header"]],
    [["gotosocial", "read", "header query protocol"]],
    [["hollo", "read", ""]],
    [["friendica", "read", ""]],
    [["takahe", "read", ""]],
    [["mitra", "read", ""]],
  ])("takes tokens where that server looks for them: %s", async ([dialect, scope, ways]) => {
    const sandbox = await serverLike(dialect);
    const token = await tokenFor(sandbox, "alice", scope);
    const taken: string[] = [];
    for (const way of ["header", "query", "protocol"]) {
      await open(sandbox, token, way).then(
        () => taken.push(way),
        () => undefined,
      );
    }
    expect(taken.join(" ")).toBe(ways);
  });

  it("of GoToSocial passes `user:notification` over inside a socket, without a word", async () => {
    const sandbox = await serverLike("gotosocial");
    const token = await tokenFor(sandbox, "alice", "read");
    const headers = { authorization: `Bearer ${token}` };
    const stream = new Stream(new WebSocket(`${sandbox.url.replace("http", "ws")}/api/v1/streaming`, { headers }));
    await stream.opened;
    for (const name of ["user:notification", "user"])
      stream.socket.send(JSON.stringify({ type: "subscribe", stream: name }));
    expect(await sandbox.waitForStreams(([first]) => (first?.streams.length ?? 0) > 0)).toMatchObject([
      { streams: ["user"] },
    ]);
  });
});

describe("an idempotency key", () => {
  const post = (sandbox: Sandbox, token: string, status: string): Promise<Answered> =>
    ask(`${sandbox.url}/api/v1/statuses`, { token, body: { status }, headers: { "idempotency-key": "one" } });

  it.each<[DialectName, boolean, number, boolean]>([
    ["mastodon", true, 200, false],
    ["hollo", true, 200, false],
    ["akkoma", true, 200, true],
    ["mitra", true, 403, false],
    ["gotosocial", false, 200, false],
    ["friendica", false, 200, false],
    ["takahe", false, 200, false],
  ])("on %s", async (dialect, isSame, strangerStatus, strangerGetsIt) => {
    const sandbox = await serverLike(dialect);
    const token = await tokenFor(sandbox, "alice");
    const first = await post(sandbox, token, "first");
    const second = await post(sandbox, token, "second");
    expect(second.body.id === first.body.id).toBe(isSame);
    const stranger = await post(sandbox, await tokenFor(sandbox, "bob"), "of another");
    expect([stranger.status, stranger.body.id === first.body.id]).toEqual([strangerStatus, strangerGetsIt]);
  });

  it("of Akkoma brings refusals back too, from any endpoint", async () => {
    const sandbox = await serverLike("akkoma");
    const token = await tokenFor(sandbox, "alice");
    const refused = await post(sandbox, token, "");
    expect(refused.status).toBe(422);
    expect(await post(sandbox, token, "now with text")).toMatchObject({ status: 422, body: refused.body });
  });
});

describe("ids", () => {
  const snowflake = /^\d{18}$/;
  const uuid = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/;
  it.each<[DialectName, RegExp, RegExp]>([
    ["mastodon", snowflake, snowflake],
    ["gotosocial", /^0[\dA-HJKMNP-TV-Z]{25}$/, /^0[\dA-HJKMNP-TV-Z]{25}$/],
    ["akkoma", /^[\dA-Za-z]{18}$/, snowflake],
    ["hollo", uuid, /^\d{4}-\d\d-\d\dT[\d:.]+Z\/mention\/[\da-f-]{36}$/],
    ["mitra", uuid, snowflake],
  ])("of %s look like that server's, rise, and lead to what they name", async (dialect, ofPost, ofNotification) => {
    const sandbox = await serverLike(dialect);
    const ids: string[] = [];
    for (let at = 0; at < 50; at += 1)
      ids.push((await sandbox.actAs("bob").statuses.create({ status: "@alice hi" })).id);
    expect(ids.every((id) => ofPost.test(id))).toBe(true);
    expect(ids.toSorted()).toEqual(ids);
    const token = await tokenFor(sandbox, "alice");
    const all = `${sandbox.url}/api/v1/notifications`;
    const { body: newest } = await ask(`${all}?limit=2`, { token });
    expect(newest[0].id).toMatch(ofNotification);
    expect(newest[0].status.id).toBe(ids.at(-1));
    const { body: after } = await ask(`${all}?min_id=${encodeURIComponent(newest[1].id)}`, { token });
    expect(after.map(({ id }: { id: string }) => id)).toEqual([newest[0].id]);
    expect((await ask(`${all}/${encodeURIComponent(newest[0].id)}`, { token })).body.id).toBe(newest[0].id);
  });
});

it.each<[DialectName, unknown]>([
  ["mastodon", "300"],
  ["gotosocial", "300"],
  ["akkoma", null],
  ["hollo", null],
])("limits of %s are told by headers, or not", async (dialect, limit) => {
  const sandbox = await serverLike(dialect, { limits: "mastodon" });
  const { headers } = await ask(`${sandbox.url}/api/v1/timelines/public`);
  expect(headers.get("x-ratelimit-limit")).toBe(limit);
});

it("limits of Akkoma are small, in its words; Mitra's are the token endpoint's", async () => {
  const akkoma = await serverLike("akkoma", { limits: "mastodon" });
  const token = await tokenFor(akkoma, "alice");
  const answers: Answered[] = [];
  for (let at = 0; at < 31; at += 1) {
    answers.push(await ask(`${akkoma.url}/api/v1/statuses`, { token, body: { status: `${at}` } }));
  }
  expect(answers.map(brief)).toContainEqual([429, "Throttled"]);
  const mitra = await serverLike("mitra", { limits: "mastodon" });
  const statuses: number[] = [];
  for (let at = 0; at < 6; at += 1) statuses.push((await ask(`${mitra.url}/oauth/token`, { body: {} })).status);
  expect(statuses.slice(-1)).toEqual([429]);
});

it("GoToSocial is a teapot to a client without a name", async () => {
  const sandbox = await serverLike("gotosocial");
  const status = await new Promise((resolve) => {
    request(`${sandbox.url}/api/v1/instance`, (response) => resolve(response.resume().statusCode)).end();
  });
  expect(status).toBe(418);
  expect((await ask(`${sandbox.url}/api/v1/instance`)).status).toBe(200);
});

it("the instance is told in version 2 or only in version 1, with what the server calls itself", async () => {
  const found: Record<string, unknown> = {};
  for (const dialect of dialectNames) {
    const sandbox = await serverLike(dialect);
    const v2 = await ask(`${sandbox.url}/api/v2/instance`);
    const v1 = await ask(`${sandbox.url}/api/v1/instance`);
    found[dialect] = [v2.status, v1.body.version, typeof v1.body.urls.streaming_api];
  }
  expect(found).toMatchObject({
    mastodon: [200, "4.4.3", "string"],
    gotosocial: [200, expect.stringContaining("+git"), "string"],
    akkoma: [404, expect.stringContaining("Akkoma"), "string"],
    hollo: [200, expect.stringMatching(/^0\./), "undefined"],
    friendica: [200, expect.stringContaining("Friendica"), "undefined"],
    takahe: [200, expect.stringContaining("takahe/"), "undefined"],
    mitra: [200, expect.stringContaining("Mitra"), "undefined"],
  });
});
