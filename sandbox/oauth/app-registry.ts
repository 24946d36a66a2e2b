import { randomBytes } from "node:crypto";
import type { CredentialApplication } from "../../core/mastodon/instance-entities.js";
import { parseScopes } from "../../core/mastodon/scopes.js";
import type { ScopeRows } from "../dialects/dialect.js";
import type { CallingApp } from "../operations/call.js";
import { vapidKey } from "../operations/instance.js";
import type { Parameters } from "../operations/parameters.js";
import { invalid } from "../refusal.js";
import { codePoints } from "../world/content.js";
import { registrable } from "./scope-rules.js";
import { sameSecret, type Secrets } from "./secrets.js";

/** The redirect that shows the code on a page. */
export const outOfBand = "urn:ietf:wg:oauth:2.0:oob";

/** A registered client. */
export interface App extends CallingApp {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The registered clients. @see https://docs.joinmastodon.org/methods/apps/#create */
export class AppRegistry {
  readonly #byClientId = new Map<string, App>();
  readonly #secrets: Secrets;
  readonly #scopeRules: ScopeRows;

  constructor(secrets: Secrets, scopeRules: ScopeRows) {
    this.#secrets = secrets;
    this.#scopeRules = scopeRules;
  }

  /** Registers a client; throws 422 for what Mastodon refuses. */
  register(parameters: Parameters): App {
    const name = parameters.text("client_name")?.trim() ?? "";
    if (name === "") throw invalid("Name can't be blank");
    if (codePoints(name) > 60) throw invalid("Name is too long (maximum is 60 characters)");
    const website = parameters.filledText("website") ?? null;
    if (website !== null && !isWebAddress(website)) throw invalid("Website is not a valid URL");
    const scopes = registrable(this.#scopeRules, parseScopes(parameters.filledText("scopes") ?? "read"));
    if (scopes === undefined) throw invalid("Scopes doesn't match configured on the server.");
    const app: App = {
      id: String(this.#byClientId.size + 1),
      name,
      website,
      scopes,
      redirectUris: redirectUrisFrom(parameters),
      clientId: randomBytes(32).toString("base64url"),
      clientSecret: this.#secrets.issue(),
    };
    this.#byClientId.set(app.clientId, app);
    return app;
  }

  find(clientId: string | undefined): App | undefined {
    return clientId === undefined ? undefined : this.#byClientId.get(clientId);
  }

  /** The client with these credentials, or nothing. */
  authenticate(clientId: string | undefined, secret: string | undefined): App | undefined {
    const app = this.find(clientId);
    return app !== undefined && secret !== undefined && sameSecret(app.clientSecret, secret) ? app : undefined;
  }
}

/** What registration answers. */
export function renderCredentialApplication(app: App): CredentialApplication & { redirect_uris: string[] } {
  return {
    id: app.id,
    name: app.name,
    website: app.website,
    scopes: [...app.scopes],
    redirect_uri: app.redirectUris.join("\n"),
    redirect_uris: [...app.redirectUris],
    client_id: app.clientId,
    client_secret: app.clientSecret,
    client_secret_expires_at: 0,
    vapid_key: vapidKey,
  };
}

function redirectUrisFrom(parameters: Parameters): string[] {
  const uris = (parameters.texts("redirect_uris") ?? [])
    .flatMap((text) => text.split(/\s+/))
    .filter((uri) => uri !== "");
  if (uris.length === 0) throw invalid("Redirect URI can't be blank");
  for (const uri of uris) {
    if (uri === outOfBand) continue;
    if (!URL.canParse(uri)) throw invalid("Redirect URI must be an absolute URI.");
    const { hash, protocol } = new URL(uri);
    if (hash !== "") throw invalid("Redirect URI cannot contain a fragment.");
    if (["javascript:", "data:", "vbscript:", "mailto:"].includes(protocol)) {
      throw invalid("Redirect URI is forbidden by the server.");
    }
  }
  return [...new Set(uris)];
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
