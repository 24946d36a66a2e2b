import { describe, expect, test } from "vitest";
import { BudgetError } from "../../core/errors.js";
import { startBot } from "./bot.js";

/** The end of the window that is open now, for windows of this length. */
const resetOf = (windowMs: number) => (Math.floor(Date.now() / windowMs) + 1) * windowMs;
const iso = (time: number) => new Date(time).toISOString();

function limitHeaders(left: number, resetsAt: number): Record<string, string> {
  return { "x-ratelimit-limit": "300", "x-ratelimit-remaining": String(left), "x-ratelimit-reset": iso(resetsAt) };
}

const home = "/api/v1/timelines/home";

describe("the server's limit", () => {
  test("is kept by waiting: no request is refused, and none is lost", async () => {
    // 300 requests in 3 s, by a token.
    const bot = await startBot({ limits: "mastodon", windowScale: 0.01 });
    const client = await bot.attempt("burst");
    for (let at = 0; at < 310; at += 1) await client.instance.get();
    const statuses = bot.calls("instance.get").map(({ status }) => status);
    expect([statuses.length, new Set(statuses)]).toEqual([310, new Set([200])]);
  });

  test("holds a call back until the reset, by the headers of the last answer", async () => {
    const bot = await startBot();
    const resetsAt = resetOf(1_000) + 1_000;
    bot.sandbox.addFault({ path: home, action: { status: 200, json: [], headers: limitHeaders(0, resetsAt) } });
    const client = await bot.attempt("wait");
    await client.timelines.home();
    await client.timelines.home();
    const times = bot.calls("timelines.home").map(({ time }) => Date.parse(time));
    expect(times[1]).toBeGreaterThanOrEqual(resetsAt - 1);
    expect(await bot.outlet.budget.rows()).toContainEqual(expect.objectContaining({ bucket: "token", limit: 240 }));
  });

  test("of one bucket does not hold another one back", async () => {
    const bot = await startBot();
    await bot.hold("statuses", 3_600_000);
    const client = await bot.attempt("other");
    expect((await client.timelines.home()).items).toEqual([]);
  });

  test("beyond the deadline is a BudgetError that says when, and nothing is sent", async () => {
    const bot = await startBot();
    const before = Date.now();
    await bot.hold("statuses", 3_600_000);
    const error: unknown = await (
      await bot.attempt("late")
    ).statuses
      .create({ status: "hello" })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BudgetError);
    expect(error).toMatchObject({ code: "BUDGET_EXHAUSTED" });
    expect((error as BudgetError).resetsAt.getTime()).toBeGreaterThanOrEqual(before + 3_600_000);
    expect([bot.sandbox.requests(), (await bot.ledger.trace("late")).writes.size]).toEqual([[], 0]);
  });

  test("does not keep a handler that was told to end", async () => {
    const bot = await startBot();
    await bot.hold("token", 30_000);
    const ending = new AbortController();
    const client = await bot.attempt("end", { signal: ending.signal });
    const reading = client.instance.get();
    ending.abort();
    await expect(reading).rejects.toThrow("aborted");
    expect(bot.sandbox.requests()).toEqual([]);
  });
});

describe("429", () => {
  const refused = (headers: Record<string, string> = {}) =>
    ({ status: 429, json: { error: "Too many requests" }, headers }) as const;

  test.each([
    ["the reset of the limit", () => limitHeaders(0, Date.now() + 1_500)],
    ["seconds in Retry-After", () => ({ "retry-after": "1" })],
    ["a reset that is over", () => limitHeaders(0, Date.now() - 60_000)],
    ["Retry-After: 0", () => ({ "retry-after": "0" })],
  ])("is waited out and asked again: %s", async (_what, headers) => {
    const bot = await startBot();
    bot.sandbox.addFault({ path: "/api/v1/statuses", action: refused(headers()) });
    await (await bot.attempt("post")).statuses.create({ status: "hello" });
    expect(await bot.posts()).toEqual(["hello"]);
    const [first = 0, second = 0] = bot.calls("statuses.create").map(({ time }) => Date.parse(time));
    expect(second - first).toBeGreaterThan(800);
    expect([...(await bot.ledger.trace("post")).writes.values()]).toMatchObject([{ state: "done" }]);
  });

  test.each([
    ["a read", "timelines.home", home],
    ["a write", "statuses.create", "/api/v1/statuses"],
  ] as const)(
    "without a word about when: %s waits a minute, or fails now where that is too long",
    async (_what, operation, path) => {
      const bot = await startBot();
      bot.sandbox.addFault({ path, action: refused() });
      const client = await bot.attempt("blind", { deadline: Date.now() + 20_000 });
      const call =
        operation === "statuses.create" ? client.statuses.create({ status: "hello" }) : client.timelines.home();
      const before = Date.now();
      const error: unknown = await Promise.resolve(call).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BudgetError);
      expect((error as BudgetError).resetsAt.getTime()).toBeGreaterThanOrEqual(before + 59_000);
      expect(bot.calls(operation).length).toBe(1);
      expect(await bot.states("blind")).not.toContain("sent");
    },
  );

  test("holds back everything of that bucket from then on", async () => {
    const bot = await startBot();
    bot.sandbox.addFault({ path: home, action: refused({ "retry-after": "3600" }) });
    const client = await bot.attempt("all");
    await expect(client.timelines.home()).rejects.toBeInstanceOf(BudgetError);
    await expect(client.notifications.list()).rejects.toBeInstanceOf(BudgetError);
    expect(bot.sandbox.requests().length).toBe(1);
  });
});
