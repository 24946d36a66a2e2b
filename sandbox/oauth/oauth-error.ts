import { Refusal } from "../refusal.js";

const descriptions = {
  access_denied: "The resource owner or authorization server denied the request.",
  invalid_redirect_uri: "The redirect uri included is not valid.",
  invalid_code_challenge_method: "The code challenge method must be S256.",
  unauthorized_client: "You are not authorized to revoke this token",
  unsupported_response_type: "The authorization server does not support this response type.",
} as const;

/** An OAuth error in Doorkeeper's words, for what servers do not differ in. */
export function oauthError(code: keyof typeof descriptions): Refusal {
  const body = { error: code, error_description: descriptions[code] };
  return new Refusal(code === "unauthorized_client" ? 403 : 400, body);
}

/** Doorkeeper's answer for a parameter that must be there. */
export function missingParameter(name: string): Refusal {
  return new Refusal(400, { error: "invalid_request", error_description: `Missing required parameter: ${name}.` });
}
