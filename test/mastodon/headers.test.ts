import * as fc from "fast-check";
import { expect, test } from "vitest";

import { compareIds } from "../../core/mastodon/ids.js";
import { parseLinks } from "../../core/mastodon/pages.js";
import { parseRateLimit, parseRetryAfter, skewOf } from "../../core/mastodon/rate-limit.js";
import { userAgent } from "../../core/mastodon/user-agent.js";

const receivedAt = Date.UTC(2026, 0, 1, 12, 0, 0);

function head(headers: Record<string, string>, serverDate?: number) {
  return { headers, receivedAt, serverDate };
}

function limits(reset: string, serverDate?: number) {
  return parseRateLimit(
    head({ "x-ratelimit-limit": "300", "x-ratelimit-remaining": "299", "x-ratelimit-reset": reset }, serverDate),
  );
}

test("links give the query parameters of both neighbours", () => {
  expect(
    parseLinks(
      '<https://a.example/api/v1/timelines/home?limit=40&max_id=10>; rel="next", ' +
        '<https://a.example/api/v1/timelines/home?limit=40&min_id=20>; rel="prev"',
    ),
  ).toEqual({ next: { limit: "40", max_id: "10" }, prev: { limit: "40", min_id: "20" } });
});

test.each<[string, string | string[] | undefined, object]>([
  ["none", undefined, {}],
  ["an empty one", "", {}],
  [
    "several fields",
    ["<?max_id=1>; rel=next", "<?min_id=2>; rel=prev"],
    { next: { max_id: "1" }, prev: { min_id: "2" } },
  ],
  ["other attributes and cases", '<?max_id=1>; title="a, b"; REL="last Next"', { next: { max_id: "1" } }],
  ["a comma in the address", '<?max_id=1,2>; rel="next"', { next: { max_id: "1,2" } }],
  ["lists, which stay the caller's", '<?max_id=1&types[]=a&types%5B%5D=b>; rel="next"', { next: { max_id: "1" } }],
  ["no query", '<https://a.example/x>; rel="next"', {}],
  ["another relation", '<?max_id=1>; rel="nextish"', {}],
  ["junk", 'rel="next", <<?max_id=1; rel="next"', {}],
])("links: %s", (_name, header, expected) => {
  expect(parseLinks(header)).toEqual(expected);
});

test("no header makes the parsers throw", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `<?${text}>; rel="next"`),
      ),
      (a, b) => {
        expect(() => {
          parseLinks(b);
          parseRateLimit(head({ "x-ratelimit-limit": a, "x-ratelimit-remaining": a, "x-ratelimit-reset": b }));
          parseRetryAfter(head({ "retry-after": a }));
        }).not.toThrow();
      },
    ),
  );
});

test.each([
  ["ISO 8601 with microseconds", "2026-01-01T12:05:00.123456Z", 300_123],
  ["epoch seconds", String(receivedAt / 1000 + 300), 300_000],
  ["epoch milliseconds", String(receivedAt + 300_000), 300_000],
  ["seconds from now", "300", 300_000],
])("a reset as %s", (_name, reset, expected) => {
  expect(limits(reset)).toEqual({ limit: 300, left: 299, resetsAt: receivedAt + expected });
});

test("the server's clock is taken out of a point in time, not out of a number of seconds", () => {
  const serverDate = receivedAt - 3_600_000;
  expect(skewOf({ receivedAt, serverDate })).toBe(3_600_000);
  expect(limits("2026-01-01T11:05:00.000000Z", serverDate)?.resetsAt).toBe(receivedAt + 300_000);
  expect(limits(String(serverDate / 1000 + 300), serverDate)?.resetsAt).toBe(receivedAt + 300_000);
  expect(limits("300", serverDate)?.resetsAt).toBe(receivedAt + 300_000);
});

test("a reset in the past is now; nonsense is no limit", () => {
  expect(limits("2026-01-01T11:59:00Z")?.resetsAt).toBe(receivedAt);
  for (const reset of ["", "soon", "-5", "2999-01-01T00:00:00Z"]) expect(limits(reset)).toBeUndefined();
  expect(parseRateLimit(head({ "x-ratelimit-reset": "300" }))).toBeUndefined();
});

test("Retry-After takes seconds and dates", () => {
  expect(parseRetryAfter(head({ "retry-after": "30" }))).toBe(receivedAt + 30_000);
  expect(parseRetryAfter(head({ "retry-after": "Thu, 01 Jan 2026 12:01:00 GMT" }))).toBe(receivedAt + 60_000);
  expect(parseRetryAfter(head({ "retry-after": "Thu, 01 Jan 2026 11:01:00 GMT" }, receivedAt - 3_600_000))).toBe(
    receivedAt + 60_000,
  );
  expect(parseRetryAfter(head({}))).toBeUndefined();
});

test("numeric ids go by size, others by text", () => {
  const numbers = ["9", "10", "099", "100", "9007199254740993", "9007199254740994", "115000000000000000"];
  expect(numbers.toSorted(() => 0.5 - Math.random()).toSorted(compareIds)).toEqual(numbers);
  expect(compareIds("01HZZ", "01J00")).toBeLessThan(0);
  expect(compareIds("2026/mention/b", "2026/mention/a")).toBeGreaterThan(0);
  expect(compareIds("7", "7")).toBe(0);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n }), (a, b) => {
      expect(Math.sign(compareIds(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
});

test("the user agent names version and contact and cannot be broken out of", () => {
  expect(userAgent("0.1.0", "ops@example.org")).toBe("howdah/0.1.0 (+ops@example.org)");
  expect(userAgent("0.1.0")).toBe("howdah/0.1.0");
  expect(userAgent("0.1.0", "a) evil/1 (\r\nX-Injected: 1 ü")).toBe("howdah/0.1.0 (+a evil/1 X-Injected: 1)");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (contact) => {
      expect(userAgent("0.1.0", contact)).toMatch(/^howdah\/0\.1\.0(?: \(\+[^()\\]+\))?$/);
      expect(userAgent("0.1.0", contact)).toMatch(/^[\x20-\x7e]+$/);
    }),
  );
});
