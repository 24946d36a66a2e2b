import { networkInterfaces } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isLoopback } from "../../sandbox/control/control-routes.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { ask, exchange, outOfBand, register, stream, tokenFor, type Answered } from "./bot.js";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

const control = (path: string, body?: object, method?: string): Promise<Answered> =>
  ask(`${sandbox.url}/sandbox/${path}`, {
    ...(body === undefined ? {} : { body }),
    ...(method === undefined ? {} : { method }),
  });

describe("the control surface", () => {
  it("grants a code by the fixed contract", async () => {
    const client = await register(sandbox, "read");
    const body = { user: "alice", client_id: client.client_id, redirect_uri: outOfBand, scope: "read" };
    const { body: answer } = await control("grant", body);
    expect(Object.keys(answer)).toEqual(["code"]);
    expect((await exchange(sandbox, client, answer.code as string)).status).toBe(200);
  });

  it("acts as anybody, by name or by path, and gives the operation's answer", async () => {
    const created = await control("act", { user: "bob", operation: "statuses.create", params: { status: "hi" } });
    expect([created.status, created.body.account.acct]).toEqual([200, "bob"]);
    const path = `/api/v1/statuses/${created.body.id as string}/favourite`;
    expect((await control("act", { user: "alice", method: "POST", path })).body.favourites_count).toBe(1);
    const refused = await control("act", { user: "bob", operation: "statuses.get", params: { id: "1" } });
    expect([refused.status, refused.body]).toEqual([404, { error: "Record not found" }]);
  });

  it("revokes, expires, suspends", async () => {
    const token = await tokenFor(sandbox, "alice");
    const verify = async (): Promise<unknown> =>
      (await ask(`${sandbox.url}/api/v1/accounts/verify_credentials`, { token })).body.error;
    await control("suspend", { user: "alice", suspended: true });
    expect(await verify()).toBe("Your login is currently disabled");
    await control("suspend", { user: "alice", suspended: false });
    expect((await control("expire", { user: "alice" })).body).toEqual({ expired: 1 });
    expect(await verify()).toBe("The access token expired");
    expect((await control("revoke", { token })).body).toEqual({ revoked: 1 });
    expect(await verify()).toBe("The access token was revoked");
  });

  it("adds, lists and clears faults, and lists and drops streams", async () => {
    const { body } = await control("faults", {
      path: "/api/v2/instance",
      times: 1,
      when: "before",
      action: { status: 500 },
    });
    expect((await control("faults")).body).toMatchObject([{ id: body.id as number, left: 1, held: 0 }]);
    expect((await ask(`${sandbox.url}/api/v2/instance`)).status).toBe(500);
    await control("faults/release", {});
    await control("faults", undefined, "DELETE");
    expect((await control("faults")).body).toEqual([]);
    const client = stream(sandbox, await tokenFor(sandbox, "alice"));
    await client.opened;
    expect((await control("streams")).body).toMatchObject([{ kind: "websocket", user: "alice", streams: ["user"] }]);
    expect((await control("streams/half-open", { user: "alice" })).body).toEqual({ half_open: 1 });
    expect((await control("streams/drop", {})).body).toEqual({ dropped: 1 });
    await client.closed;
  });

  it("shows what came, without secrets, and forgets it on request", async () => {
    const token = await tokenFor(sandbox, "alice");
    const headers = { "user-agent": "test/1", "idempotency-key": "k" };
    await ask(`${sandbox.url}/api/v1/statuses?a[]=1`, { token, body: { status: "hi" }, headers });
    await ask(`${sandbox.url}/api/v1/timelines/home?access_token=${token}`);
    const { body } = await control("requests");
    expect(body.find(({ operation }: { operation: string }) => operation === "statuses.create")).toMatchObject({
      method: "POST",
      path: "/api/v1/statuses",
      query: { a: ["1"] },
      body: { status: "hi" },
      user: "alice",
      app: "tester",
      userAgent: "test/1",
      idempotencyKey: "k",
      status: 200,
    });
    for (const secret of sandbox.issuedSecrets()) expect(JSON.stringify(body)).not.toContain(secret);
    await control("requests", undefined, "DELETE");
    expect((await control("requests")).body).toEqual([]);
  });

  it("knows its people and takes new ones", async () => {
    expect((await control("users", { user: "carol" })).status).toBe(200);
    expect((await control("users")).body.map(({ user }: { user: string }) => user)).toEqual(["alice", "bob", "carol"]);
    expect((await control("users", { user: "carol" })).body.error).toContain("already been taken");
    expect((await control("users", { user: "no spaces" })).status).toBe(422);
  });

  it.each([
    ["grant", {}, "user"],
    ["grant", { user: "nobody", client_id: "x", redirect_uri: outOfBand, scope: "read" }, "nobody"],
    ["grant", { user: "alice", client_id: "x", redirect_uri: outOfBand, scope: "read" }, "invalid_client"],
    ["act", { user: "alice", operation: "statuses.explode" }, "no operation of the table"],
    ["act", { user: "alice", method: "GET", path: "/nowhere" }, "no operation"],
    ["suspend", { user: "alice" }, "suspended"],
    ["revoke", { who: "alice" }, "none of the alternatives"],
    ["faults", { action: "explode" }, "action"],
    ["faults", { times: 0, action: "cut" }, "times"],
    ["faults", { path: "api", action: "cut" }, "path"],
    ["faults", { action: { status: 200, json: 1, html: "" } }, "action"],
    ["expire", [], "body"],
  ])("%s refuses %j and says why", async (path, body, reason) => {
    const answer = await control(path, body);
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body)).toContain(reason);
  });

  it("refuses what is not JSON, and what it does not have", async () => {
    const answer = await ask(`${sandbox.url}/sandbox/act`, {
      body: "{",
      headers: { "content-type": "application/json" },
    });
    expect([answer.status, answer.body]).toEqual([422, { error: "body: is not JSON" }]);
    expect((await control("nothing")).status).toBe(404);
  });

  it("keeps pages of other origins out", async () => {
    const headers = { origin: "https://example.org" };
    expect((await ask(`${sandbox.url}/sandbox/users`, { headers })).status).toBe(403);
  });

  it.each([
    ["127.0.0.1", true],
    ["::ffff:127.0.0.1", true],
    ["::1", true],
    ["10.1.2.3", false],
    ["::ffff:10.0.0.1", false],
    ["1270.0.0.1", false],
    ["", false],
  ])("takes %s for loopback: %s", (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((face) => face?.family === "IPv4" && !face.internal)?.address;

  it.skipIf(outside === undefined)("is for loopback only, unless opened", async () => {
    for (const [who, status] of [
      ["loopback", 403],
      ["any", 200],
    ] as const) {
      const everywhere = await startSandbox({ host: "0.0.0.0", control: who });
      const answer = await ask(`http://${outside ?? ""}:${everywhere.port}/sandbox/users`);
      expect(answer.status).toBe(status);
      expect((await ask(`${everywhere.url}/sandbox/users`)).status).toBe(200);
      await everywhere.close();
    }
  });

  it("labels accounts as the option says, unless their owner did", async () => {
    const labels = async (label: "all" | "none" | "auto"): Promise<boolean[]> => {
      const other = await startSandbox({ label });
      await other.actAs("bob").accounts.updateCredentials({ bot: false });
      for (const user of ["alice", "bob"]) await tokenFor(other, user);
      await other.close();
      return other.users().map(({ bot }) => bot);
    };
    expect(await labels("auto")).toEqual([true, false]);
    expect(await labels("all")).toEqual([true, false]);
    expect(await labels("none")).toEqual([false, false]);
  });

  it("rejects a port that is taken", async () => {
    await expect(startSandbox({ port: sandbox.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
