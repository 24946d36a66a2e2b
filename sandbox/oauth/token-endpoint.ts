import { parseScopes } from "../../core/mastodon/scopes.js";
import type { Parameters } from "../operations/parameters.js";
import type { Settings } from "../settings.js";
import type { App, AppRegistry } from "./app-registry.js";
import { requestedScopes, type Authorization } from "./authorization.js";
import { missingParameter, oauthError } from "./oauth-error.js";
import { matchesChallenge } from "./secrets.js";
import type { Token, TokenStore } from "./token-store.js";

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
  const grant = grants.get(grantType);
  if (grant === undefined || (grantType === "refresh_token" && parts.settings.refreshTokens === false)) {
    throw oauthError("unsupported_grant_type");
  }
  const app = parts.apps.authenticate(client.clientId, client.clientSecret);
  if (app === undefined) throw oauthError("invalid_client");
  return renderToken(grant(parts, parameters, app));
}

type Grant = (parts: TokenEndpointParts, parameters: Parameters, app: App) => Token;

const grants: ReadonlyMap<string, Grant> = new Map<string, Grant>([
  ["authorization_code", exchangeCode],
  ["client_credentials", appToken],
  ["refresh_token", refresh],
]);

/** A wrong redirect address or verifier does not use the code up. */
function exchangeCode({ authorization, tokens }: TokenEndpointParts, parameters: Parameters, app: App): Token {
  const text = parameters.filledText("code");
  if (text === undefined) throw missingParameter("code");
  const redirectUri = parameters.filledText("redirect_uri");
  if (redirectUri === undefined) throw missingParameter("redirect_uri");
  const code = authorization.find(text);
  if (code === undefined || code.used || code.expiresAt <= Date.now()) throw oauthError("invalid_grant");
  if (code.app !== app || code.redirectUri !== redirectUri) throw oauthError("invalid_grant");
  if (code.codeChallenge !== undefined) {
    const verifier = parameters.filledText("code_verifier");
    if (verifier === undefined) throw missingParameter("code_verifier");
    if (!matchesChallenge(verifier, code.codeChallenge)) throw oauthError("invalid_grant");
  }
  code.used = true;
  return tokens.give(app, code.person, code.scopes);
}

function appToken({ tokens }: TokenEndpointParts, parameters: Parameters, app: App): Token {
  const scopes = requestedScopes(app, parameters);
  if (scopes === undefined) throw oauthError("invalid_scope");
  return tokens.give(app, undefined, scopes);
}

function refresh({ tokens }: TokenEndpointParts, parameters: Parameters, app: App): Token {
  const text = parameters.filledText("refresh_token");
  if (text === undefined) throw missingParameter("refresh_token");
  const old = tokens.findByRefreshToken(text);
  if (old === undefined || old.revoked || old.app !== app) throw oauthError("invalid_grant");
  const asked = parameters.filledText("scope");
  const scopes = asked === undefined ? old.scopes : parseScopes(asked);
  if (!scopes.every((scope) => old.scopes.includes(scope))) throw oauthError("invalid_scope");
  return tokens.rotate(old, scopes);
}

function renderToken(token: Token): Record<string, unknown> {
  return {
    access_token: token.accessToken,
    token_type: "Bearer",
    scope: token.scopes.join(" "),
    created_at: Math.floor(token.createdAt / 1000),
    ...(token.expiresAt === undefined
      ? {}
      : { expires_in: Math.max(0, Math.ceil((token.expiresAt - Date.now()) / 1000)) }),
    ...(token.refreshToken === undefined ? {} : { refresh_token: token.refreshToken }),
  };
}

/** `POST /oauth/revoke`: an unknown token is no error, somebody else's is. */
export function revokeToken(parts: TokenEndpointParts, parameters: Parameters, client: ClientCredentials): void {
  const text = parameters.filledText("token");
  const token = text === undefined ? undefined : (parts.tokens.find(text) ?? parts.tokens.findByRefreshToken(text));
  if (token === undefined) return;
  if (parts.apps.authenticate(client.clientId, client.clientSecret) !== token.app)
    throw oauthError("unauthorized_client");
  parts.tokens.revoke(token);
}
