import { describe, expect, test } from "vitest";
import { compose, lengthOf, shorten } from "../../plugins/posting/compose.js";
import { readFeed } from "../../plugins/posting/feed.js";
import posting from "../../plugins/posting/index.js";
import { serveFeed } from "./feed-server.js";
import { post } from "./people.js";
import { mistakesIn, ride } from "./rider.js";

const feed = "https://news.example/feed.xml";
const answers = { "statuses.create": () => post() };

describe("configuration", () => {
  test.each<[string, unknown, string]>([
    ["nothing", {}, ": give exactly one of feed (an address) and texts (a list)"],
    ["both sources", { feed, texts: ["a"] }, "texts: give exactly one of feed (an address) and texts (a list)"],
    ["an unknown option", { feed, tempate: "x" }, ': Unrecognized key: "tempate"'],
    ["no address", { feed: "news" }, "feed: not an address: write the feed's, with http:// or https://"],
    [
      "another scheme",
      { feed: "file:///etc/passwd" },
      "feed: not an address: write the feed's, with http:// or https://",
    ],
    ["no texts", { texts: [] }, "texts: texts is empty: write at least one"],
    ["an empty text", { texts: ["a", " "] }, "texts.1: an empty text cannot be posted"],
    [
      "a text that is too long",
      { texts: ["a".repeat(51)], max_length: 50 },
      "texts.0: 51 characters where 50 fit: shorten it, or raise max_length",
    ],
    [
      "no room beside the warning",
      { texts: ["a".repeat(50)], max_length: 50, spoiler_text: "cw" },
      "texts.0: 50 characters where 48 fit: shorten it, or raise max_length",
    ],
    [
      "an unknown placeholder",
      { feed, template: "{titel} {link}" },
      "template: {titel} is unknown: write {title}, {link} or {summary}",
    ],
    [
      "no placeholder",
      { feed, template: "News!" },
      "template: every post would be the same: write {title}, {link} or {summary} into it",
    ],
    [
      "a long template",
      { feed, template: `{title}${"x".repeat(60)}`, max_length: 50 },
      "template: nothing fits into the 50 characters of a post beside it: shorten it",
    ],
    [
      "a wrong cron",
      { texts: ["a"], cron: "61 * * * *" },
      'cron: not a cron expression: write five fields as in "0 9 * * *", or six with seconds first',
    ],
    [
      "half a cron",
      { texts: ["a"], cron: "9 *" },
      'cron: not a cron expression: write five fields as in "0 9 * * *", or six with seconds first',
    ],
    ["two clocks", { feed, cron: "0 9 * * *", every: 5 }, "every: give every or cron, not both"],
    ["random with a feed", { feed, random: true }, "random: random does nothing with a feed: leave it out"],
    ["a backlog with texts", { texts: ["a"], backlog: 1 }, "backlog: backlog does nothing with texts: leave it out"],
    [
      "a language in words",
      { texts: ["a"], language: "English" },
      'language: not a language: write a code such as "en" or "pt-BR"',
    ],
    ["too often", { feed, every: 0 }, "every: every is in minutes, at least 1"],
  ])("%s", (_name, config, mistake) => {
    expect(mistakesIn(posting, config)).toEqual([mistake]);
  });

  test("the shortest that is right", () => {
    expect(mistakesIn(posting, { feed })).toEqual([]);
    expect(mistakesIn(posting, { texts: ["a"] })).toEqual([]);
  });

  test.each<[string, object, [string, unknown][]]>([
    ["texts daily at nine", { texts: ["a"] }, [["text", "0 9 * * *"]]],
    ["texts by cron", { texts: ["a"], cron: "0 8 * * 1" }, [["text", "0 8 * * 1"]]],
    ["a feed every quarter of an hour", { feed }, [["feed", { minutes: 15 }]]],
    ["a feed by minutes", { feed, every: 60 }, [["feed", { minutes: 60 }]]],
    ["a feed by cron", { feed, cron: "0 8 * * 1" }, [["feed", "0 8 * * 1"]]],
  ])("%s", async (_name, config, clocks) => {
    expect([...(await ride(posting, { config })).clocks]).toEqual(clocks);
  });
});

