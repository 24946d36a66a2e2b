import { parseScopes } from "../../core/mastodon/scopes.js";
import type { RefusalRows } from "../dialects/dialect.js";
import type { Parameters } from "../operations/parameters.js";
import type { Settings } from "../settings.js";
import type { App, AppRegistry } from "./app-registry.js";
import { requestedScopes, type Authorization, type Code } from "./authorization.js";
import { missingParameter, oauthError } from "./oauth-error.js";
import { refusalFrom, type Refusal } from "../refusal.js";
import { matchesChallenge } from "./secrets.js";
import { refusedBecause, type Token, type TokenStore } from "./token-store.js";

/** What the token endpoint works with. */
export interface TokenEndpointParts {
  readonly apps: AppRegistry;
  readonly authorization: Authorization;
  readonly tokens: TokenStore;
  readonly settings: Settings;
}

/** Client credentials as they came: by HTTP Basic or in the body. */
export interface ClientCredentials {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
}

/** `POST /oauth/token`. @see https://docs.joinmastodon.org/methods/oauth/#token */
export function issueToken(
  parts: TokenEndpointParts,
  parameters: Parameters,
  client: ClientCredentials,
): Record<string, unknown> {
  const grantType = parameters.filledText("grant_type");
  if (grantType === undefined) throw missingParameter("grant_type");
  const grant = grantsOf(parts).get(grantType);
  if (grant === undefined) throw refused(parts, "unknownGrant");
  const app = parts.apps.authenticate(client.clientId, client.clientSecret);
  if (app === undefined) throw refused(parts, "badClient");
  return renderToken(parts, grant(parts, parameters, app), grantType);
}

const refused = ({ settings }: TokenEndpointParts, why: keyof RefusalRows): Refusal =>
  refusalFrom(settings.dialect.refusals[why]);

type Grant = (parts: TokenEndpointParts, parameters: Parameters, app: App) => Token;

function grantsOf({ settings }: TokenEndpointParts): ReadonlyMap<string, Grant> {
  const grants = new Map<string, Grant>([["authorization_code", exchangeCode]]);
  if (settings.dialect.tokens.appTokens) grants.set("client_credentials", appToken);
  if (settings.refreshTokens !== false) grants.set("refresh_token", refresh);
  return grants;
}

/** A wrong redirect address or verifier does not use the code up. */
function exchangeCode(parts: TokenEndpointParts, parameters: Parameters, app: App): Token {
  const text = parameters.filledText("code");
  if (text === undefined) throw missingParameter("code");
  const redirectUri = parameters.filledText("redirect_uri");
  if (redirectUri === undefined) throw missingParameter("redirect_uri");
  const code = parts.authorization.find(text);
  if (code === undefined || code.expiresAt <= Date.now() || code.app !== app) throw refused(parts, "badCode");
  if (code.redirectUri !== redirectUri) throw refused(parts, "wrongRedirect");
  if (code.challenge !== undefined) {
    const verifier = parameters.filledText("code_verifier");
    if (verifier === undefined) throw missingParameter("code_verifier");
    if (!matchesChallenge(verifier, code.challenge)) throw refused(parts, "badCode");
  }
  code.token = code.token === undefined ? parts.tokens.give(app, code.person, code.scopes) : again(parts, code);
  return code.token;
}

/** What a code gives that was exchanged before. */
function again(parts: TokenEndpointParts, { app, person, scopes, token }: Code): Token {
  const { again } = parts.settings.dialect.codes;
  if (again === "another-token") return parts.tokens.create(app, person, scopes);
  if (again === "the-same-token" && token !== undefined && refusedBecause(token) === undefined) return token;
  throw refused(parts, "usedCode");
}

function appToken(parts: TokenEndpointParts, parameters: Parameters, app: App): Token {
  const scopes = requestedScopes(parts.settings.dialect.scopes, app, parameters);
  if (scopes === undefined) throw refused(parts, "scopeNotRegistered");
  return parts.tokens.give(app, undefined, scopes);
}

function refresh(parts: TokenEndpointParts, parameters: Parameters, app: App): Token {
  const text = parameters.filledText("refresh_token");
  if (text === undefined) throw missingParameter("refresh_token");
  const old = parts.tokens.findByRefreshToken(text);
  if (old === undefined || old.revoked || old.app !== app) throw refused(parts, "badRefreshToken");
  const asked = parameters.filledText("scope");
  const scopes = asked === undefined ? old.scopes : parseScopes(asked);
  if (!scopes.every((scope) => old.scopes.includes(scope))) throw refused(parts, "scopeNotRegistered");
  return parts.tokens.rotate(old, scopes);
}

function renderToken({ settings }: TokenEndpointParts, token: Token, grantType: string): Record<string, unknown> {
  const { createdAt, scopeField } = settings.dialect.tokens;
  const inMilliseconds = createdAt === "milliseconds" && grantType === "authorization_code";
  return {
    access_token: token.accessToken,
    token_type: "Bearer",
    ...(scopeField === "absent"
      ? {}
      : { scope: (scopeField === "granted" ? token.scopes : token.app.scopes).join(" ") }),
    created_at: inMilliseconds ? token.createdAt : Math.floor(token.createdAt / 1000),
    ...(token.expiresAt === undefined
      ? {}
      : { expires_in: Math.max(0, Math.ceil((token.expiresAt - Date.now()) / 1000)) }),
    ...(token.refreshToken === undefined ? {} : { refresh_token: token.refreshToken }),
  };
}

/** `POST /oauth/revoke` by an app: an unknown token is no error, somebody else's is. */
export function revokeByApp(parts: TokenEndpointParts, parameters: Parameters, client: ClientCredentials): void {
  const token = tokenIn(parts, parameters);
  if (token === undefined) return;
  if (parts.apps.authenticate(client.clientId, client.clientSecret) !== token.app)
    throw oauthError("unauthorized_client");
  parts.tokens.revoke(token);
}

/** `POST /oauth/revoke` with a token of the same person as authority. */
export function revokeByToken(parts: TokenEndpointParts, parameters: Parameters, bearer: Token | undefined): void {
  if (bearer === undefined || refusedBecause(bearer) !== undefined) throw refused(parts, "invalidToken");
  const token = tokenIn(parts, parameters);
  if (token === undefined || token.person !== bearer.person) throw oauthError("unauthorized_client");
  parts.tokens.revoke(token);
}

function tokenIn({ tokens }: TokenEndpointParts, parameters: Parameters): Token | undefined {
  const text = parameters.filledText("token");
  return text === undefined ? undefined : (tokens.find(text) ?? tokens.findByRefreshToken(text));
}
