import assert from "node:assert/strict";
import { inspect } from "node:util";

import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { NetworkError } from "../../core/errors.js";
import { createHttp } from "../../core/mastodon/create-http.js";
import type { Answer, Http } from "../../core/mastodon/http.js";
import { fetchServerInfo } from "../../core/mastodon/server-info.js";
import { tcpServer, type LocalServer } from "./local-server.js";

const token = "s3cr3t-t0ken-0123456789";
const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

let bytes: Buffer = Buffer.alloc(0);
let server: LocalServer;
let http: Http;

beforeAll(async () => {
  server = await tcpServer((socket) => socket.once("data", () => socket.end(bytes)));
  http = createHttp({ userAgent: "howdah/0.1.0", connections: 4 });
});

afterAll(async () => {
  await http.close();
  await vi.waitFor(() => assert.equal(server.sockets.size, 0));
  await server.close();
  assert.deepEqual(unhandled, []);
});

const status = fc.oneof(
  fc.constantFrom(200, 201, 202, 204, 206, 301, 304, 400, 401, 404, 422, 429, 500, 503),
  fc.integer({ min: 200, max: 599 }),
);
const type = fc.constantFrom(
  "application/json",
  "application/json; charset=utf-8",
  "text/html",
  "",
  "application/octet-stream",
);
const body = fc.oneof(
  fc.json().map((text) => Buffer.from(text)),
  fc.json().map((text) => Buffer.from(text.slice(0, text.length / 2))),
  fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  fc
    .constantFrom("", "null", "{", '{"error":', "<html></html>", '"', "\ufeff{}", `{"error":"${token}"}`)
    .map((text) => Buffer.from(text)),
);
const answer = fc
  .record({
    status,
    type,
    body,
    declared: fc.option(fc.integer({ min: 0, max: 400 })),
    cut: fc.option(fc.nat(400)),
    location: fc.option(fc.string()),
  })
  .map(({ status, type, body, declared, cut, location }) => {
    const fields = [`HTTP/1.1 ${status} X`, `Content-Type: ${type}`, "Connection: close", "Date: never"];
    if (declared !== null) fields.push(`Content-Length: ${declared}`);
    if (location !== null) fields.push(`Location: ${location.replace(/[^\x20-\x7e]/g, "")}`);
    const whole = Buffer.concat([Buffer.from(`${fields.join("\r\n")}\r\n\r\n`), body]);
    return cut === null ? whole : whole.subarray(0, cut);
  });
const noise = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));

function checkError(error: NetworkError): void {
  expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(token);
}

function checkAnswer({ status, body, isJson }: Answer): void {
  expect(status).toBeGreaterThanOrEqual(200);
  assert(isJson || body === undefined || (status >= 300 && typeof body === "string"));
  assert(status < 300 || !inspect(body).includes(token));
}

test("whatever comes is an answer or a NetworkError that keeps the token to itself", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 9, arbitrary: answer }, { weight: 1, arbitrary: noise }), async (generated) => {
      bytes = generated;
      const outcome: unknown = await http
        .send({ origin: server.origin, method: "GET", path: "/", token, what: "x", timeoutMs: 5_000 })
        .catch((error: unknown) => error);
      if (outcome instanceof NetworkError) checkError(outcome);
      else checkAnswer(outcome as Answer);
    }),
    { numRuns: 1_500 },
  );
  expect(unhandled).toEqual([]);
});

test("whatever a server says about itself is information or a NetworkError", async () => {
  const instance = fc.record(
    {
      title: fc.jsonValue(),
      version: fc.jsonValue(),
      source_url: fc.jsonValue(),
      urls: fc.oneof(fc.jsonValue(), fc.record({ streaming_api: fc.oneof(fc.string(), fc.webUrl()) })),
      rules: fc.oneof(fc.jsonValue(), fc.array(fc.record({ text: fc.jsonValue() }))),
      configuration: fc.oneof(
        fc.jsonValue(),
        fc.record({ urls: fc.jsonValue(), statuses: fc.jsonValue(), media_attachments: fc.jsonValue() }),
        fc.record({
          urls: fc.record({ streaming: fc.oneof(fc.string(), fc.webUrl({ validSchemes: ["wss", "javascript"] })) }),
        }),
      ),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(instance, async (generated) => {
      const text = JSON.stringify(generated);
      bytes = Buffer.from(
        `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
      );
      const info = await fetchServerInfo(http, server.origin);
      expect(info.source).toBe("v2");
      assert(info.streaming === undefined || /^wss?:$/.test(new URL(info.streaming).protocol));
      expect([typeof info.title, typeof info.version]).toEqual([
        expect.stringMatching(/string|undefined/),
        expect.stringMatching(/string|undefined/),
      ]);
      for (const rule of info.rules) expect(rule).toMatch(/^\P{Cc}+$/u);
    }),
    { numRuns: 300 },
  );
});