describe("texts", () => {
  test("in order, round and round", async () => {
    const rider = await ride(posting, { config: { texts: ["a", "b"], language: "en" }, answers });
    for (let i = 0; i < 3; i += 1) await rider.handle("text");
    expect(rider.writes()).toEqual(["a", "b", "a"].map((status) => ({ status, visibility: "public", language: "en" })));
  });

  test("a list that was shortened goes on from its beginning or within", async () => {
    const rider = await ride(posting, { config: { texts: ["a", "b"] }, answers });
    rider.stored.set("position", "7");
    await rider.handle("text");
    expect(["a", "b"]).toContain(rider.writes()[0]?.["status"]);
  });

  test("at random, each in its turn and none twice in a row", async () => {
    const rider = await ride(posting, { config: { texts: ["a", "b", "c"], random: true }, answers });
    for (let i = 0; i < 100; i += 1) await rider.handle("text");
    const posted = rider.writes().map(({ status }) => status);
    expect(new Set(posted)).toEqual(new Set(["a", "b", "c"]));
    expect(posted.some((text, index) => text === posted[index + 1])).toBe(false);
  });

  test("a second attempt posts the text of the first, once", async () => {
    let failing = true;
    const rider = await ride(posting, {
      config: { texts: ["a", "b", "c", "d"], random: true },
      answers: {
        "statuses.create": () => {
          if (failing) throw new Error("connection lost");
          return post();
        },
      },
    });
    const invocation = rider.invocation("text");
    await expect(invocation.attempt()).rejects.toThrow("connection lost");
    failing = false;
    await invocation.attempt();
    await invocation.attempt();
    const posted = rider.writes().map(({ status }) => status);
    expect(posted).toEqual([posted[0], posted[0]]);
  });

  test("ticks that had to wait together post one text each", async () => {
    let down = true;
    const rider = await ride(posting, {
      config: { texts: ["a", "b", "c"] },
      answers: {
        "statuses.create": () => {
          if (down) throw new Error("connection refused");
          return post();
        },
      },
    });
    const waiting = [rider.invocation("text"), rider.invocation("text")];
    for (const { attempt } of waiting) await expect(attempt()).rejects.toThrow("refused");
    down = false;
    rider.sent.length = 0;
    for (const { attempt } of waiting) await attempt();
    expect(rider.writes().map(({ status }) => status)).toEqual(["a", "b"]);
  });
});

describe("a post about an item", () => {
  const item = { title: "A title", link: "https://news.example/a", summary: "A summary" };

  test.each<[string, string, Partial<typeof item>, number, string]>([
    ["fits", "{title} {link} {summary}", {}, 100, "A title https://news.example/a A summary"],
    ["cuts the summary first", "{title} {link} {summary}", {}, 37, "A title https://news.example/a A su…"],
    ["drops the summary", "{title} {link} {summary}", {}, 32, "A title https://news.example/a"],
    ["then cuts the title", "{title} {link} {summary}", {}, 29, "A ti… https://news.example/a"],
    ["never cuts the link", "{title} {link}", {}, 10, "https://news.example/a"],
    [
      "closes the gap that a missing part leaves",
      "{title}\n\n{summary}\n\n{link}",
      { summary: "" },
      100,
      "A title\n\nhttps://news.example/a",
    ],
    ["does not fill placeholders that came with the item", "{title}", { title: "{link}" }, 100, "{link}"],
  ])("%s", (_name, template, parts, length, text) => {
    expect(compose(template, { ...item, ...parts }, length)).toBe(text);
  });

  test("never grows beyond the limit, whatever the parts hold", () => {
    const hostile = ["👩‍👩‍👧‍👦".repeat(40), `https://a.example/${"x".repeat(90)} `.repeat(9), "ä".repeat(300), "http://", ""];
    for (const title of hostile) {
      for (const summary of hostile) {
        const text = compose("{title} {link} {summary}", { title, summary, link: item.link }, 80);
        expect(lengthOf(text)).toBeLessThanOrEqual(80);
        expect(text).toContain(item.link);
      }
    }
  });

  test("counts and cuts what a reader sees as one character", () => {
    expect(lengthOf("👩‍👩‍👧‍👦é")).toBe(2);
    expect(shorten("👩‍👩‍👧‍👦".repeat(3), 2)).toBe("👩‍👩‍👧‍👦…");
    expect(lengthOf(`see https://news.example/${"x".repeat(500)}`)).toBe(4 + 23);
  });
});

describe("a slow feed", () => {
  const request = { userAgent: "test", validators: undefined };

  test("is given up after the timeout", async () => {
    const { url } = await serveFeed((_request, response) => void response.write("<rss>"));
    const { signal } = new AbortController();
    expect(await readFeed({ ...request, url, signal, timeoutMs: 50 })).toEqual({
      kind: "broken",
      reason: "it did not arrive within 0.05 seconds",
    });
  });

  test("is not called broken where the handler itself is stopped", async () => {
    const stop = new AbortController();
    const { url } = await serveFeed(() => stop.abort(new Error("let go")));
    await expect(readFeed({ ...request, url, signal: stop.signal, timeoutMs: 60_000 })).rejects.toThrow("let go");
  });
});
