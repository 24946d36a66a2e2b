import { STATUS_CODES } from "node:http";
import type { Next } from "hono";
import { findRoute } from "../operations/routes.js";
import { answerOf } from "../operations/perform.js";
import { Refusal, refusalFrom } from "../refusal.js";
import { parseBody, parseForm } from "./body.js";
import { bearerText, remoteOf, respond, type Env, type Exchange, type Http } from "./exchange.js";
import type { FaultAction, MetFault } from "./faults.js";
import type { Parts } from "./parts.js";
import { createMiddleware } from "hono/factory";

/** The header by which a response tells the HTTP adapter that there is nothing to send. */
const alreadySent = "x-hono-already-sent";

/** Reads a request's parameters and token; what cannot be read is answered 400. */
export const readRequest = (parts: Parts) =>
  createMiddleware<Env>(async (c, next) => {
    const query = parseForm(new URL(c.req.url).search.slice(1));
    const hasBody = c.req.method !== "GET" && c.req.method !== "HEAD";
    let body: Record<string, unknown> = {};
    let unreadable: Response | undefined;
    try {
      if (hasBody) body = await parseBody(c.env.incoming);
    } catch (error) {
      unreadable = respond(c, answerOf(error));
    }
    const values = { ...query, ...body };
    const token = parts.tokens.find(bearerText(c, values));
    if (token !== undefined) parts.tokens.used(token);
    c.set("exchange", { values, token });
    await logged(parts, c, { query, body }, async () => {
      if (unreadable === undefined) await aroundFaults(parts, c, next);
      else c.res = unreadable;
    });
  });

async function logged(
  parts: Parts,
  c: Http,
  { query, body }: { query: Record<string, unknown>; body: Record<string, unknown> },
  run: () => Promise<void>,
): Promise<void> {
  const { token } = c.var.exchange;
  const answered = parts.log.add({
    method: c.req.method,
    path: c.req.path,
    query,
    body,
    user: token?.person?.username ?? null,
    app: token?.app.name ?? null,
    operation: findRoute(c.req.method, c.req.path)?.route.name ?? null,
    userAgent: c.req.header("user-agent") ?? null,
    idempotencyKey: c.req.header("idempotency-key") ?? null,
    contentType: c.req.header("content-type") ?? null,
  });
  await run();
  answered(c.res.headers.has(alreadySent) ? 0 : c.res.status);
}

async function aroundFaults(parts: Parts, c: Http, next: Next): Promise<void> {
  const user = c.var.exchange.token?.person?.username;
  const fault = parts.faults.meet({ method: c.req.method, path: c.req.path, user });
  if (fault?.when === "before" && (await apply(c, fault))) return;
  if (parts.settings.dialect.userAgentRequired && (c.req.header("user-agent") ?? "") === "") {
    c.res = respond(c, answerOf(new Refusal(418, "I'm a teapot: no user-agent sent with request")));
    return;
  }
  await limited(parts, c, next);
  if (fault?.when === "after") await apply(c, fault);
}

/** Returns whether the fault has taken the answer's place. */
async function apply(c: Http, { action, released }: MetFault): Promise<boolean> {
  if (action === "hold") {
    await released();
    return false;
  }
  if (action === "cut") {
    c.env.incoming.socket.destroy();
    c.res = undefined;
    c.res = new Response(null, { headers: { [alreadySent]: "true" } });
    return true;
  }
  if ("delayMs" in action) {
    await new Promise((resolve) => setTimeout(resolve, action.delayMs));
    return false;
  }
  c.res = undefined;
  c.res = faultResponse(action);
  return true;
}

function faultResponse(action: Extract<FaultAction, { status: number }>): Response {
  const json = action.json ?? { error: STATUS_CODES[action.status] ?? String(action.status) };
  const body = action.html ?? JSON.stringify(json);
  const type = action.html === undefined ? "application/json; charset=utf-8" : "text/html; charset=utf-8";
  const nothing = [101, 204, 205, 304].includes(action.status);
  return new Response(nothing ? null : body, {
    status: action.status,
    headers: { "Content-Type": type, ...action.headers },
  });
}

async function limited(parts: Parts, c: Http, next: Next): Promise<void> {
  const verdict = parts.limits.check(countedFrom(c, c.var.exchange));
  if (verdict.exceeded) c.res = respond(c, answerOf(refusalFrom(parts.settings.dialect.refusals.tooMany)));
  else await next();
  if (c.res.ok) verdict.succeeded();
  for (const [name, value] of Object.entries(verdict.headers())) c.res.headers.set(name, value);
}

function countedFrom(c: Http, { values, token }: Exchange): Parameters<Parts["limits"]["check"]>[0] {
  return {
    method: c.req.method,
    path: c.req.path,
    operation: findRoute(c.req.method, c.req.path)?.route.operation,
    personId: token?.person?.id,
    token: token?.accessToken,
    remote: remoteOf(c),
    paging: ["page", "max_id", "min_id", "since_id"].some((name) => values[name] !== undefined && values[name] !== ""),
  };
}
