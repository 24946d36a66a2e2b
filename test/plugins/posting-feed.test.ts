import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { NetworkError, ServerRefusedError, UncertainOutcomeError } from "../../core/errors.js";
import { readFeed } from "../../plugins/posting/feed.js";
import posting from "../../plugins/posting/index.js";
import { collectGarbage } from "../support/garbage.js";
import { post } from "./people.js";
import { body, rss, serveFeed, type Entry, type FeedServer } from "./feed-server.js";
import { ride, type Answers, type Rider } from "./rider.js";

const now = new Date("2026-03-01T12:00:00Z");
const entries = (...ids: string[]): Entry[] => ids.map((id) => ({ id }));
const daysAgo = (days: number): Date => new Date(now.getTime() - days * 24 * 60 * 60 * 1000);

async function rideOn(feed: FeedServer, config: object = {}, create: Answers["statuses.create"] = () => post()) {
  return ride(posting, { config: { feed: feed.url, ...config }, answers: { "statuses.create": create } });
}

const tick = (rider: Rider) => rider.handle("feed", { dueAt: now });
const texts = (rider: Rider) => rider.writes().map(({ status }) => status);
const titles = (rider: Rider) => texts(rider).map((text) => String(text).split("\n")[0]);

test("begins now: what the feed holds at first is not posted, what comes later is, oldest first", async () => {
  const feed = await serveFeed(body(rss(...entries("2", "1"))));
  const rider = await rideOn(feed);
  await tick(rider);
  expect(texts(rider)).toEqual([]);
  feed.answer = body(rss(...entries("4", "3", "2", "1")));
  await tick(rider);
  await tick(rider);
  expect(texts(rider)).toEqual(["Title 3\n\nhttps://news.example/3", "Title 4\n\nhttps://news.example/4"]);
  expect(rider.sent.map(({ key }) => key)).toEqual([expect.any(String), expect.any(String)]);
  expect(new Set(rider.sent.map(({ key }) => key)).size).toBe(2);
});

test("backlog posts the newest that are there at the start", async () => {
  const rider = await rideOn(await serveFeed(body(rss(...entries("3", "2", "1")))), { backlog: 2 });
  await tick(rider);
  expect(titles(rider)).toEqual(["Title 2", "Title 3"]);
});

test("at most max_per_run at a time; the others follow, also where the feed is unchanged or broken by then", async () => {
  const feed = await serveFeed(body(rss()));
  const rider = await rideOn(feed, { max_per_run: 2 });
  await tick(rider);
  feed.answer = body(rss(...entries("5", "4", "3", "2", "1")));
  await tick(rider);
  expect(titles(rider)).toEqual(["Title 1", "Title 2"]);
  feed.answer = body("", {}, 304);
  await tick(rider);
  expect(titles(rider)).toEqual(["Title 1", "Title 2", "Title 3", "Title 4"]);
  feed.answer = body("gone", {}, 500);
  await tick(rider);
  expect(titles(rider)).toEqual(["Title 1", "Title 2", "Title 3", "Title 4", "Title 5"]);
});

test("orders by date where every item has one", async () => {
  const feed = await serveFeed(body(rss()));
  const rider = await rideOn(feed);
  await tick(rider);
  const dated = [3, 1, 2].map((days) => ({ id: String(days), date: daysAgo(days) }));
  feed.answer = body(rss(...dated));
  await tick(rider);
  expect(titles(rider)).toEqual(["Title 3", "Title 2", "Title 1"]);
});

test("an item that is dated too far back is not news", async () => {
  const feed = await serveFeed(body(rss()));
  const rider = await rideOn(feed, { max_age_days: 2 });
  await tick(rider);
  feed.answer = body(rss({ id: "new", date: daysAgo(1) }, { id: "old", date: daysAgo(3) }));
  await tick(rider);
  expect(titles(rider)).toEqual(["Title new"]);
});

test("an item that leaves the feed and comes back is not new, nor is one whose id moves to https", async () => {
  const feed = await serveFeed(body(rss(...entries("http://news.example/2", "1"))));
  const rider = await rideOn(feed);
  await tick(rider);
  feed.answer = body(rss());
  await tick(rider);
  feed.answer = body(rss(...entries("https://news.example/2", "1")));
  await tick(rider);
  expect(texts(rider)).toEqual([]);
});

test("a long feed is remembered whole", async () => {
  const many = Array.from({ length: 3000 }, (_, index) => ({ id: `item-${index}` }));
  const rider = await rideOn(await serveFeed(body(rss(...many))));
  await tick(rider);
  await tick(rider);
  await tick(rider);
  expect(texts(rider)).toEqual([]);
});

test("another address starts anew", async () => {
  const first = await serveFeed(body(rss(...entries("1"))));
  const second = await serveFeed(body(rss(...entries("b", "a"))));
  const before = await rideOn(first);
  await tick(before);
  const after = await rideOn(second);
  after.stored = before.stored;
  await tick(after);
  expect(texts(after)).toEqual([]);
});

