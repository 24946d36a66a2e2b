import { allScopes } from "../../core/mastodon/scopes.js";
import type { Settings } from "../settings.js";
import type { Person } from "../world/records.js";
import { renderAccount } from "../render/account.js";
import type { World } from "../world/world.js";

/**
 * The metadata that clients discover: what they call is where they asked, what a browser opens at the public address.
 * @see https://docs.joinmastodon.org/methods/oauth/#authorization-server-metadata
 */
export function authorizationServerMetadata(origin: string, settings: Settings): Record<string, unknown> {
  const browser = settings.publicUrl ?? origin;
  return {
    issuer: `${origin}/`,
    service_documentation: "https://docs.joinmastodon.org/",
    authorization_endpoint: `${browser}/oauth/authorize`,
    token_endpoint: `${origin}/oauth/token`,
    app_registration_endpoint: `${origin}/api/v1/apps`,
    revocation_endpoint: `${origin}/oauth/revoke`,
    userinfo_endpoint: `${origin}/oauth/userinfo`,
    scopes_supported: allScopes,
    response_types_supported: ["code"],
    response_modes_supported: ["query", "fragment", "form_post"],
    grant_types_supported: [
      "authorization_code",
      ...(settings.dialect.tokens.appTokens ? ["client_credentials"] : []),
      ...(settings.refreshTokens === false ? [] : ["refresh_token"]),
    ],
    token_endpoint_auth_methods_supported: settings.dialect.tokens.clientSecret.map(
      (place) => `client_secret_${place}`,
    ),
    code_challenge_methods_supported: settings.dialect.codes.challengeMethods,
  };
}

/** What `GET /oauth/userinfo` tells about a person. */
export function userInfo(world: World, origin: string, person: Person): Record<string, unknown> {
  const account = renderAccount(world, person);
  return {
    iss: `${origin}/`,
    sub: account.uri,
    name: account.display_name,
    preferred_username: account.username,
    profile: account.url,
    picture: account.avatar,
  };
}
