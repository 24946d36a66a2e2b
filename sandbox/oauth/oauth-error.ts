import { Refusal } from "../refusal.js";

const descriptions = {
  access_denied: "The resource owner or authorization server denied the request.",
  invalid_client:
    "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.",
  invalid_grant:
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.",
  invalid_redirect_uri: "The redirect uri included is not valid.",
  invalid_scope: "The requested scope is invalid, unknown, or malformed.",
  invalid_code_challenge_method: "The code challenge method must be S256.",
  unauthorized_client: "You are not authorized to revoke this token",
  unsupported_grant_type: "The authorization grant type is not supported by the authorization server.",
  unsupported_response_type: "The authorization server does not support this response type.",
} as const;

/** An OAuth error in Doorkeeper's words; 401 for a client that could not be authenticated, else 400. */
export function oauthError(code: keyof typeof descriptions): Refusal {
  const body = { error: code, error_description: descriptions[code] };
  if (code === "unauthorized_client") return new Refusal(403, body);
  if (code !== "invalid_client") return new Refusal(400, body);
  const challenge = `Bearer realm="Doorkeeper", error="${code}", error_description="${descriptions[code]}"`;
  return new Refusal(401, body, { "WWW-Authenticate": challenge });
}

/** Doorkeeper's answer for a parameter that must be there. */
export function missingParameter(name: string): Refusal {
  return new Refusal(400, { error: "invalid_request", error_description: `Missing required parameter: ${name}.` });
}
