import type { Hono } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import type { AuthorizationRequest, RefusedRequest } from "../oauth/authorization.js";
import { outOfBand } from "../oauth/app-registry.js";
import { oauthError } from "../oauth/oauth-error.js";
import { codePage, consentPage, errorPage, signInPage, tokenPage } from "../oauth/pages.js";
import { isOwnForm, type Session } from "../oauth/sessions.js";
import type { Person } from "../world/records.js";
import { parametersOf, sessionCookie, sessionIdOf, type Env, type Http } from "./exchange.js";
import type { Parts } from "./parts.js";

/**
 * The pages on which a person signs in, lets an app act for them, and finds the code.
 * @see https://docs.joinmastodon.org/methods/oauth/#authorize
 */
export function addAuthorizePages(app: Hono<Env>, parts: Parts): void {
  app.get("/oauth/authorize", (c) => showAuthorize(parts, c));
  app.get("/oauth/authorize/native", (c) => c.html(codePage(parametersOf(c).text("code") ?? "")));
  app.on(["POST", "DELETE"], "/oauth/authorize", (c) => decide(parts, c));
  app.get("/auth/sign_in", (c) => c.html(signInPage(signInChoices(parts), sessionOf(parts, c).csrf)));
  app.post("/auth/sign_in", (c) => signIn(parts, c));
  app.post("/auth/sign_out", (c) => signOut(parts, c));
}

const signInChoices = (parts: Parts): Person[] =>
  [...parts.world.people.values()].filter(({ suspended }) => !suspended);

/** The browser's session; a new one is begun where there is none. */
function sessionOf(parts: Parts, c: Http): Session {
  const found = parts.sessions.find(sessionIdOf(c));
  if (found !== undefined) return found;
  const session = parts.sessions.start();
  setCookie(c, sessionCookie, session.id, { httpOnly: true, sameSite: "Lax", path: "/" });
  return session;
}

/** Sign-in first, then the check of the request, then consent, as Mastodon does it. */
function showAuthorize(parts: Parts, c: Http): Response {
  const session = sessionOf(parts, c);
  const { pathname, search } = new URL(c.req.url);
  const parameters = parametersOf(c);
  const forced = parameters.flag("force_login") ?? false;
  const isFresh = session.signedInFor === search;
  if (session.person === undefined || session.person.suspended || (forced && !isFresh)) {
    session.returnTo = pathname + search;
    return c.redirect("/auth/sign_in");
  }
  session.signedInFor = undefined;
  const request = parts.authorization.check(parameters);
  if ("refusal" in request) return refuse(c, request);
  const { person } = session;
  const held = forced ? undefined : parts.tokens.matching(request.app, person, request.scopes);
  const { agreedBefore } = parts.settings.dialect.codes;
  if (held !== undefined && agreedBefore === "the-token" && request.redirectUri === outOfBand) {
    return c.html(tokenPage(held.accessToken));
  }
  if (held !== undefined && agreedBefore !== "the-question") {
    return handOver(c, request, parts.authorization.grant(person, request));
  }
  return c.html(consentPage(person, request, session.csrf));
}

function decide(parts: Parts, c: Http): Response {
  const session = parts.sessions.find(sessionIdOf(c));
  const parameters = parametersOf(c);
  if (session?.person === undefined || !isOwnForm(session, parameters.text("authenticity_token"))) return forged(c);
  const request = parts.authorization.check(parameters);
  if ("refusal" in request) return refuse(c, request);
  const denied = c.req.method === "DELETE" || parameters.text("_method") === "delete";
  if (denied) {
    const redirectUri = request.redirectUri === outOfBand ? undefined : request.redirectUri;
    return refuse(c, { refusal: oauthError("access_denied"), redirectUri, state: request.state });
  }
  return handOver(c, request, parts.authorization.grant(session.person, request));
}

/** Brings the code to the app, or onto a page where it can be copied from. */
function handOver(c: Http, request: AuthorizationRequest, code: string): Response {
  if (request.redirectUri === outOfBand) return c.redirect(`/oauth/authorize/native?code=${encodeURIComponent(code)}`);
  return c.redirect(withQuery(request.redirectUri, { code, state: request.state }));
}

function refuse(c: Http, { refusal, redirectUri, state }: RefusedRequest): Response {
  const { error, error_description = error } = refusal.body as { error: string; error_description?: string };
  if (redirectUri !== undefined) return c.redirect(withQuery(redirectUri, { error, error_description, state }));
  return c.html(errorPage(error_description), refusal.status === 401 ? 401 : 400);
}

function withQuery(address: string, query: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

const forged = (c: Http): Response =>
  c.html(errorPage("Security verification failed. Are you blocking cookies? Go back and try again."), 422);

function signIn(parts: Parts, c: Http): Response {
  const session = parts.sessions.find(sessionIdOf(c));
  const parameters = parametersOf(c);
  if (session === undefined || !isOwnForm(session, parameters.text("authenticity_token"))) return forged(c);
  const person = parts.world.peopleByName.get(parameters.text("user")?.toLowerCase() ?? "");
  if (person === undefined || person.suspended) return c.html(errorPage("There is nobody of that name here."), 422);
  session.person = person;
  const goOn = session.returnTo ?? "/";
  session.signedInFor = goOn.slice(goOn.indexOf("?"));
  session.returnTo = undefined;
  return c.redirect(goOn);
}

function signOut(parts: Parts, c: Http): Response {
  const session = parts.sessions.find(sessionIdOf(c));
  if (session === undefined || !isOwnForm(session, parametersOf(c).text("authenticity_token"))) return forged(c);
  const { returnTo } = session;
  parts.sessions.end(session);
  deleteCookie(c, sessionCookie, { path: "/" });
  const next = sessionOf(parts, c);
  next.returnTo = returnTo;
  return c.redirect("/auth/sign_in");
}
