import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { ask, tokenFor, type Answered } from "./bot.js";

let sandbox: Sandbox;
let token: string;
beforeEach(async () => {
  sandbox = await startSandbox();
  token = await tokenFor(sandbox, "alice");
});
afterEach(() => sandbox.close());

const post = (status = "x"): Promise<Answered> => ask(`${sandbox.url}/api/v1/statuses`, { token, body: { status } });
const posted = async (): Promise<number> => (await sandbox.actAs("alice").timelines.home()).length;

describe("a fault", () => {
  it("before the effect answers instead, as often as asked", async () => {
    const json = { error: "down" };
    sandbox.addFault({
      method: "POST",
      path: "/api/v1/statuses",
      times: 2,
      action: { status: 503, json, headers: { "Retry-After": "30" } },
    });
    const first = await post();
    expect([first.status, first.body, first.headers.get("retry-after")]).toEqual([503, json, "30"]);
    expect([(await post()).status, await posted()]).toEqual([503, 0]);
    expect([(await post()).status, await posted()]).toEqual([200, 1]);
  });

  it("after the effect hides the answer, as HTML too", async () => {
    sandbox.addFault({
      path: "/api/v1/statuses",
      when: "after",
      action: { status: 502, html: "<h1>Bad gateway</h1>" },
    });
    const { status, body, headers } = await post();
    expect([status, body, headers.get("content-type")]).toEqual([
      502,
      "<h1>Bad gateway</h1>",
      "text/html; charset=utf-8",
    ]);
    expect(await posted()).toBe(1);
  });

  it("fits the table's paths, methods and people", async () => {
    const { id } = await sandbox.actAs("alice").statuses.create({ status: "x" });
    sandbox.addFault({ path: "/api/v1/statuses/{id}", method: "DELETE", user: "bob", action: { status: 500 } });
    const remove = (by: string): Promise<Answered> =>
      ask(`${sandbox.url}/api/v1/statuses/${id}`, { method: "DELETE", token: by });
    expect((await ask(`${sandbox.url}/api/v1/statuses/${id}`, { token })).status).toBe(200);
    expect((await remove(await tokenFor(sandbox, "bob"))).status).toBe(500);
    expect((await remove(token)).status).toBe(200);
  });

  it.each([
    ["before", 0],
    ["after", 1],
  ] as const)("that holds %s the effect keeps it until the release", async (when, effects) => {
    const id = sandbox.addFault({ path: "/api/v1/statuses", when, action: "hold" });
    const answer = post();
    await sandbox.waitForRequest(({ operation }) => operation === "statuses.create");
    while (sandbox.faults()[0]?.held !== 1) await post("meanwhile");
    const before = await posted();
    sandbox.release(id);
    expect((await answer).status).toBe(200);
    expect((await posted()) - before).toBe(1 - effects);
  });

  it.each([
    ["before", 0],
    ["after", 1],
  ] as const)("that cuts %s the effect breaks the connection", async (when, effects) => {
    sandbox.addFault({ path: "/api/v1/statuses", when, action: "cut" });
    await expect(post()).rejects.toThrow("fetch failed");
    expect(await posted()).toBe(effects);
    expect(sandbox.requests().at(-1)).toMatchObject({ operation: "statuses.create", status: 0 });
    expect((await post()).status).toBe(200);
  });

  it("that delays answers as usual in the end", async () => {
    sandbox.addFault({ path: "/api/v1/statuses", action: { delayMs: 30 } });
    const order: string[] = [];
    await Promise.all([post("slow").then(() => order.push("slow")), post("quick").then(() => order.push("quick"))]);
    expect(order).toEqual(["quick", "slow"]);
    expect(await posted()).toBe(2);
  });

  it("works at the token endpoint, and is gone when cleared", async () => {
    sandbox.addFault({ path: "/oauth/token", times: 9, action: { status: 500 } });
    expect((await ask(`${sandbox.url}/oauth/token`, { method: "POST" })).status).toBe(500);
    sandbox.clearFaults();
    expect((await ask(`${sandbox.url}/oauth/token`, { method: "POST" })).status).toBe(400);
  });
});
