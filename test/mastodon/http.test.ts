import assert from "node:assert/strict";
import { inspect } from "node:util";

import { FormData } from "undici";
import { afterEach, expect, test, vi } from "vitest";

import { NetworkError } from "../../core/errors.js";
import { createHttp, type HttpOptions } from "../../core/mastodon/create-http.js";
import type { Http, HttpRequest } from "../../core/mastodon/http.js";
import { faultyProxy } from "./faulty-proxy.js";
import { closedPort, httpServer, json, tcpServer, tlsServer, type LocalServer } from "./local-server.js";
import { selfSigned } from "./self-signed.js";

const token = "s3cr3t-t0ken-0123456789";
const clients: Http[] = [];
const servers: LocalServer[] = [];
const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  for (const server of servers.splice(0).toReversed()) {
    await vi.waitFor(() => assert.equal(server.sockets.size, 0));
    await server.close();
  }
  assert.deepEqual(unhandled, []);
});

function kept<T extends LocalServer>(server: T): T {
  servers.push(server);
  return server;
}

function http(options: Partial<HttpOptions> = {}): Http {
  const client = createHttp({ userAgent: "howdah/0.1.0 (+ops@example.org)", ...options });
  clients.push(client);
  return client;
}

async function serving(reply: Parameters<typeof httpServer>[0]): Promise<LocalServer> {
  return kept(await httpServer(reply));
}

function get(origin: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return { origin, method: "GET", path: "/api/v1/x", token, what: "statuses.get", ...more };
}

/** The NetworkError that a request ends in; it must not hold the token anywhere. */
async function failure(sending: Promise<unknown>): Promise<NetworkError> {
  const error: unknown = await sending.then(
    (answer) => new Error(`answered ${inspect(answer)}`),
    (reason: unknown) => reason,
  );
  expect(inspect(error, { depth: Infinity, showHidden: true, getters: true })).not.toContain(token);
  if (!(error instanceof NetworkError)) throw error;
  expect(error.message).toContain("statuses.get: http");
  return error;
}

/** That the connection which carried the request was closed; undici opens a fresh one in its place. */
async function closesFirst(server: LocalServer): Promise<void> {
  await expect.poll(() => server.closed()).toBeGreaterThan(0);
}

test("sends the user agent, the token and JSON, and answers with parsed JSON", async () => {
  const server = await serving((response) => {
    response.setHeader("Date", "Thu, 01 Jan 2026 00:00:05 GMT");
    response.setHeader("X-RateLimit-Limit", "300");
    json(response, { id: "1" });
  });
  const body = JSON.stringify({ status: "Grüße" });
  const answer = await http().send({
    ...get(server.origin, { method: "POST", path: "/api/v1/statuses?x=1", body, contentType: "application/json" }),
    headers: { "Idempotency-Key": "k" },
  });
  expect(answer).toMatchObject({
    status: 200,
    isJson: true,
    body: { id: "1" },
    headers: { "x-ratelimit-limit": "300" },
    serverDate: Date.UTC(2026, 0, 1, 0, 0, 5),
  });
  expect(Math.abs(Date.now() - answer.receivedAt)).toBeLessThan(60_000);
  expect(server.requests).toHaveLength(1);
  expect(server.requests[0]).toMatchObject({ method: "POST", url: "/api/v1/statuses?x=1" });
  expect(Buffer.from(server.requests[0]?.body ?? "", "latin1").toString()).toBe(body);
  expect(server.requests[0]?.headers).toMatchObject({
    "user-agent": "howdah/0.1.0 (+ops@example.org)",
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "idempotency-key": "k",
    accept: "application/json",
  });
});

