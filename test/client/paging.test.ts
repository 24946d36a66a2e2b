import { describe, expect, test } from "vitest";
import type { Status } from "../../core/mastodon/entities.js";
import { NetworkError } from "../../core/errors.js";
import { startBot, type Bot } from "./bot.js";

const home = "/api/v1/timelines/home";
const text = ({ content }: Status) => content.replaceAll(/<[^>]*>/g, "");

/** A bot that has posted `1` to `count`. */
async function botWith(count: number): Promise<Bot> {
  const bot = await startBot();
  for (let at = 1; at <= count; at += 1) await bot.sandbox.actAs("alice").statuses.create({ status: String(at) });
  return bot;
}

describe("a list", () => {
  test("awaited is its first page, and is fetched when it is wanted", async () => {
    const bot = await botWith(5);
    const list = (await bot.attempt("list")).timelines.home;
    const wanted = list({ limit: 2 });
    expect(bot.calls("timelines.home").length).toBe(0);
    expect((await wanted).items.map(text)).toEqual(["5", "4"]);
    expect(bot.calls("timelines.home").length).toBe(1);
  });

  test("walked gives every entry once, page by page", async () => {
    const bot = await botWith(7);
    const seen: string[] = [];
    for await (const status of (await bot.attempt("list")).timelines.home({ limit: 3 })) seen.push(text(status));
    expect(seen).toEqual(["7", "6", "5", "4", "3", "2", "1"]);
    for (const { query } of bot.calls("timelines.home")) expect(query["limit"]).toBe("3");
  });

  test("fetches no more than is walked", async () => {
    const bot = await botWith(7);
    for await (const status of (await bot.attempt("list")).timelines.home({ limit: 2 }))
      if (text(status) === "5") break;
    expect(bot.calls("timelines.home").length).toBe(2);
  });

  test("leads to older entries, to newer ones and to its ends", async () => {
    const bot = await botWith(5);
    const first = await (await bot.attempt("list")).timelines.home({ limit: 2 });
    const second = await first.next();
    expect(second?.items.map(text)).toEqual(["3", "2"]);
    expect((await second?.previous())?.items.map(text)).toEqual(["5", "4"]);
    const third = await second?.next();
    expect(third?.items.map(text)).toEqual(["1"]);
    expect((await third?.next())?.items ?? []).toEqual([]);
    expect((await first.previous())?.items ?? []).toEqual([]);
  });

  test("begun in the middle leads to what is newer than its beginning", async () => {
    const bot = await botWith(5);
    const { timelines } = await bot.attempt("list");
    const newest = await timelines.home();
    const middle = await timelines.home({ limit: 2, max_id: newest.items[2]?.id ?? "" });
    expect(middle.items.map(text)).toEqual(["2", "1"]);
    expect((await middle.previous())?.items.map(text)).toEqual(["4", "3"]);
  });

  test("bounded from below stays above its bound", async () => {
    const bot = await botWith(6);
    const { timelines } = await bot.attempt("list");
    const all = await timelines.home();
    const seen: string[] = [];
    for await (const status of timelines.home({ limit: 2, since_id: all.items[4]?.id ?? "" })) seen.push(text(status));
    expect(seen).toEqual(["6", "5", "4", "3"]);
  });

  test("may be awaited and walked as often as one likes", async () => {
    const bot = await botWith(2);
    const list = (await bot.attempt("list")).timelines.home();
    expect((await list).items.length + (await list).items.length).toBe(4);
    const walked: string[] = [];
    for await (const status of list) walked.push(text(status));
    expect(walked).toEqual(["2", "1"]);
  });

  test("that fails rejects, awaited or walked", async () => {
    const bot = await botWith(1);
    bot.sandbox.addFault({ path: home, times: 6, action: "cut" });
    const list = (await bot.attempt("list")).timelines.home();
    await expect(list).rejects.toBeInstanceOf(NetworkError);
    const walk = async () => {
      for await (const status of list) expect(status).toBeUndefined();
    };
    await expect(walk()).rejects.toBeInstanceOf(NetworkError);
  });
});

describe("a Link header", () => {
  const answering = async (link: string | undefined, json: unknown = [{ id: "1", content: "x" }]) => {
    const bot = await startBot();
    const headers = link === undefined ? {} : { link };
    bot.sandbox.addFault({ path: home, times: 1_000, action: { status: 200, json, headers } });
    return bot;
  };

  test.each([
    ["none", undefined],
    ["empty", ""],
    ["prose", "next page, please"],
    ["no address", '<>; rel="next"'],
    ["an address without a query", '<https://server.example/next>; rel="next"'],
    ["another relation", '<https://server.example/?max_id=1>; rel="last"'],
    ["an open bracket", '<https://server.example/?max_id=1; rel="next"'],
    ["only lists in the query", '<https://server.example/?id[]=1>; rel="next"'],
  ])("%s: the list ends after its page", async (_what, link) => {
    const bot = await answering(link);
    const seen: string[] = [];
    for await (const { id } of (await bot.attempt("list")).timelines.home()) seen.push(id);
    expect([seen, bot.calls("timelines.home").length]).toEqual([["1"], 1]);
  });

  test("to another server is followed at this one only", async () => {
    const bot = await answering('<https://evil.example/api/v1/steal?max_id=1>; rel="next"');
    const first = await (await bot.attempt("list")).timelines.home();
    bot.sandbox.clearFaults();
    await first.next();
    expect(bot.calls("timelines.home").map(({ query }) => query["max_id"])).toEqual([undefined, "1"]);
  });

  test("that leads to its own page does not lead there for ever", async () => {
    const bot = await answering(`<https://server.example${home}?max_id=1>; rel="next"`);
    const seen: string[] = [];
    for await (const { id } of (await bot.attempt("list")).timelines.home()) seen.push(id);
    expect([seen, bot.calls("timelines.home").length]).toEqual([["1", "1"], 2]);
  });

  test.each([
    ["an object", { error: "?" }],
    ["null", null],
    ["nothing", []],
  ])("with %s where a list should be: an empty page, and the end", async (_what, json) => {
    const bot = await answering(`<https://server.example${home}?max_id=1>; rel="next"`, json);
    const page = await (await bot.attempt("list")).timelines.home();
    expect([page.items, await page.next()]).toEqual([[], undefined]);
  });
});
