import type { Hono } from "hono";
import { answerOf } from "../operations/perform.js";
import { Refusal, refusalFrom } from "../refusal.js";
import { authorizationServerMetadata, userInfo } from "../oauth/metadata.js";
import { issueToken, revokeByApp, revokeByToken } from "../oauth/token-endpoint.js";
import { refusedBecause } from "../oauth/token-store.js";
import { addAuthorizePages } from "./authorize-routes.js";
import { clientCredentialsOf, originOf, parametersOf, respond, type Env, type Http } from "./exchange.js";
import type { Parts } from "./parts.js";

/** OAuth: the pages for people, the endpoints for clients. */
export function addOAuth(app: Hono<Env>, parts: Parts): void {
  addAuthorizePages(app, parts);
  const { codes, tokens } = parts.settings.dialect;
  if (codes.metadata) {
    app.get("/.well-known/oauth-authorization-server", (c) =>
      c.json(authorizationServerMetadata(originOf(c), parts.settings)),
    );
  }
  app.post("/oauth/token", (c) =>
    answer(c, () => {
      c.header("Cache-Control", "no-store");
      return issueToken(parts, parametersOf(c), clientCredentialsOf(c, tokens.clientSecret));
    }),
  );
  app.post("/oauth/revoke", (c) =>
    answer(c, () => {
      revoke(parts, c);
      return {};
    }),
  );
  app.on(["GET", "POST"], "/oauth/userinfo", (c) => answer(c, () => tellWho(parts, c)));
}

function answer(c: Http, body: () => Record<string, unknown>): Response {
  try {
    return c.json(body());
  } catch (error) {
    return respond(c, answerOf(error));
  }
}

function revoke(parts: Parts, c: Http): void {
  const { clientSecret, revokedBy, revokeFormOnly } = parts.settings.dialect.tokens;
  const isForm = c.req.header("content-type")?.startsWith("application/x-www-form-urlencoded") ?? false;
  if (revokeFormOnly && !isForm) throw new Refusal(415, "Unsupported Media Type: send a form");
  if (revokedBy === "a-token") revokeByToken(parts, parametersOf(c), c.var.exchange.token);
  else revokeByApp(parts, parametersOf(c), clientCredentialsOf(c, clientSecret));
}

function tellWho(parts: Parts, c: Http): Record<string, unknown> {
  const { token } = c.var.exchange;
  const { refusals } = parts.settings.dialect;
  if (token === undefined || refusedBecause(token) !== undefined) {
    throw refusalFrom(refusals.invalidToken);
  }
  if (!token.scopes.includes("profile")) throw refusalFrom(refusals.missingScope, ["profile"]);
  if (token.person === undefined) throw new Refusal(422, "This method requires an authenticated user");
  return userInfo(parts.world, originOf(c), token.person);
}
