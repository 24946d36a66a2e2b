import type { Hono } from "hono";
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
  app.get("/api/v1/streaming/health", (c) => c.text("OK"));
  app.get("/api/v1/streaming/*", (c) => serverSentEvents(parts, c));
  app.all("/api/*", (c) => {
    const found = findRoute(c.req.method, c.req.path);
    if (found === undefined) return c.json({ error: "Not Found" }, 404);
    return respond(c, callOperation(parts, c, found.route, found.inPath));
  });
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
    authorize(route.name, route.operation, bearer);
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
  return perform(route, call, new URL(pathname + search, origin));
}
