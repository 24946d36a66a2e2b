import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Budgets } from "../../core/client/budgets.js";
import type { Outlet } from "../../core/client/call.js";
import type { Client } from "../../core/client/client.js";
import { createClient } from "../../core/client/create-client.js";
import { InvocationRecord } from "../../core/client/invocation-record.js";
import { LeasedBudget } from "../../core/client/leased-budget.js";
import { MemoryBudgetStore } from "../../core/client/memory-budget-store.js";
import { MemoryLedger } from "../../core/client/memory-ledger.js";
import { Turns } from "../../core/client/turns.js";
import { HowdahError, NetworkError } from "../../core/errors.js";
import { createHttp } from "../../core/mastodon/create-http.js";
import type { Http } from "../../core/mastodon/http.js";
import { expandScopes } from "../../core/mastodon/scopes.js";
import { keysUnder } from "../../core/store/keys.js";
import { chaos } from "../chaos/seed.js";
import { tcpServer, type LocalServer } from "../mastodon/local-server.js";
import { anyAnswer, quotedToken, type AnyAnswer } from "./any-answers.js";

// Whatever a server answers, a call ends: with a value or with one of our errors, and without a socket left behind.

/** `CHAOS_SEED=2` gives other answers, `CHAOS_ROUNDS` more or fewer of them. */
const { dice, rounds, seed } = chaos("any answer", 10_000, { CHAOS_SEED: "1", ...process.env });
/** How many are asked side by side; each is answered by itself. */
const workers = 8;
/** Of one call: too short for a second attempt, which would get the same answer. */
const patienceMs = 240;

const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);
/** What each token's requests are answered with. */
const answers = new Map<string, (socket: Socket) => void>();

let server: LocalServer;
let http: Http;

beforeAll(async () => {
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  server = await tcpServer((socket) => answerEach(socket));
  http = createHttp({ userAgent: "howdah-test", connections: workers });
});

afterAll(async () => {
  await http.close();
  await vi.waitFor(() => assert.equal(server.sockets.size, 0));
  await server.close();
  process.off("unhandledRejection", note);
  process.off("uncaughtException", note);
});

/** Reads requests off a connection and has each answered. */
function answerEach(socket: Socket): void {
  let read = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    read = Buffer.concat([read, chunk]);
    for (let end = endOfRequest(read); end !== undefined; end = endOfRequest(read)) {
      const [, token = ""] = /^authorization: Bearer (\S+)/im.exec(read.toString("latin1")) ?? [];
      read = read.subarray(end);
      answers.get(token)?.(socket);
    }
  });
}

function endOfRequest(read: Buffer): number | undefined {
  const head = read.indexOf("\r\n\r\n");
  if (head === -1) return undefined;
  const [, length = "0"] = /^content-length: (\d+)/im.exec(read.toString("latin1", 0, head)) ?? [];
  const end = head + 4 + Number(length);
  return read.length < end ? undefined : end;
}

/** An account of its own for each call: what one answer did to budget and ledger is not the next one's concern. */
async function clientOf(token: string, deadline: number): Promise<Client<"read" | "write">> {
  const limits = { token: { limit: 300, windowMs: 300_000 } };
  const budgets = new Budgets({ store: new MemoryBudgetStore(), keys: keysUnder("any"), egress: "here", limits });
  const caps = { riderPerHour: 1_000, serverPerHour: 1_000 };
  const account = { name: "bot", server: server.origin, share: 0.8, caps };
  const outlet: Outlet = {
    account: "bot",
    server: server.origin,
    personId: "1",
    dryRun: false,
    http,
    ledger: new MemoryLedger({ epoch: 1, isPaused: false }),
    budget: new LeasedBudget(budgets, account),
    turns: new Turns(),
    epoch: 1,
    accessToken: () => token,
    tokenRefused: () => undefined,
    simulated: () => undefined,
  };
  const record = new InvocationRecord("i", await outlet.ledger.trace("i"));
  const permitted = expandScopes(["read", "write"]);
  return createClient(outlet, { rider: "any", permitted, record, signal: new AbortController().signal, deadline });
}

type Operation = (client: Client<"read" | "write">) => unknown;

