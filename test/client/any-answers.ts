import { gzipSync } from "node:zlib";
import type { Dice } from "../chaos/seed.js";

/** What a server writes in answer to one request: any bytes, and whether it hangs up then. */
export interface AnyAnswer {
  readonly kind: string;
  readonly bytes: Buffer;
  readonly hangsUp: boolean;
}

/** A token that quotes itself into answers must not come out of errors. */
export const quotedToken = "s3cr3t-t0ken-0123456789";

/** Anything that a server, a proxy or somebody in between may answer, as the dice say. */
export function anyAnswer(dice: Dice): AnyAnswer {
  if (dice.below(40) === 0) return { kind: "noise", bytes: noise(dice, 300), hangsUp: true };
  const body = dice.pick(bodies)(dice);
  const fields = [...contentType(dice), ...dice.pick(oddFields)(dice)];
  const status = dice.pick(statuses);
  const [length, kind] = declared(dice, body.length);
  fields.push(...length);
  const whole = Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status} Said\r\n${fields.join("\r\n")}\r\n\r\n`, "latin1"),
    length[0]?.startsWith("Transfer") === true ? chunked(body) : body,
  ]);
  const isCut = dice.below(12) === 0;
  return {
    kind: isCut ? "cut" : kind,
    bytes: isCut ? whole.subarray(0, dice.below(whole.length)) : whole,
    // Without it some answers never end, as others do that are asked for by name.
    hangsUp: isCut || kind !== "exact" || dice.below(10) === 0,
  };
}

const statuses = [
  200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 201, 202, 204, 206, 226, 299, 300, 301, 302, 303, 304,
  307, 308, 400, 401, 403, 404, 406, 410, 418, 422, 429, 451, 499, 500, 501, 502, 503, 504, 520, 599, 101, 103, 999,
] as const;

/** Of the lengths that are declared, most are right. */
function declared(dice: Dice, length: number): [fields: string[], kind: string] {
  const choice = dice.below(20);
  if (choice < 13) return [[`Content-Length: ${length}`], "exact"];
  if (choice < 17) return [["Transfer-Encoding: chunked"], "exact"];
  if (choice === 17) return [[], "until the end"];
  if (choice === 18) return [[`Content-Length: ${dice.below(length + 50)}`], "another length"];
  return [[`Content-Length: ${dice.pick(["-1", "x", "1e9", "18446744073709551616", "5, 6", ""])}`], "no length"];
}

function chunked(body: Buffer): Buffer {
  const half = Math.floor(body.length / 2);
  const parts = [body.subarray(0, half), body.subarray(half)].filter(({ length }) => length > 0);
  const chunks = parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);
  return Buffer.concat([...chunks, Buffer.from("0\r\n\r\n")]);
}

const types = [
  "application/json",
  "application/json; charset=utf-8",
  "application/json; charset=utf-16",
  "text/html",
  "text/plain",
  "image/png",
  "application/activity+json",
  "application/octet-stream",
  ";;;",
] as const;

function contentType(dice: Dice): string[] {
  return dice.below(10) === 0 ? [] : [`Content-Type: ${dice.pick(types)}`];
}

const nothing = (): string[] => [];

const oddFields: readonly [(dice: Dice) => string[], ...((dice: Dice) => string[])[]] = [
  nothing,
  nothing,
  nothing,
  (dice) => [`Link: ${dice.pick(links)}`],
  (dice) => [`Link: ${dice.pick(links)}`, `Link: ${dice.pick(links)}`],
  (dice) => [`Link: <https://x.example/?max_id=${dice.below(9)}>; rel="next"`],
  (dice) => [`Location: ${dice.pick(locations)}`],
  (dice) => [`Location: /api/v1/elsewhere?at=${dice.below(9)}`],
  (dice) => [`X-Big: ${"a".repeat(dice.below(30_000))}`],
  (dice) => Array.from({ length: dice.below(500) }, (_, at) => `X-Many-${at}: ${at}`),
  (dice) => [
    `X-RateLimit-Limit: ${dice.pick(numbers)}`,
    `X-RateLimit-Remaining: ${dice.pick(numbers)}`,
    `X-RateLimit-Reset: ${dice.pick(times)}`,
  ],
  (dice) => [`Retry-After: ${dice.pick(times)}`],
  (dice) => [`Date: ${dice.pick(times)}`],
  () => ["Content-Encoding: gzip"],
  () => ["Connection: close"],
  () => ["Set-Cookie: a=b", "Set-Cookie: c=d"],
  (dice) => [
    `X-Odd: ${noise(dice, 30)
      .toString("latin1")
      .replaceAll(/[\r\n]/g, "")}`,
  ],
];

const links = [
  "",
  "<",
  ">; rel=next",
  `<>; rel="next"`,
  `</?>; rel="next"`,
  `<https://other.example/steal?access_token=1&max_id=5>; rel="next"`,
  `<?__proto__=1&constructor=2&max_id=3>; rel=next`,
  `<?id=..%2F..%2Fadmin&limit=0>; rel="next prev"`,
  `<?max_id=%ff%00>; rel="next"; rel="prev"`,
  `${"<?a=1>; rel=x, ".repeat(300)}<?max_id=1>; rel="next"`,
  `<?max_id=1>${"; ".repeat(2_000)}rel="next"`,
] as const;

