/**
 * The server of the comparisons, in a process of its own: it answers what a Mastodon server would, from memory, and
 * does nothing else, so that the calling side is what is measured. Sends its origin to its parent.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const bodyBytes = 3_072;
const created = "2026-01-02T03:04:05.678Z";

const account = {
  id: "109348684920000001",
  username: "weather",
  acct: "weather",
  display_name: "Weather in Berlin",
  locked: false,
  bot: true,
  discoverable: true,
  group: false,
  created_at: created,
  note: "<p>Every morning at seven.</p>",
  url: "https://mastodon.example/@weather",
  uri: "https://mastodon.example/users/weather",
  avatar: "https://files.mastodon.example/accounts/avatars/original/avatar.png",
  avatar_static: "https://files.mastodon.example/accounts/avatars/original/avatar.png",
  header: "https://files.mastodon.example/accounts/headers/original/header.png",
  header_static: "https://files.mastodon.example/accounts/headers/original/header.png",
  followers_count: 120,
  following_count: 3,
  statuses_count: 4321,
  last_status_at: "2026-01-02",
  emojis: [],
  fields: [],
};

const statusOf = (id: number, content: string) => ({
  id: `1150000000000000${id}`,
  created_at: created,
  in_reply_to_id: null,
  in_reply_to_account_id: null,
  sensitive: false,
  spoiler_text: "",
  visibility: "public",
  language: "en",
  uri: `https://mastodon.example/users/weather/statuses/1150000000000000${id}`,
  url: `https://mastodon.example/@weather/1150000000000000${id}`,
  replies_count: 0,
  reblogs_count: 1,
  favourites_count: 2,
  edited_at: null,
  favourited: false,
  reblogged: false,
  muted: false,
  bookmarked: false,
  content: `<p>${content}</p>`,
  reblog: null,
  application: { name: "Howdah", website: null },
  account,
  media_attachments: [],
  mentions: [],
  tags: [],
  emojis: [],
  card: null,
  poll: null,
});

/** Two statuses, the first made as long as it takes. */
function homeTimeline(): string {
  const textWith = (padding: number) => JSON.stringify([statusOf(10, "x".repeat(padding)), statusOf(11, "Rain.")]);
  return textWith(Math.max(0, bodyBytes - textWith(0).length));
}

const timeline = homeTimeline();
const posted = JSON.stringify(statusOf(12, "Sun from noon."));

const limits = { "x-ratelimit-limit": "1000000000", "x-ratelimit-remaining": "999999999" };
const link = (id: number, name: string) =>
  `<https://mastodon.example/api/v1/timelines/home?limit=2&${name}=1150000000000000${id}>`;
const links = `${link(11, "max_id")}; rel="next", ${link(10, "min_id")}; rel="prev"`;

const server = createServer((request, response) => {
  const text = request.method === "GET" ? timeline : posted;
  const answer = () => {
    response.writeHead(200, {
      "content-type": "application/json; charset=utf-8",
      "content-length": text.length,
      ...limits,
      "x-ratelimit-reset": resetsAt(),
      ...(request.method === "GET" && { link: links }),
    });
    response.end(text);
  };
  if (request.method === "GET") return answer();
  request.on("end", answer).resume();
});
// Sides rest while others have their round: their connections stay.
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on("disconnect", () => process.exit());

let resetText = "";
let resetTextUntil = 0;

/** The end of the window of five minutes, as Mastodon writes it. */
function resetsAt(): string {
  const now = Date.now();
  if (now >= resetTextUntil) {
    resetTextUntil = now - (now % 300_000) + 300_000;
    resetText = new Date(resetTextUntil).toISOString();
  }
  return resetText;
}