const operations: readonly [[string, Operation], ...[string, Operation][]] = [
  ["a read", (client) => client.statuses.get({ id: "1" })],
  ["oneself", (client) => client.accounts.verifyCredentials()],
  ["a page", (client) => client.timelines.home()],
  ["the next page", async (client) => (await client.notifications.list({ limit: 5 })).next()],
  ["the page before", async (client) => (await client.timelines.home({ max_id: "9" })).previous()],
  ["a list", (client) => walked(client.accounts.followers({ id: "1" }))],
  ["an endpoint of its own", (client) => client.request({ method: "GET", path: "/api/own", scope: "read:statuses" })],
  ["a post", (client) => client.statuses.create({ status: "hello" })],
  ["a follow", (client) => client.accounts.follow({ id: "7" })],
  ["a deletion", (client) => client.statuses.delete({ id: "1" })],
  ["an upload", (client) => client.media.upload({ file: new Blob(["x"], { type: "image/png" }) })],
];

async function walked(list: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of list) {
    items.push(item);
    if (items.length === 20) break;
  }
  return items;
}

/** What a call came to: `value`, or how it failed. Anything that is not one of our errors is thrown with its answer. */
async function outcomeOf(operation: Operation, token: string, deadline: number, asked: object): Promise<string> {
  try {
    await operation(await clientOf(token, deadline));
    return "value";
  } catch (error) {
    const wrong = wrongWith(error, token);
    if (wrong === undefined) return error instanceof NetworkError ? error.failure : (error as HowdahError).code;
    throw new Error(`${wrong}: ${inspect(asked, { depth: 3, maxStringLength: 2_000 })}`, { cause: error });
  }
}

function wrongWith(error: unknown, token: string): string | undefined {
  if (!(error instanceof HowdahError)) return "not one of our errors";
  if (error.message.length > 1_000) return `a message of ${error.message.length} characters`;
  const told = inspect(error, { depth: 4, maxStringLength: 10_000 });
  return told.includes(token) ? "the token is told" : undefined;
}

async function someRounds(worker: number, counts: Map<string, number>): Promise<void> {
  const token = `${quotedToken}-${worker}`;
  for (let round = worker; round < rounds; round += workers) {
    const dicey = dice(round);
    const answer = anyAnswer(dicey);
    const [name, operation] = dicey.pick(operations);
    answers.set(token, (socket) => write(socket, answer));
    const asked = { seed, round, name, kind: answer.kind, bytes: answer.bytes.toString("latin1") };
    const outcome = await outcomeOf(operation, token, Date.now() + patienceMs, asked);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
}

function write(socket: Socket, { bytes, hangsUp }: AnyAnswer): void {
  if (hangsUp) socket.end(bytes);
  else socket.write(bytes);
}

test(`${rounds} answers of any kind: a value or an error of ours`, { timeout: 240_000 }, async () => {
  const counts = new Map<string, number>();
  await Promise.all(Array.from({ length: workers }, (_, worker) => someRounds(worker, counts)));
  expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(rounds);
  // The answers reached the client, and were as different as they should be.
  for (const outcome of ["value", "SERVER_REFUSED", "not_json", "cut", "redirect", "too_large", "ACCOUNT_NOT_READY"]) {
    expect([outcome, counts.get(outcome) ?? 0]).toEqual([outcome, expect.toSatisfy((count: number) => count > 20)]);
  }
  expect(unhandled).toEqual([]);
  // A connection that is open is one of the pool's.
  expect(server.sockets.size).toBeLessThanOrEqual(workers);
  expect(Object.prototype).not.toHaveProperty("polluted");
});

const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

/** Writes again and again until the connection is gone. */
function endless(socket: Socket, piece: string | Buffer, everyMs: number): void {
  const timer = setInterval(() => socket.write(piece), everyMs);
  socket.on("close", () => clearInterval(timer));
}

/** Writes as fast as the connection takes it. */
function flood(socket: Socket, piece: Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", more);
  more();
}

const redirect = "HTTP/1.1 302 No\r\nLocation: /file.png\r\nContent-Length: 9\r\n\r\nx";
const megabyte = Buffer.alloc(1024 * 1024, 0x20);

const slow: readonly [what: string, failure: string, (socket: Socket) => void][] = [
  ["says nothing", "timeout", () => undefined],
  ["stops within the status line", "timeout", (socket) => socket.write("HTTP/1.1 20")],
  ["stops within the head", "timeout", (socket) => socket.write(head)],
  ["stops after the head", "timeout", (socket) => socket.write(`${head}Content-Length: 10\r\n\r\n`)],
  ["stops after a head that declares no length", "timeout", (socket) => socket.write(`${head}\r\n`)],
  ["stops after a head in chunks", "timeout", (socket) => socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`)],
  ["stops before the last byte", "timeout", (socket) => socket.write(`${head}Content-Length: 3\r\n\r\n{}`)],
  ["stops within a chunk", "timeout", (socket) => socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{}`)],
  ["says 100 and no more", "cut", (socket) => socket.write("HTTP/1.1 100 Continue\r\n\r\n")],
  ["says 103 again and again", "timeout", (socket) => endless(socket, "HTTP/1.1 103 Early Hints\r\n\r\n", 20)],
  [
    "refuses and stops after the head",
    "timeout",
    (socket) => socket.write(`HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\n`),
  ],
  [
    "redirects and stops after the head",
    "timeout",
    (socket) => socket.write("HTTP/1.1 302 No\r\nLocation: /x\r\nContent-Length: 9\r\n\r\n"),
  ],
  [
    "dribbles its body",
    "timeout",
    (socket) => (socket.write(`${head}Content-Length: 9999\r\n\r\n`), endless(socket, " ", 20)),
  ],
  [
    "dribbles its chunks",
    "timeout",
    (socket) => (socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`), endless(socket, "1\r\n \r\n", 20)),
  ],
  [
    "dribbles its head",
    "timeout",
    (socket) => (socket.write("HTTP/1.1 200 OK\r\n"), endless(socket, "X-A: b\r\n", 20)),
  ],
  [
    "dribbles a chunk's extension",
    "timeout",
    (socket) => (socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n1`), endless(socket, ";a=b", 20)),
  ],
  ["declares a gigabyte", "too_large", (socket) => socket.write(`${head}Content-Length: 1073741824\r\n\r\n[`)],
  ["sends a body without end", "too_large", (socket) => (socket.write(`${head}\r\n`), flood(socket, megabyte))],
  [
    "sends chunks without end",
    "too_large",
    (socket) => (
      socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`),
      flood(socket, Buffer.concat([Buffer.from("100000\r\n"), megabyte, Buffer.from("\r\n")]))
    ),
  ],
  [
    "sends a head without end",
    "too_large",
    (socket) => (socket.write("HTTP/1.1 200 OK\r\n"), flood(socket, Buffer.from(`X-A: ${"b".repeat(1_000)}\r\n`))),
  ],
  [
    "sends trailers without end",
    "too_large",
    (socket) => (
      socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n0\r\n`),
      flood(socket, Buffer.from(`X-A: ${"b".repeat(1_000)}\r\n`))
    ),
  ],
];