test("sends a form with a file as multipart", async () => {
  const server = await serving((response) => json(response, {}));
  const form = new FormData();
  form.append("description", "a cat");
  form.append("file", new Blob(["PNG"], { type: "image/png" }), "cat.png");
  await http().send(get(server.origin, { method: "POST", body: form }));
  expect(server.requests[0]?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
  expect(server.requests[0]?.body).toContain('name="file"; filename="cat.png"');
  expect(server.requests[0]?.body).toContain("a cat");
});

test.each([200, 202, 204])("an empty %i is an answer without a body", async (status) => {
  const server = await serving((response) => response.writeHead(status).end());
  expect(await http().send(get(server.origin))).toMatchObject({ status, body: undefined, isJson: false });
});

test("any status is an answer: JSON as such, a proxy's page as text", async () => {
  const server = await serving((response, { url }) => {
    if (url === "/json") return json(response, { error: "Record not found" }, 404);
    response.writeHead(502, { "content-type": "text/html" }).end(`<html>${"Bad Gateway ".repeat(1_000)}</html>`);
  });
  const client = http();
  const [refused, page] = await Promise.all(
    ["/json", "/page"].map((path) => client.send(get(server.origin, { path }))),
  );
  expect(refused).toMatchObject({ status: 404, isJson: true, body: { error: "Record not found" } });
  expect(page).toMatchObject({ status: 502, isJson: false });
  expect(page?.body).toMatch(/^<html>Bad Gateway/);
  expect(String(page?.body).length).toBeLessThan(3_000);
});

test("a token that an error page quotes is blotted out", async () => {
  const server = await serving((response, { headers, url }) => {
    const said = `you sent ${headers.authorization}`;
    if (url === "/json") json(response, { error: said }, 401);
    else response.writeHead(500, { "content-type": "text/plain" }).end(said);
  });
  const client = http();
  for (const path of ["/json", "/text"]) {
    const answer = await client.send(get(server.origin, { path }));
    expect(inspect(answer.body)).toContain("you sent Bearer [token]");
  }
});

test.each([
  ["HTML", "text/html", "<html>hello</html>", "not_json"],
  ["HTML that says it is JSON", "application/json", "<html>hello</html>", "not_json"],
  ["JSON that ends too early", "application/json", '[{"id":"1","content":"]}', "cut"],
  ["wrong JSON", "application/json", "[1,]", "not_json"],
  ["text", "text/plain", "ok", "not_json"],
])("%s with a success is a failure", async (_name, type, body, kind) => {
  const server = await serving((response) => response.writeHead(200, { "content-type": type }).end(body));
  const error = await failure(http().send(get(server.origin)));
  expect(error).toMatchObject({ failure: kind, sent: true, code: "NETWORK_FAILED" });
});

test("a name without an address is dns, and nothing was sent", async () => {
  const error = await failure(http().send(get("https://nowhere.invalid")));
  expect(error).toMatchObject({ failure: "dns", sent: false });
});

test("a port without a listener is refused, and nothing was sent", async () => {
  const error = await failure(http().send(get(`http://127.0.0.1:${await closedPort()}`)));
  expect(error).toMatchObject({ failure: "refused", sent: false });
  expect(error.cure).toMatch(/check the address/);
});

test("a certificate that no authority signed is refused before the request", async () => {
  const server = kept(await tlsServer(selfSigned(), (response) => json(response, {})));
  const error = await failure(http().send(get(server.origin)));
  expect(error).toMatchObject({ failure: "certificate", sent: false });
  expect(server.requests).toEqual([]);
});

test("a server that never shakes hands is a timeout, and nothing was sent", async () => {
  const server = kept(await tcpServer(() => {}));
  const error = await failure(http().send(get(`https://127.0.0.1:${server.port}`, { timeoutMs: 60 })));
  expect(error).toMatchObject({ failure: "timeout", sent: false });
});

test.each([
  ["before the answer", ""],
  ["within its head", "HTTP/1.1 200 OK\r\nContent-Type: appl"],
  ["within its body", 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id":'],
])("silence %s is a timeout, and the connection is closed", async (_name, bytes) => {
  const server = kept(await tcpServer((socket) => socket.once("data", () => socket.write(bytes))));
  const error = await failure(http().send(get(server.origin, { timeoutMs: 60 })));
  expect(error).toMatchObject({ failure: "timeout", sent: true });
  await closesFirst(server);
});

test("a body that trickles for ever ends at the deadline", async () => {
  const server = kept(
    await tcpServer((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"));
      const drip = setInterval(() => socket.write("1"), 10);
      socket.on("close", () => clearInterval(drip));
    }),
  );
  const error = await failure(http().send(get(server.origin, { timeoutMs: 150 })));
  expect(error).toMatchObject({ failure: "timeout", sent: true });
  await closesFirst(server);
});

test.each([0, 20, 140])("a connection that ends after %i bytes of the answer is cut", async (cutAfter) => {
  const server = await serving((response) => json(response, { text: "x".repeat(5_000) }));
  const proxy = kept(await faultyProxy(server.port, cutAfter));
  const error = await failure(http().send(get(proxy.origin)));
  expect(error).toMatchObject({ failure: "cut", sent: true });
});

test("an answer that is not HTTP is a failure that does not quote it", async () => {
  const server = kept(
    await tcpServer((socket) => socket.on("data", (data) => socket.end(`SSH-2.0 ${data.toString("latin1")}`))),
  );
  const error = await failure(http().send(get(server.origin)));
  expect(error).toMatchObject({ failure: "other", sent: true });
});

test("a header that cannot be sent is a failure, and nothing was sent", async () => {
  const server = await serving((response) => json(response, {}));
  const error = await failure(http().send(get(server.origin, { token: `${token}\r\nX: 1` })));
  expect(error).toMatchObject({ failure: "other", sent: false });
  expect(server.requests).toEqual([]);
});

test.each(["with its length", "in chunks"])("a body beyond the bound %s is too large", async (kind) => {
  const server = await serving((response) => {
    const body = JSON.stringify("x".repeat(50_000));
    response.setHeader("content-type", "application/json");
    if (kind === "with its length") response.setHeader("content-length", body.length);
    response.write(body.slice(0, 20_000));
    response.end(body.slice(20_000));
  });
  const error = await failure(http().send(get(server.origin, { maxBytes: 10_000 })));
  expect(error).toMatchObject({ failure: "too_large", sent: true });
  await closesFirst(server);
});

test("a head beyond the bound is too large", async () => {
  const server = await serving((response) => response.writeHead(200, { "x-long": "x".repeat(100_000) }).end());
  expect(await failure(http().send(get(server.origin)))).toMatchObject({ failure: "too_large" });
});

test("a redirect on the same server is followed for a read, at most three times", async () => {
  const server = await serving((response, { url }) => {
    const step = Number(new URL(url, "http://x").searchParams.get("step"));
    if (step === 0) return json(response, { id: "1" });
    response.writeHead(302, { location: `/api/v1/x?step=${step - 1}` }).end("<html>moved</html>");
  });
  const client = http();
  const answer = await client.send(get(server.origin, { path: "/api/v1/x?step=3" }));
  expect(answer.body).toEqual({ id: "1" });
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(Array(4).fill(`Bearer ${token}`));
  const error = await failure(client.send(get(server.origin, { path: "/api/v1/x?step=4" })));
  expect(error).toMatchObject({ failure: "redirect", sent: true });
});

test("a write is not sent to where it is redirected", async () => {
  const server = await serving((response) => response.writeHead(307, { location: "/elsewhere" }).end());
  const error = await failure(http().send(get(server.origin, { method: "POST", body: "{}" })));
  expect(error).toMatchObject({ failure: "redirect", sent: true });
  expect(server.requests).toHaveLength(1);
});

test("a token follows no redirect to another server, which the cure names", async () => {
  const other = await serving((response) => json(response, {}));
  const server = await serving((response) => {
    response.writeHead(301, { location: `${other.origin}/api/v1/x?access_token=${token}` }).end();
  });
  for (const method of ["GET", "POST"] as const) {
    const error = await failure(http().send(get(server.origin, { method })));
    expect(error).toMatchObject({ failure: "redirect", sent: true });
    expect(error.cure).toContain(other.origin);
  }
  expect(other.requests).toEqual([]);
  expect(other.connections()).toBe(0);
});

test.each(["http://[", "javascript:alert(1)", "//127.0.0.1:1/x"])("a redirect to %s is refused", async (location) => {
  const server = await serving((response) => response.writeHead(302, { location }).end());
  expect(await failure(http().send(get(server.origin)))).toMatchObject({ failure: "redirect" });
});

test("a signal ends a request before, while and not after it runs", async () => {
  const server = await serving(() => {});
  const client = http();
  const early = await failure(client.send(get(server.origin, { signal: AbortSignal.abort() })));
  expect(early).toMatchObject({ failure: "aborted", sent: false });
  expect(server.connections()).toBe(0);
  const controller = new AbortController();
  const sending = failure(client.send(get(server.origin, { signal: controller.signal })));
  await expect.poll(() => server.requests.length).toBe(1);
  controller.abort(new Error(token));
  expect(await sending).toMatchObject({ failure: "aborted", sent: true });
  await closesFirst(server);
});

test("many requests may hang on one signal", async () => {
  const warnings: Error[] = [];
  const listener = (warning: Error) => void warnings.push(warning);
  process.on("warning", listener);
  const server = await serving((response) => json(response, {}));
  const client = http();
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 30 }, () => client.send(get(server.origin, { signal }))));
  process.off("warning", listener);
  expect(warnings).toEqual([]);
});

