import type { Hono } from "hono";
import { invalidToken } from "../operations/access.js";
import { answerOf } from "../operations/perform.js";
import { Refusal } from "../refusal.js";
import { authorizationServerMetadata, userInfo } from "../oauth/metadata.js";
import { issueToken, revokeToken } from "../oauth/token-endpoint.js";
import { refusedBecause } from "../oauth/token-store.js";
import { addAuthorizePages } from "./authorize-routes.js";
import { clientCredentialsOf, originOf, parametersOf, respond, type Env, type Http } from "./exchange.js";
import type { Parts } from "./parts.js";

/** OAuth: the pages for people, the endpoints for clients. */
export function addOAuth(app: Hono<Env>, parts: Parts): void {
  addAuthorizePages(app, parts);
  app.get("/.well-known/oauth-authorization-server", (c) =>
    c.json(authorizationServerMetadata(originOf(c), parts.settings)),
  );
  app.post("/oauth/token", (c) =>
    answer(c, () => {
      c.header("Cache-Control", "no-store");
      return issueToken(parts, parametersOf(c), clientCredentialsOf(c));
    }),
  );
  app.post("/oauth/revoke", (c) =>
    answer(c, () => {
      revokeToken(parts, parametersOf(c), clientCredentialsOf(c));
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

function tellWho(parts: Parts, c: Http): Record<string, unknown> {
  const { token } = c.var.exchange;
  if (token === undefined || refusedBecause(token) !== undefined) throw invalidToken();
  if (!token.scopes.includes("profile")) throw new Refusal(403, "This action is outside the authorized scopes");
  if (token.person === undefined) throw new Refusal(422, "This method requires an authenticated user");
  return userInfo(parts.world, originOf(c), token.person);
}
