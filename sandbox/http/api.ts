import type { Hono } from "hono";
import type { Dialect } from "../dialects/dialect.js";
import { authorize } from "../operations/access.js";
import type { Call } from "../operations/call.js";
import { answerOf, perform, type Answer } from "../operations/perform.js";
import { findRoute, type Route } from "../operations/routes.js";
import { renderCredentialApplication } from "../oauth/app-registry.js";
import { refusedBecause } from "../oauth/token-store.js";
import { serverSentEvents } from "../streaming/server-sent-events.js";
import { originOf, parametersOf, respond, type Env, type Http } from "./exchange.js";
import type { Parts } from "./parts.js";

/** The API: registration, streams, and everything that has a row in the operation table. */
export function addApi(app: Hono<Env>, parts: Parts): void {
  app.post("/api/v1/apps", (c) => respond(c, register(parts, c)));
  const { streaming } = parts.settings.dialect;
  if (streaming !== undefined) {
    app.get("/api/v1/streaming/health", (c) => c.text("OK"));
    app.get("/api/v1/streaming/*", (c) => serverSentEvents(parts, c));
  }
  const missing = missingOperations(parts.settings.dialect);
  app.all("/api/*", (c) => {
    const found = findRoute(c.req.method, c.req.path);
    if (found === undefined || missing.has(found.route.name)) return c.json({ error: "Not Found" }, 404);
    return respond(c, callOperation(parts, c, found.route, found.inPath));
  });
}

function missingOperations({ software, without }: Dialect): ReadonlySet<string> {
  return new Set<string>([...without, ...(software.instanceV2 ? [] : ["instance.get"])]);
}

function register(parts: Parts, c: Http): Answer {
  try {
    const registered = parts.apps.register(parametersOf(c));
    return { status: 200, headers: {}, body: renderCredentialApplication(registered) };
  } catch (error) {
    return answerOf(error);
  }
}

function callOperation(parts: Parts, c: Http, route: Route, inPath: Readonly<Record<string, string>>): Answer {
  const { token } = c.var.exchange;
  const bearer =
    token === undefined ? undefined : { scopes: token.scopes, person: token.person, refused: refusedBecause(token) };
  try {
    authorize(parts.settings.dialect, route.operation, bearer);
  } catch (error) {
    return answerOf(error);
  }
  const origin = originOf(c);
  const call: Call = {
    world: parts.world,
    person: token?.person,
    app: token?.app,
    parameters: parametersOf(c, inPath),
    idempotencyKey: c.req.header("idempotency-key"),
    origin,
  };
  const { pathname, search } = new URL(c.req.url);
  const asked = new URL(pathname + search, origin);
  return parts.answers.answer(c.req.method, call.idempotencyKey, () => perform(route, call, asked));
}