test("asks only for what has changed, with its name and for whom", async () => {
  const validators = { ETag: '"v1"', "Last-Modified": "Sun, 01 Mar 2026 10:00:00 GMT" };
  const feed = await serveFeed(body(rss(...entries("1")), validators));
  const rider = await rideOn(feed);
  await tick(rider);
  feed.answer = body("", {}, 304);
  await tick(rider);
  expect(feed.requests[0]?.headers).not.toHaveProperty("if-none-match");
  expect(feed.requests[1]?.headers).toMatchObject({
    "if-none-match": '"v1"',
    "if-modified-since": "Sun, 01 Mar 2026 10:00:00 GMT",
    "user-agent": "Howdah posting (for bot at https://home.example)",
  });
  expect(rider.told).toEqual([]);
});

const broken: [string, Parameters<typeof serveFeed>[0], RegExp][] = [
  ["an HTML page", body("<!doctype html><html><body>Hello</body></html>", {}), /neither RSS nor Atom/],
  ["nothing", body(""), /neither RSS nor Atom/],
  ["JSON", body('{"items":[]}'), /neither RSS nor Atom/],
  ["404", body(rss(...entries("1")), {}, 404), /its server answered 404/],
  ["a server error", body("<h1>Bad gateway</h1>", {}, 502), /its server answered 502/],
  ["cut XML", body(rss(...entries("2", "1")).slice(0, -40)), /cut off/],
  ["XML cut within a tag", body("<rss><channel><item><guid>1</guid><tit"), /cannot be used/],
  ["a huge body", body(rss(...entries("1")) + " ".repeat(5 * 1024 * 1024)), /larger than 4 MB/],
  [
    "a huge body in a small one",
    body(gzipSync(Buffer.alloc(5 * 1024 * 1024, 32)), { "Content-Encoding": "gzip" }),
    /larger than 4 MB/,
  ],
  ["an unknown encoding", body(rss(), { "Content-Type": "text/xml; charset=klingon" }), /cannot be used/],
  [
    "a connection that is cut",
    (_request, response) => {
      response.writeHead(200, { "Content-Length": "9000" });
      response.write("<rss>", () => response.destroy());
    },
    /cannot be used/,
  ],
  ["no answer", (request) => void request.socket.destroy(), /cannot be used/],
  ["a redirect in a circle", body("", { Location: "/feed.xml" }, 302), /redirect/],
];

test.each(broken)(
  "a feed that is %s: one clear warning, nothing posted, nothing lost",
  async (_name, answer, warning) => {
    const feed = await serveFeed(body(rss(...entries("1"))));
    const rider = await rideOn(feed);
    await tick(rider);
    feed.answer = answer;
    await tick(rider);
    expect(texts(rider)).toEqual([]);
    expect(rider.messages("warn")).toEqual([expect.stringMatching(warning)]);
    expect(rider.messages("warn")[0]).toContain(feed.url);
    expect(rider.messages("warn")[0]).toContain("next tick");
    feed.answer = body(rss(...entries("2", "1")));
    await tick(rider);
    expect(titles(rider)).toEqual(["Title 2"]);
  },
);

test("a feed that is broken at first has no first run before it works", async () => {
  const feed = await serveFeed(body("<html></html>"));
  const rider = await rideOn(feed);
  await tick(rider);
  feed.answer = body(rss(...entries("1")));
  await tick(rider);
  expect(texts(rider)).toEqual([]);
});

test("follows a redirect, reads gzip, Atom and other encodings", async () => {
  const atom = `<?xml version="1.0" encoding="ISO-8859-1"?><feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>
    <entry><id>urn:1</id><title type="html">Caf\u00e9 &lt;em&gt;noir&lt;/em&gt;</title><link href="/posts/1"/><link rel="alternate" href="https://news.example/1"/></entry></feed>`;
  const feed = await serveFeed((request, response) => {
    if (request.url === "/feed.xml") return void response.writeHead(301, { Location: "/new.xml" }).end();
    response.writeHead(200, { "Content-Type": "application/atom+xml", "Content-Encoding": "gzip" });
    response.end(gzipSync(Buffer.from(atom, "latin1")));
  });
  const rider = await rideOn(feed, { backlog: 1 });
  await tick(rider);
  expect(texts(rider)).toEqual(["Café noir\n\nhttps://news.example/1"]);
});

test("posts plain text that calls on nobody, and no link that is not one", async () => {
  const feed = await serveFeed(
    body(
      rss(
        {
          id: "2",
          title: "Less is &lt; more",
          link: "javascript:alert(1)",
          description: "<![CDATA[<p>One</p><p>two &amp; three</p>]]>",
        },
        { id: "1", title: "<![CDATA[Hi @zoe@away.example, see <b>this</b>]]>", link: "https://away.example/@zoe/1" },
      ),
    ),
  );
  const rider = await rideOn(feed, { backlog: 2, template: "{title} {link} {summary}" });
  await tick(rider);
  expect(texts(rider)).toEqual([
    "Hi @\u200Bzoe@away.example, see this https://away.example/@zoe/1",
    "Less is < more  One two & three",
  ]);
});

