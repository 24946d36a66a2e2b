const created = new Date().toISOString();
const statusBytes = 3_072;

/** The person behind a token, as verify_credentials answers. */
export function personOf(number: number): object {
  const name = `bot${number}`;
  return {
    id: String(number + 1),
    username: name,
    acct: name,
    display_name: "A bot of the bench",
    locked: false,
    bot: true,
    created_at: created,
    note: "",
    url: `https://bench.example/@${name}`,
    avatar: "https://bench.example/avatar.png",
    avatar_static: "https://bench.example/avatar.png",
    header: "https://bench.example/header.png",
    header_static: "https://bench.example/header.png",
    followers_count: 1,
    following_count: 1,
    statuses_count: 1,
    emojis: [],
    fields: [],
    source: { privacy: "public", sensitive: false, language: "en", note: "", fields: [], follow_requests_count: 0 },
  };
}

/** Two marks stand where the numbers come: one person for each of a hundred posts in a row. */
const [idMark, authorMark] = ["@ID@", "@AUTHOR@"];

function template(padding: number): string {
  const author = { ...personOf(0), id: authorMark, username: "author", acct: "author", bot: false, source: undefined };
  const status = {
    id: idMark,
    created_at: new Date().toISOString(),
    in_reply_to_id: null,
    in_reply_to_account_id: null,
    sensitive: false,
    spoiler_text: "",
    visibility: "public",
    language: "en",
    uri: `https://bench.example/users/author/statuses/${idMark}`,
    url: `https://bench.example/@author/${idMark}`,
    replies_count: 0,
    reblogs_count: 0,
    favourites_count: 0,
    edited_at: null,
    content: `<p>${"x".repeat(padding)}</p>`,
    reblog: null,
    account: author,
    media_attachments: [],
    mentions: [],
    tags: [],
    emojis: [],
    card: null,
    poll: null,
  };
  return JSON.stringify(status);
}

const whole = template(Math.max(0, statusBytes - template(0).length));
const frame = JSON.stringify({ stream: ["user"], event: "update", payload: whole });
const parts = frame.split(new RegExp(`(${idMark}|${authorMark})`));

/** A status of 3 KB as the streaming API frames it; ids rise, a hundred people take turns. */
export function statusFrame(number: number): string {
  const id = String(115_000_000_000_000_000n + BigInt(number));
  return parts
    .map((part) => (part === idMark ? id : part === authorMark ? String(500 + (number % 100)) : part))
    .join("");
}