const locations = [
  "https://other.example/api/v1/x",
  "//other.example/",
  "http://[",
  "",
  "/",
  "?",
  "#",
  "javascript:alert(1)",
  "file:///etc/passwd",
  "/api/v1/\u00fc\u00ff",
  `/${"x".repeat(5_000)}`,
] as const;

const numbers = ["300", "0", "-1", "1e3", "NaN", "", "99999999999999999999", "300, 300"] as const;
const times = [
  "0",
  "1",
  "-5",
  "1e99",
  "soon",
  "9999999999999999",
  "2026-01-01T00:00:00.000Z",
  "Thu, 01 Jan 1970 00:00:00 GMT",
  "Fri, 31 Dec 9999 23:59:59 GMT",
  "275760-09-13T00:00:00Z",
] as const;

const bodies: readonly [(dice: Dice) => Buffer, ...((dice: Dice) => Buffer)[]] = [
  (dice) => text(jsonOf(dice, 4)),
  (dice) => text(jsonOf(dice, 4)),
  (dice) => text(entity(dice)),
  (dice) => text(entity(dice)),
  (dice) => text(`[${Array.from({ length: dice.below(6) }, () => entity(dice)).join(",")}]`),
  (dice) => text(`[${Array.from({ length: dice.below(6) }, () => jsonOf(dice, 2)).join(",")}]`),
  (dice) => text(entity(dice).slice(0, -1 - dice.below(20))),
  (dice) => noise(dice, 400),
  (dice) => text(dice.pick(fixed)),
  (dice) => gzipSync(entity(dice)),
  (dice) => gzipSync(entity(dice)).subarray(0, 15),
  (dice) => Buffer.from(entity(dice), "utf16le"),
  (dice) => nested(dice.pick(['{"a":', "[", '[{"__proto__":'] as const), 1 + dice.below(20_000)),
];

const text = (from: string): Buffer => Buffer.from(from);

const fixed = [
  "",
  " ",
  "null",
  "true",
  "0",
  "-0",
  "1e999",
  '""',
  "{}",
  "[]",
  "[null]",
  "[[]]",
  "{",
  '{"error":',
  "NaN",
  "undefined",
  "\ufeff{}",
  "<!doctype html><title>Bad gateway</title>",
  `{"error":"${"long ".repeat(20_000)}"}`,
  `{"error":{"a":["${quotedToken}"]}}`,
  `{"error":"the token ${quotedToken} is not mine"}`,
  `<p>${quotedToken}</p>`,
  '{"__proto__":{"url":"x","id":"1"}}',
  '{"constructor":{"prototype":{"polluted":true}},"__proto__":{"polluted":true}}',
  '{"id":"1","id":"2"}',
  '"\\ud800"',
  "{'id':1}",
] as const;

function nested(open: string, depth: number): Buffer {
  const close = open === "[" ? "]" : open.startsWith("[") ? "}]" : "}";
  return Buffer.from(`${open.repeat(depth)}1${close.repeat(depth)}`);
}

function noise(dice: Dice, longest: number): Buffer {
  return Buffer.from(Array.from({ length: dice.below(longest) }, () => dice.below(256)));
}

/** Something like a post, a person or a file, with values of any type in it. */
function entity(dice: Dice): string {
  const names = ["id", "url", "account", "status", "content", "created_at", "visibility", "in_reply_to_id", "type"];
  const some = names.filter(() => dice.below(2) === 0).map((name) => `"${name}":${valueOf(dice, name)}`);
  return `{${some.join(",")}}`;
}

function valueOf(dice: Dice, name: string): string {
  if (dice.below(3) === 0) return jsonOf(dice, 1);
  if (name === "account") return '{"id":"7","acct":"zoe"}';
  return dice.pick(['"1"', '"x"', "null"]);
}

function jsonOf(dice: Dice, depth: number): string {
  const choice = dice.below(depth === 0 ? 6 : 8);
  if (choice === 0) return "null";
  if (choice === 1) return String(dice.below(2) === 0);
  if (choice === 2) return dice.pick(["0", "-1", "1.5", "1e30", "12345678901234567890"]);
  if (choice < 6) return JSON.stringify(dice.pick(strings));
  const length = dice.below(4);
  const items = Array.from({ length }, () => jsonOf(dice, depth - 1));
  if (choice === 6) return `[${items.join(",")}]`;
  return `{${items.map((item) => `${JSON.stringify(dice.pick(strings))}:${item}`).join(",")}}`;
}

const strings = [
  "",
  "id",
  "url",
  "..",
  "__proto__",
  "constructor",
  "toString",
  "then",
  "\u0000",
  "\ud800",
  "ünï",
  "<p>",
] as const;