test.each(slow)("a server that %s: %s, and the connection is closed", async (what, failure, answer) => {
  const token = `${quotedToken}-${what.replaceAll(/\W/g, "-")}`;
  let answering: Socket | undefined;
  answers.set(token, (socket) => {
    answering = socket;
    answer(socket);
  });
  // What is too large needs time to come. A read that was cut is sent again, a post is not.
  const withinMs = failure === "timeout" ? patienceMs : 20_000;
  for (const name of ["a read", "a post"]) {
    const [, operation] = operations.find(([called]) => called === name) ?? operations[0];
    answering = undefined;
    expect([name, await outcomeOf(operation, token, Date.now() + withinMs, { what })]).toEqual([name, failure]);
    await expect.poll(() => answering?.destroyed, { timeout: 10_000 }).toBe(true);
  }
  expect(unhandled).toEqual([]);
});

const image = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n";

test.each<[what: string, (socket: Socket) => void]>([
  ["says nothing", () => undefined],
  ["stops after the head", (socket) => socket.write(`${image}Content-Length: 10\r\n\r\n`)],
  ["dribbles", (socket) => (socket.write(`${image}\r\n`), endless(socket, " ", 20))],
  ["redirects to itself, with a body that stops", (socket) => socket.write(redirect)],
])(
  "a file to be uploaded, at a server that %s: an error of ours, and the connection is closed",
  async (what, answer) => {
    const sockets = new Set<Socket>();
    // Nobody's token is sent there.
    answers.set("", (socket) => {
      sockets.add(socket);
      answer(socket);
    });
    const upload: Operation = (client) => client.media.upload({ url: `${server.origin}/file.png` });
    expect(await outcomeOf(upload, quotedToken, Date.now() + patienceMs, { what })).toBe("UPLOAD_FAILED");
    await expect.poll(() => [...sockets].every(({ destroyed }) => destroyed), { timeout: 10_000 }).toBe(true);
    expect(sockets.size).toBeGreaterThan(0);
    expect(unhandled).toEqual([]);
  },
);
