import { setTimeout as sleep } from "node:timers/promises";
import { judge } from "../auth/verdict.js";
import { BudgetError, NetworkError, NotReadyError, ServerRefusedError } from "../errors.js";
import type { Answer } from "../mastodon/http.js";
import { parseRateLimit, parseRetryAfter, type RateLimit } from "../mastodon/rate-limit.js";
import { buildRequest } from "../mastodon/request.js";
import { bucketsOf } from "./buckets.js";
import type { OutgoingCall, Reply } from "./call.js";

const readAttempts = 3;
const firstPauseMs = 500;
/** Of one request, where the caller's deadline leaves as much. */
const requestTimeoutMs = 30_000;
/** Without a word of the server about when there is room again. */
const blindWaitMs = 60_000;
/** A server may say that there is room at once, and refuse the next request all the same. */
const shortestWaitMs = 1_000;

/** Sends the request. Reads that fail in passing are sent again before the deadline; a write is sent once. */
export async function send(call: OutgoingCall): Promise<Reply> {
  const { deadline, signal } = call.caller;
  const attempts = call.operation.effect === "read" ? readAttempts : 1;
  for (let attempt = 1; ; attempt += 1) {
    const pauseMs = firstPauseMs * 2 ** (attempt - 1) * (0.5 + Math.random());
    try {
      return await sendOnce(call);
    } catch (error) {
      if (attempt === attempts || !isPassing(error) || Date.now() + pauseMs >= deadline) throw error;
    }
    await sleep(pauseMs, undefined, { signal });
  }
}

async function sendOnce(call: OutgoingCall): Promise<Reply> {
  const { caller, entry, operation, outlet } = call;
  caller.signal.throwIfAborted();
  const params = call.prepare === undefined ? call.params : await call.prepare();
  // Before anything is made of the outlet's person: both are there or neither is.
  const token = outlet.accessToken();
  const answer = await outlet.http.send({
    origin: outlet.server,
    method: operation.method,
    ...buildRequest(operation, params, call.name),
    headers: entry !== undefined && operation.idempotencyKey ? { "idempotency-key": entry.idempotencyKey } : undefined,
    token,
    signal: caller.signal,
    timeoutMs: Math.max(1, Math.min(requestTimeoutMs, caller.deadline - Date.now())),
    what: call.name,
    isCounted: true,
  });
  const limit = parseRateLimit(answer);
  if (limit !== undefined) outlet.budget.note(bucketsOf(operation, call.params), limit);
  if (answer.status >= 200 && answer.status < 300) {
    return { body: answer.body, text: answer.text, headers: answer.headers };
  }
  throw (await tooMuch(call, answer, limit)) ?? refusalOf(call, answer);
}

/** Where the server says that it is too much, the whole fleet is told; undefined where it says something else. */
async function tooMuch(
  { name, operation, outlet, params }: OutgoingCall,
  answer: Answer,
  limit: RateLimit | undefined,
): Promise<BudgetError | undefined> {
  const retryAt = parseRetryAfter(answer);
  const isOverload = answer.status === 503 && retryAt !== undefined;
  if (answer.status !== 429 && !isOverload) return undefined;
  const said = retryAt ?? limit?.resetsAt ?? answer.receivedAt + blindWaitMs;
  const until = Math.max(said, answer.receivedAt + shortestWaitMs);
  await outlet.budget.hold(bucketsOf(operation, params), { limit, until, isOverload });
  // Whether an overloaded server carried a write out is not known.
  return isOverload && operation.effect !== "read" ? undefined : new BudgetError(name, new Date(until));
}

function refusalOf({ name, outlet }: OutgoingCall, answer: Answer): Error {
  if (judge(answer).tokenRefused) {
    outlet.tokenRefused();
    return new NotReadyError(`${name}: the server refuses the account's token`);
  }
  return new ServerRefusedError(name, answer.status, answer.body);
}

function isPassing(error: unknown): boolean {
  if (error instanceof NetworkError) return error.failure !== "aborted" && error.failure !== "certificate";
  return error instanceof ServerRefusedError && error.status >= 500;
}
