import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import type { z } from "zod";
import { readText } from "../http/body.js";
import { remoteOf, respond, type Env, type Http } from "../http/exchange.js";
import { answerOf } from "../operations/perform.js";
import { Refusal } from "../refusal.js";
import type { Control } from "./control.js";
import {
  actInput,
  checked,
  faultInput,
  grantInput,
  releaseInput,
  revokeInput,
  streamsInput,
  suspendInput,
  userInput,
} from "./input.js";
import type { FaultRule } from "../http/faults.js";

/** The control surface over HTTP: each route calls `Control`. */
export function controlRoutes(control: Control, who: "loopback" | "any"): Hono<Env> {
  const app = new Hono<Env>();
  app.use(onlyFrom(who));
  const post = <T>(path: string, schema: z.ZodType<T>, run: (input: T) => object): void => {
    app.post(path, (c) => answer(c, schema, run));
  };
  post("/grant", grantInput, (input) => control.grant(input));
  app.post("/act", (c) => act(c, control));
  post("/revoke", revokeInput, (input) => ({ revoked: control.revoke(input) }));
  post("/expire", userInput, ({ user }) => ({ expired: control.expire(user) }));
  post("/suspend", suspendInput, ({ user, suspended }) => {
    control.suspend(user, suspended);
    return { user, suspended };
  });
  post("/faults", faultInput, (rule) => ({ id: control.addFault(rule as FaultRule) }));
  post("/faults/release", releaseInput, ({ id }) => {
    control.release(id);
    return {};
  });
  app.get("/faults", (c) => c.json(control.faults()));
  app.delete("/faults", (c) => {
    control.clearFaults();
    return c.json({});
  });
  app.get("/streams", (c) => c.json(control.streams()));
  post("/streams/drop", streamsInput, ({ user }) => ({ dropped: control.dropStreams(user) }));
  post("/streams/half-open", streamsInput, ({ user }) => ({ half_open: control.halfOpenStreams(user) }));
  app.get("/requests", (c) => c.json(control.requests()));
  app.delete("/requests", (c) => {
    control.clearRequests();
    return c.json({});
  });
  app.get("/users", (c) => c.json(control.users()));
  post("/users", userInput, ({ user }) => control.addUser(user));
  app.get("/secrets", (c) => c.json(control.issuedSecrets()));
  app.get("/reports", (c) => c.json(control.reports()));
  app.all("*", (c) => c.json({ error: `${c.req.method} ${c.req.path} is no control of the sandbox` }, 404));
  return app;
}

/** Pages of other origins that run in the operator's browser are kept out as well. */
const onlyFrom = (who: "loopback" | "any") =>
  createMiddleware<Env>(async (c, next) => {
    if (who === "loopback" && !isLoopback(remoteOf(c))) {
      return c.json({ error: "The control surface is open to loopback addresses only" }, 403);
    }
    const origin = c.req.header("origin");
    if (origin !== undefined && origin !== new URL(c.req.url).origin) {
      return c.json({ error: "The control surface is not open to pages of other origins" }, 403);
    }
    await next();
    return undefined;
  });

/** Whether an address is the machine itself, also as IPv4 inside IPv6. */
export function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127\./i.test(address) || address === "::1";
}

async function inputOf(c: Http): Promise<unknown> {
  const text = await readText(c.env.incoming);
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(422, "body: is not JSON");
  }
}

async function answer<T>(c: Http, schema: z.ZodType<T>, run: (input: T) => object): Promise<Response> {
  try {
    return c.json(run(checked(schema, await inputOf(c))));
  } catch (error) {
    return respond(c, answerOf(error));
  }
}

async function act(c: Http, control: Control): Promise<Response> {
  try {
    return respond(c, control.act(checked(actInput, await inputOf(c))));
  } catch (error) {
    return respond(c, answerOf(error));
  }
}