test("a request that waited for a connection beyond its deadline is never sent", async () => {
  const held: (() => void)[] = [];
  const server = await serving((response) => held.push(() => json(response, {})));
  const client = http({ connections: 1 });
  const first = client.send(get(server.origin, { path: "/first" }));
  await expect.poll(() => held.length).toBe(1);
  const late = await failure(client.send(get(server.origin, { path: "/late", timeoutMs: 30 })));
  expect(late).toMatchObject({ failure: "unasked", sent: false });
  held.shift()?.();
  await first;
  const last = client.send(get(server.origin, { path: "/last" }));
  await expect.poll(() => held.length).toBe(1);
  held.shift()?.();
  await last;
  expect(server.requests.map(({ url }) => url)).toEqual(["/first", "/last"]);
});

test("connections to a server are bounded and used again", async () => {
  const server = await serving((response) => setImmediate(() => json(response, {})));
  const client = http({ connections: 4 });
  await Promise.all(Array.from({ length: 40 }, () => client.send(get(server.origin))));
  expect(server.connections()).toBe(4);
});

test("closing ends what is in flight, leaves no connection, and nothing can be sent after it", async () => {
  const server = await serving(() => {});
  const client = http();
  const sending = Promise.all(Array.from({ length: 20 }, () => failure(client.send(get(server.origin)))));
  await expect.poll(() => server.requests.length).toBe(16);
  await client.close();
  const errors = await sending;
  expect(errors.map((error) => error.failure)).toEqual(Array(20).fill("aborted"));
  expect(errors.filter((error) => error.sent)).toHaveLength(16);
  await closesFirst(server);
  await expect(client.send(get(server.origin))).rejects.toMatchObject({ failure: "aborted", sent: false });
  await client.close();
});
