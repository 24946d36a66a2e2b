import * as fc from "fast-check";
import qs from "qs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operationList } from "../../core/mastodon/operations.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { ask, tokenFor } from "./bot.js";

let sandbox: Sandbox;
let token: string;
beforeAll(async () => {
  sandbox = await startSandbox();
  token = await tokenFor(sandbox, "alice");
});
afterAll(() => sandbox.close());

const names = [
  "status",
  "id",
  "poll",
  "media_ids",
  "file",
  "limit",
  "max_id",
  "types",
  "q",
  "visibility",
  "acct",
  "duration",
  "note",
  "fields_attributes",
];
const value = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.oneof(fc.string(), fc.constant(null), fc.array(fc.string()))),
  fc.dictionary(
    fc.constantFrom("options", "expires_in", "0", "__proto__"),
    fc.oneof(fc.string(), fc.array(fc.string()), fc.integer()),
  ),
);
const body = fc.dictionary(fc.constantFrom(...names), value);

describe("garbage", () => {
  it.each(operationList)("$name never breaks the server", async ({ operation }) => {
    await fc.assert(
      fc.asyncProperty(body, fc.string({ unit: "binary", minLength: 1 }), async (values, segment) => {
        const path = operation.path.replaceAll(/\{\w+\}/g, encodeURIComponent(segment.replace(/\p{Surrogate}/gu, "?")));
        const isGet = operation.method === "GET";
        const query = isGet ? `?${qs.stringify(values)}` : "";
        const answer = await ask(sandbox.url + path + query, {
          method: operation.method,
          token,
          ...(isGet ? {} : { body: values }),
        });
        // 501: an operation that the sandbox knows and does not carry out.
        expect(answer.status === 501 || answer.status < 500, String(answer.status)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it.each([
    ["broken JSON", { body: "{", headers: { "content-type": "application/json" } }, 400],
    ["JSON that is no object", { body: "[1]", headers: { "content-type": "application/json" } }, 422],
    ["a broken multipart body", { body: "x", headers: { "content-type": "multipart/form-data; boundary=b" } }, 400],
    ["multipart without a boundary", { body: "x", headers: { "content-type": "multipart/form-data" } }, 400],
    ["a type that nobody knows", { body: "x", headers: { "content-type": "application/x-nothing" } }, 422],
    ["a huge body", { body: "x".repeat(2_000_000), headers: { "content-type": "application/json" } }, 413],
    [
      "deep nesting",
      {
        body: `status=a&${"a".repeat(10)}${"[b]".repeat(500)}=1`,
        headers: { "content-type": "application/x-www-form-urlencoded" },
      },
      200,
    ],
    [
      "a bad percent sign",
      { body: "status=%zz%E0%A4%A", headers: { "content-type": "application/x-www-form-urlencoded" } },
      200,
    ],
  ])("%s is answered", async (_what, request, status) => {
    const answer = await ask(`${sandbox.url}/api/v1/statuses`, { token, ...request });
    expect(answer.status).toBe(status);
  });

  it.each([
    ["/api/v1/nothing", 404],
    ["/api/v1/accounts/%E0%A4%A", 404],
    ["/api/v1/statuses/..%2f..%2fetc", 404],
    ["/oauth/authorize?client_id[]=1", 200],
    ["/nowhere", 404],
    ["/@nobody", 404],
  ])("%s is answered %i", async (path, status) => {
    let answer = await ask(sandbox.url + path);
    const location = answer.headers.get("location");
    if (location !== null) answer = await ask(new URL(location, sandbox.url).href);
    expect(answer.status).toBe(status);
    if (path.startsWith("/api")) expect(answer.body.error).toBeTypeOf("string");
  });

  it("a body of unknown length is cut off as well", async () => {
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    });
    const request = { method: "POST", body: endless, duplex: "half" } as RequestInit;
    const outcome = await fetch(`${sandbox.url}/api/v1/statuses`, request).then(
      ({ status }) => status,
      () => 413,
    );
    expect(outcome).toBe(413);
    expect((await ask(`${sandbox.url}/health`)).status).toBe(200);
  });

  it("answers say which origins may read them, and when they were made", async () => {
    const { headers } = await ask(`${sandbox.url}/api/v2/instance`, { headers: { origin: "https://example.org" } });
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("access-control-expose-headers")).toContain("Link");
    expect(headers.get("date")).toBeTruthy();
  });
});
