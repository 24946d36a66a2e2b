import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { reconnectDelayMs, type Gate } from "../../core/events/listen.js";
import { closedPort } from "../mastodon/local-server.js";
import { listening, streamingServer } from "./streaming-server.js";
import { soon } from "../support/soon.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

async function serve(...args: Parameters<typeof streamingServer>) {
  const server = await streamingServer(...args);
  open.push(server.local);
  return server;
}

function hear(options: Parameters<typeof listening>[0]) {
  const listened = listening(options);
  open.push({ close: () => listened.stop() });
  return listened;
}

const post = JSON.stringify({ id: "9", account: { id: "1" } });
const frame = JSON.stringify({ stream: ["user"], event: "update", payload: post });

test("a server that refuses the token in the header is asked by query, then by protocol, and kept to", async () => {
  const server = await serve((way) => (way === "protocol" ? undefined : 401));
  const heard = hear({ streaming: server.local.origin });
  await expect.poll(() => server.sockets.length, soon).toBe(1);
  expect(server.asked).toEqual(["header", "query", "protocol"]);
  expect(heard.refused).toBe(0);
  server.sockets[0]?.terminate();
  await expect.poll(() => server.sockets.length, soon).toBe(2);
  expect(server.asked.at(-1)).toBe("protocol");
});

test("a token that is refused every way is said to be refused", async () => {
  const server = await serve(() => 401);
  const heard = hear({ streaming: server.local.origin });
  await expect.poll(() => heard.refused, soon).toBeGreaterThanOrEqual(1);
  expect(server.asked.slice(0, 3)).toEqual(["header", "query", "protocol"]);
});

test("after a refusal, nothing is tried before the token was verified", async () => {
  let verify = (): void => undefined;
  const verified = new Promise<void>((resolve) => (verify = resolve));
  const server = await serve();
  const heard = hear({ streaming: server.local.origin, verified });
  await expect.poll(() => server.sockets.length, soon).toBe(1);
  server.sockets[0]?.close();
  await expect.poll(() => heard.refused, soon).toBe(1);
  // Longer than the longest pause before a connection.
  await delay(200);
  expect(server.asked).toHaveLength(1);
  verify();
  await expect.poll(() => server.sockets.length, soon).toBe(2);
});

test("no connection is tried before the gate lets it, and the gate hears what came of it", async () => {
  const told: string[] = [];
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const gate: Gate = {
    enter: () => opened,
    answered: () => void told.push("answered"),
    failed: () => void told.push("failed"),
  };
  const server = await serve(() => 502);
  hear({ streaming: server.local.origin, gate });
  await delay(100);
  expect(server.asked).toEqual([]);
  open();
  await expect.poll(() => told, soon).toContain("failed");
  server.answer = () => undefined;
  await expect.poll(() => told.at(-1), soon).toBe("answered");
  // A connection that stood and broke says nothing about the server.
  const soFar = told.length;
  server.sockets[0]?.terminate();
  await expect.poll(() => server.sockets.length, soon).toBe(2);
  await expect.poll(() => told.slice(soFar), soon).toEqual(["answered"]);
});

test("a proxy without its server says nothing about the token, which does not go into an address for it", async () => {
  const server = await serve(() => 502);
  const heard = hear({ streaming: server.local.origin });
  await expect.poll(() => server.asked.length, soon).toBeGreaterThanOrEqual(4);
  server.answer = () => undefined;
  await expect.poll(() => server.sockets.length, soon).toBe(1);
  expect(new Set(server.asked)).toEqual(new Set(["header"]));
  expect(heard.refused).toBe(0);
});

test("a dropped stream is opened again and the gap is caught up", async () => {
  const server = await serve();
  const heard = hear({ streaming: server.local.origin });
  await expect.poll(() => heard.caughtUp, soon).toBe(1);
  server.sockets[0]?.terminate();
  await expect.poll(() => heard.caughtUp, soon).toBe(2);
  expect(heard.hearings.map(({ connected }) => connected)).toEqual([true, false, true]);
  await expect.poll(() => server.sockets.length, soon).toBe(2);
  server.sockets[1]?.send(frame);
  await expect.poll(() => heard.events, soon).toMatchObject([{ kind: "status", timeline: "timeline.home" }]);
  // A connection that broke is no word about the token; one that the server closed may be.
  expect(heard.refused).toBe(0);
  server.sockets[1]?.close();
  await expect.poll(() => heard.refused, soon).toBe(1);
});

test("a half-open stream is noticed and its gap caught up", async () => {
  const server = await serve();
  server.isMute = true;
  const heard = hear({ streaming: server.local.origin, timing: { silenceMs: 80 } });
  await expect.poll(() => server.sockets.length, soon).toBe(1);
  server.isMute = false;
  await expect.poll(() => heard.caughtUp, soon).toBe(2);
  expect(server.sockets).toHaveLength(2);
});

test("an open stream is caught up from time to time: it may have lost something in silence", async () => {
  const server = await serve();
  const heard = hear({ streaming: server.local.origin, timing: { catchUpEveryMs: 10 } });
  await expect.poll(() => heard.caughtUp, soon).toBeGreaterThan(3);
  expect(server.asked).toHaveLength(1);
});

test("while no stream can be opened, what happens is read all the same", async () => {
  const heard = hear({ streaming: `ws://127.0.0.1:${await closedPort()}` });
  await expect.poll(() => heard.caughtUp, soon).toBeGreaterThan(1);
  expect(heard.hearings.every(({ connected }) => !connected)).toBe(true);
});

test("a server without streaming is polled, also after it failed", async () => {
  let polls = 0;
  const heard = hear({
    streaming: undefined,
    timing: { pollFastestMs: 5, pollSlowestMs: 10 },
    catchUp: async () => {
      polls += 1;
      if (polls === 2) throw new Error("502");
    },
  });
  await expect.poll(() => heard.hearings.length, soon).toBeGreaterThan(3);
  expect(heard.hearings.slice(0, 3)).toEqual([
    { mode: "polling", connected: true },
    { mode: "polling", connected: false },
    { mode: "polling", connected: true },
  ]);
});

test("catch-ups do not overlap", async () => {
  let running = 0;
  let most = 0;
  const server = await serve();
  const heard = hear({
    streaming: server.local.origin,
    timing: { catchUpEveryMs: 2 },
    catchUp: async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 10));
      running -= 1;
    },
  });
  await expect.poll(() => heard.caughtUp, soon).toBeGreaterThan(3);
  expect(most).toBe(1);
});

test("who asked for nothing listens to nothing", async () => {
  const heard = hear({ streaming: "ws://127.0.0.1:1", subscriptions: [] });
  expect(heard.hearings).toEqual([{ mode: "none", connected: false }]);
  expect(heard.caughtUp).toBe(0);
});

test("pauses grow up to the longest, anywhere in their range, so that a fleet does not come back at once", () => {
  const spread = (failures: number) =>
    [0, 0.5, 0.999].map((random) => reconnectDelayMs(failures, 60_000, () => random));
  expect(spread(1)).toEqual([250, 1_250, 2_248]);
  expect(spread(4)[2]).toBeGreaterThan(16_000 * 0.99);
  expect(Math.max(...spread(50))).toBeLessThanOrEqual(60_000);
  expect(Math.min(...spread(50))).toBe(250);
});
