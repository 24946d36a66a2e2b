import { expect, onTestFinished, test } from "vitest";
import { UsedUpError, aboutServer } from "../../core/auth/outages.js";
import { judge } from "../../core/auth/verdict.js";
import { Budgets } from "../../core/client/budgets.js";
import { MemoryBudgetStore } from "../../core/client/memory-budget-store.js";
import { MeteredHttp } from "../../core/client/metered-http.js";
import type { NetworkError } from "../../core/errors.js";
import { createHttp } from "../../core/mastodon/create-http.js";
import type { HttpRequest } from "../../core/mastodon/http.js";
import type { Limits } from "../../core/mastodon/limits.js";
import { keysUnder } from "../../core/store/keys.js";
import { httpServer, json, tcpServer, type LocalServer } from "../mastodon/local-server.js";

function metered(limits: Limits) {
  const budgets = new Budgets({ store: new MemoryBudgetStore(), keys: keysUnder("metered"), egress: "here", limits });
  const http = new MeteredHttp(createHttp({ userAgent: "howdah-test" }), budgets);
  onTestFinished(() => http.close());
  return { budgets, http };
}

function closedLater(server: LocalServer): LocalServer {
  onTestFinished(() => server.close());
  return server;
}

const asking = ({ origin }: LocalServer, timeoutMs: number): HttpRequest => ({
  origin,
  method: "GET",
  path: "/api/v1/instance",
  what: "the server",
  timeoutMs,
});

const failureOf = (sending: Promise<unknown>) =>
  sending.then(
    () => undefined,
    (error: unknown) => error as NetworkError,
  );

/** Two requests in an hour. */
const few: Limits = { address: { limit: 2, windowMs: 3_600_000 } };

test("what the fleet may not ask now is no silence of the server, and says when to come again", async () => {
  const server = closedLater(await httpServer((response) => json(response, {})));
  const { http } = metered(few);
  await http.send(asking(server, 5_000));
  const before = Date.now();
  const error = await failureOf(http.send(asking(server, 300)));
  expect(error).toBeInstanceOf(UsedUpError);
  expect(error).toMatchObject({ code: "NETWORK_FAILED", sent: false });
  const { waiting } = error as UsedUpError;
  expect(waiting.waitUntil).toBeGreaterThan(before + 3_000_000);
  expect(aboutServer(error as NetworkError)).toBe("nothing");
  expect(judge(error as NetworkError)).toMatchObject({
    state: "unreachable",
    reason: expect.stringContaining("what the fleet may ask of it"),
  });
  expect(server.requests.length).toBe(1);
});

test("waiting for room leaves the server half of the request's time", async () => {
  const server = closedLater(await tcpServer(() => undefined));
  const { http } = metered({ address: { limit: 2, windowMs: 600 } });
  await Promise.all([
    failureOf(http.send(asking(server, 4_000))),
    failureOf(http.send(asking(server, 4_000))).then((error) => {
      expect(error).toMatchObject({ failure: "timeout", sent: true });
      expect(error?.message).toMatch(/within [23](\.\d+)? s/);
    }),
  ]);
});

test("being told to end ends the waiting", async () => {
  const server = closedLater(await httpServer((response) => json(response, {})));
  const { http } = metered({ address: { limit: 2, windowMs: 60_000 } });
  await http.send(asking(server, 300_000));
  const ending = new AbortController();
  const waiting = failureOf(http.send({ ...asking(server, 300_000), signal: ending.signal }));
  ending.abort();
  expect(await waiting).toMatchObject({ failure: "aborted", sent: false });
});
