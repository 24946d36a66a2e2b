import { parseScopes } from "../../core/mastodon/scopes.js";
import type { ScopeRows } from "../dialects/dialect.js";
import type { Parameters } from "../operations/parameters.js";
import type { Settings } from "../settings.js";
import type { Person } from "../world/records.js";
import { outOfBand, type App, type AppRegistry } from "./app-registry.js";
import { oauthError } from "./oauth-error.js";
import { grantable } from "./scope-rules.js";
import type { Challenge, Secrets } from "./secrets.js";
import type { Token } from "./token-store.js";
import { refusalFrom, type Refusal } from "../refusal.js";

/** A request for authorization that was found to be in order. */
export interface AuthorizationRequest {
  readonly app: App;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string | undefined;
  readonly challenge: Challenge | undefined;
}

/** A code on its way to be exchanged. */
export interface Code extends AuthorizationRequest {
  readonly code: string;
  readonly person: Person;
  readonly expiresAt: number;
  /** What it was exchanged for. */
  token: Token | undefined;
}

/** Why a request for authorization was refused, and where the app wants to hear of it. */
export interface RefusedRequest {
  readonly refusal: Refusal;
  /** The app's own address, where it may be told by a redirect. */
  readonly redirectUri: string | undefined;
  readonly state: string | undefined;
}

/** Checks requests for authorization and gives out codes. */
export class Authorization {
  readonly #codes = new Map<string, Code>();
  readonly #apps: AppRegistry;
  readonly #secrets: Secrets;
  readonly #settings: Settings;

  constructor(apps: AppRegistry, secrets: Secrets, settings: Settings) {
    this.#apps = apps;
    this.#secrets = secrets;
    this.#settings = settings;
  }

  /** Checks in Doorkeeper's order: client, redirect address, response type, scopes, challenge. */
  check(parameters: Parameters): AuthorizationRequest | RefusedRequest {
    const state = parameters.text("state");
    const { codes, refusals, scopes: scopeRules } = this.#settings.dialect;
    const app = this.#apps.find(parameters.filledText("client_id"));
    if (app === undefined) return { refusal: refusalFrom(refusals.badClient), redirectUri: undefined, state };
    const redirectUri = parameters.filledText("redirect_uri");
    if (redirectUri === undefined || !app.redirectUris.includes(redirectUri)) {
      return { refusal: oauthError("invalid_redirect_uri"), redirectUri: undefined, state };
    }
    const challenge = challengeIn(parameters, codes.challengeMethods);
    const scopes = requestedScopes(scopeRules, app, parameters);
    const refuse = (refusal: Refusal): RefusedRequest => ({
      refusal,
      redirectUri: redirectUri === outOfBand ? undefined : redirectUri,
      state,
    });
    if (parameters.text("response_type") !== "code") return refuse(oauthError("unsupported_response_type"));
    if (scopes === undefined) return refuse(refusalFrom(refusals.scopeNotRegistered));
    if (challenge === "unknown method") return refuse(oauthError("invalid_code_challenge_method"));
    return { app, redirectUri, scopes, state, challenge };
  }

  /** Gives a code to a person; out of band, the sandbox's rule labels the person as a bot. */
  grant(person: Person, request: AuthorizationRequest): string {
    const code = this.#secrets.issue();
    const expiresAt = Date.now() + this.#settings.rules.codeLifetimeSeconds * 1000;
    this.#codes.set(code, { ...request, code, person, expiresAt, token: undefined });
    if (this.#settings.label === "auto" && request.redirectUri === outOfBand && !person.botChosen) person.bot = true;
    return code;
  }

  find(code: string): Code | undefined {
    return this.#codes.get(code);
  }
}

/** What of the scopes asked for (none: `read`) a token may have; nothing where the server refuses them. */
export function requestedScopes(rules: ScopeRows, app: App, parameters: Parameters): string[] | undefined {
  return grantable(rules, app.scopes, parseScopes(parameters.filledText("scope") ?? "read"));
}

/** A server without PKCE does not look at challenges. */
function challengeIn(
  parameters: Parameters,
  methods: readonly Challenge["method"][],
): Challenge | undefined | "unknown method" {
  const text = parameters.filledText("code_challenge");
  if (text === undefined || methods.length === 0) return undefined;
  const method = methods.find((known) => known === (parameters.text("code_challenge_method") ?? "plain"));
  return method === undefined ? "unknown method" : { text, method };
}
