import { afterEach, beforeEach, expect, test } from "vitest";

import type { Status } from "../../core/mastodon/entities.js";
import { createHttp } from "../../core/mastodon/create-http.js";
import type { Answer, Http } from "../../core/mastodon/http.js";
import type { Operation } from "../../core/mastodon/operation.js";
import { operations } from "../../core/mastodon/operations.js";
import { parseLinks } from "../../core/mastodon/pages.js";
import { parseRateLimit } from "../../core/mastodon/rate-limit.js";
import { buildRequest } from "../../core/mastodon/request.js";
import { fetchServerInfo } from "../../core/mastodon/server-info.js";
import { openStream, streamingAddress, type StreamEnd, type StreamOptions } from "../../core/mastodon/stream.js";
import type { StreamFrame } from "../../core/mastodon/stream-frame.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";

const redirect_uri = "urn:ietf:wg:oauth:2.0:oob";
let sandbox: Sandbox;
let http: Http;
let token: string;

beforeEach(async () => {
  sandbox = await startSandbox({ users: ["alice"], limits: "mastodon" });
  http = createHttp({ userAgent: "howdah/0.1.0" });
  token = await authorize("alice", "read write");
});

afterEach(async () => {
  await http.close();
  await sandbox.close();
});

async function post(path: string, fields: Record<string, string>): Promise<Record<string, string>> {
  const answer = await http.send({
    origin: sandbox.url,
    method: "POST",
    path,
    body: new URLSearchParams(fields).toString(),
    contentType: "application/x-www-form-urlencoded",
    what: path,
  });
  return answer.body as Record<string, string>;
}

async function authorize(user: string, scope: string): Promise<string> {
  const app = await post("/api/v1/apps", { client_name: "test", redirect_uris: redirect_uri, scopes: scope });
  const { client_id = "", client_secret = "" } = app;
  const { code } = sandbox.grant({ user, client_id, redirect_uri, scope });
  const grant = { grant_type: "authorization_code", code, client_id, client_secret, redirect_uri };
  return (await post("/oauth/token", grant))["access_token"] ?? "";
}

function call(operation: Operation, params: Record<string, unknown>): Promise<Answer> {
  const { method } = operation;
  return http.send({ origin: sandbox.url, method, ...buildRequest(operation, params, "x"), token, what: "x" });
}

function stream(more: Partial<StreamOptions> = {}) {
  const frames: StreamFrame[] = [];
  const ends: StreamEnd[] = [];
  const socket = openStream({
    url: streamingAddress(sandbox.url.replace("http", "ws")),
    token,
    auth: "header",
    userAgent: "howdah/0.1.0",
    onFrame: (frame) => void frames.push(frame),
    onClose: (end) => void ends.push(end),
    ...more,
  });
  return { frames, ends, socket };
}

test("posts, pages through them by Link, and reads the limits", async () => {
  for (let count = 1; count <= 5; count += 1) {
    const { status, body } = await call(operations.statuses.create, { status: `post ${count}` });
    expect([status, (body as Status).content]).toEqual([200, `<p>post ${count}</p>`]);
  }
  const seen: number[] = [];
  let params: Record<string, unknown> | undefined = { limit: 2 };
  while (params !== undefined) {
    const page: Answer = await call(operations.timelines.home, params);
    const statuses = page.body as Status[];
    if (statuses.length === 0) break;
    seen.push(statuses.length);
    const { next } = parseLinks(page.headers["link"]);
    params = next && { limit: 2, ...next };
    const limit = parseRateLimit(page);
    expect(limit?.limit).toBeGreaterThan(0);
    expect(limit?.resetsAt).toBeGreaterThanOrEqual(page.receivedAt);
  }
  expect(seen).toEqual([2, 2, 1]);
});

test("uploads a form", async () => {
  const file = new File(["\u2020PNG"], "dot.png", { type: "image/png" });
  const { status, body } = await call(operations.media.create, { file, description: "a dot" });
  expect([200, 202]).toContain(status);
  expect(body).toMatchObject({ type: "image", description: "a dot" });
});

test("tells what the server is", async () => {
  const info = await fetchServerInfo(http, sandbox.url);
  expect(info).toMatchObject({ source: "v2", software: "mastodon", maxCharacters: 500 });
  expect(streamingAddress(info.streaming ?? "")).toBe(streamingAddress(sandbox.url.replace("http", "ws")));
});

test.each(["header", "query", "protocol"] as const)("streams with the token by %s", async (auth) => {
  const { frames, ends, socket } = stream({ auth });
  socket.subscribe({ stream: "user" });
  await sandbox.waitForStreams((open) => open.some(({ streams }) => streams.includes("user")));
  await sandbox.actAs("alice").statuses.create({ status: "hello" });
  await expect
    .poll(() => frames)
    .toMatchObject([{ streams: ["user"], event: "update", payload: { content: "<p>hello</p>" } }]);
  await socket.close();
  expect(ends).toEqual([{ kind: "closed", code: 1000, byUs: true }]);
});

test("a bad token, a cut and a frozen stream are told apart", async () => {
  const refused = stream({ token: "wrong" });
  await expect.poll(() => refused.ends).toMatchObject([{ kind: "refused", status: 401 }]);
  const cut = stream();
  await sandbox.waitForStreams((open) => open.length === 1);
  sandbox.dropStreams();
  await expect.poll(() => cut.ends).toMatchObject([{ kind: "network", failure: "cut" }]);
  const frozen = stream({ silenceMs: 200 });
  await sandbox.waitForStreams((open) => open.length === 1);
  sandbox.halfOpenStreams();
  await expect.poll(() => frozen.ends, { timeout: 10_000 }).toEqual([{ kind: "silent" }]);
});

test("a revoked token closes the stream from the server's side", async () => {
  const { ends } = stream();
  await sandbox.waitForStreams((open) => open.length === 1);
  sandbox.revoke({ user: "alice" });
  await expect.poll(() => ends).toMatchObject([{ kind: "closed", byUs: false }]);
});