test("an item that says nothing is no post", async () => {
  const feed = await serveFeed(body("<rss><channel><item></item><item><guid>x</guid></item></channel></rss>"));
  const rider = await rideOn(feed, { backlog: 5 });
  await tick(rider);
  expect(texts(rider)).toEqual([]);
});

test("carries visibility, language and warning; the warning takes room", async () => {
  const feed = await serveFeed(
    body(rss({ id: "1", title: "t".repeat(200), link: `https://news.example/${"x".repeat(300)}` })),
  );
  const rider = await rideOn(feed, {
    backlog: 1,
    visibility: "unlisted",
    language: "en",
    spoiler_text: "News!",
    max_length: 60,
  });
  await tick(rider);
  expect(rider.writes()).toEqual([
    {
      status: `${"t".repeat(29)}…\n\nhttps://news.example/${"x".repeat(300)}`,
      visibility: "unlisted",
      language: "en",
      spoiler_text: "News!",
    },
  ]);
});

test("a second attempt sees the same new items, though the feed has changed, and doubles none", async () => {
  const feed = await serveFeed(body(rss()));
  let failures = 1;
  const rider = await rideOn(feed, {}, ({ status }) => {
    if (String(status).startsWith("Title 2") && failures-- > 0) throw new Error("connection lost");
    return post();
  });
  await tick(rider);
  feed.answer = body(rss(...entries("3", "2", "1")));
  const invocation = rider.invocation("feed", { dueAt: now });
  await expect(invocation.attempt()).rejects.toThrow("connection lost");
  feed.answer = body(rss(...entries("1", "4", "2")));
  await invocation.attempt();
  expect(titles(rider)).toEqual(["Title 1", "Title 2", "Title 2", "Title 3"]);
  await tick(rider);
  expect(titles(rider).slice(4)).toEqual(["Title 4"]);
});

test("ticks that had to wait for the server together post each item once", async () => {
  const feed = await serveFeed(body(rss()));
  let down = true;
  const rider = await rideOn(feed, {}, () => {
    if (down) throw new NetworkError("the server does not answer", "refused", false);
    return post();
  });
  await tick(rider);
  feed.answer = body(rss(...entries("2", "1")));
  const waiting = [rider.invocation("feed", { dueAt: now }), rider.invocation("feed", { dueAt: now })];
  for (const { attempt } of waiting) await expect(attempt()).rejects.toThrow("does not answer");
  down = false;
  rider.sent.length = 0;
  for (const { attempt } of waiting.toReversed()) await attempt();
  expect(titles(rider)).toEqual(["Title 1", "Title 2"]);
});

test("an attempt after a crash between posting and storing posts nothing again", async () => {
  const feed = await serveFeed(body(rss(...entries("2", "1"))));
  const rider = await rideOn(feed, { backlog: 2 });
  const invocation = rider.invocation("feed", { dueAt: now });
  await invocation.attempt();
  rider.stored = new Map();
  await invocation.attempt();
  expect(titles(rider)).toEqual(["Title 1", "Title 2"]);
});

test.each([
  ["refuses", new ServerRefusedError("statuses.create", 422, { error: "Text is too long" })],
  ["never confirms", new UncertainOutcomeError("statuses.create")],
])("an item that the server %s is left out; the others are posted", async (_name, error) => {
  const feed = await serveFeed(body(rss(...entries("3", "2", "1"))));
  const rider = await rideOn(feed, { backlog: 3 }, ({ status }) => {
    if (String(status).startsWith("Title 2")) throw error;
    return post();
  });
  await tick(rider);
  await tick(rider);
  expect(titles(rider)).toEqual(["Title 1", "Title 2", "Title 3"]);
  expect(rider.messages("error")).toEqual([expect.stringContaining("left out")]);
});

test.each([401, 403, 429, 500])(
  "a refusal with %i concerns the account, not the item: the handler fails",
  async (status) => {
    const feed = await serveFeed(body(rss(...entries("1"))));
    const rider = await rideOn(feed, { backlog: 1 }, () => {
      throw new ServerRefusedError("statuses.create", status, {});
    });
    await expect(tick(rider)).rejects.toThrow(ServerRefusedError);
    expect(rider.stored.size).toBe(0);
  },
);

test("a feed whose server says nothing is given up in time, whatever the collector takes meanwhile", async () => {
  collectGarbage();
  const { url } = await serveFeed(() => undefined);
  const { signal } = new AbortController();
  const reading = await readFeed({ url, userAgent: "howdah-test", validators: undefined, signal, timeoutMs: 300 });
  expect(reading).toEqual({ kind: "broken", reason: "it did not arrive within 0.3 seconds" });
});
