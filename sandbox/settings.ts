/** How refresh tokens behave where they are switched on; Mastodon itself gives none. */
export interface RefreshTokenSettings {
  readonly expiresInSeconds: number;
  /** Whether the old tokens end with the refresh itself or with the first use of the new access token. */
  readonly rotate: "at-once" | "on-first-use";
}

/** Numbers that a test may want smaller than Mastodon has them. */
export interface SandboxRules {
  /** How long an authorization code lives; Mastodon: 600. */
  readonly codeLifetimeSeconds: number;
  /** How long an `Idempotency-Key` is remembered; Mastodon: 3600. */
  readonly idempotencySeconds: number;
  /** How long an uploaded file is processed; 0 answers 200 at once. */
  readonly mediaProcessingMs: number;
  /** The longest status, in characters as Mastodon counts them. */
  readonly maxCharacters: number;
  /** How often a WebSocket is pinged. */
  readonly pingIntervalMs: number;
}

/** What `startSandbox` takes; everything has a default. */
export interface SandboxOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  readonly host?: string;
  /** Names of the local people; default `alice` and `bob`. */
  readonly users?: readonly string[];
  /** Where the operator's browser reaches the server, if not where the bot does. */
  readonly publicUrl?: string;
  readonly limits?: "mastodon" | "off";
  /** Multiplies the windows of the rate limits: 0.05 makes them twenty times shorter. */
  readonly windowScale?: number;
  /** Who may call `/sandbox/*`. */
  readonly control?: "loopback" | "any";
  /** Whose account is labelled as a bot: whoever authorizes an out-of-band app, everyone, nobody. */
  readonly label?: "auto" | "all" | "none";
  readonly refreshTokens?: false | RefreshTokenSettings;
  readonly rules?: Partial<SandboxRules>;
}

/** The options with their defaults filled in. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly users: readonly string[];
  readonly publicUrl: string | undefined;
  readonly limits: "mastodon" | "off";
  readonly windowScale: number;
  readonly control: "loopback" | "any";
  readonly label: "auto" | "all" | "none";
  readonly refreshTokens: false | RefreshTokenSettings;
  readonly rules: SandboxRules;
}

const defaultRules: SandboxRules = {
  codeLifetimeSeconds: 600,
  idempotencySeconds: 3600,
  mediaProcessingMs: 50,
  maxCharacters: 500,
  pingIntervalMs: 30_000,
};

/** Fills in the defaults; throws a `RangeError` or `TypeError` for an option that makes no sense. */
export function settingsFrom(options: SandboxOptions): Settings {
  const windowScale = options.windowScale ?? 1;
  if (!(windowScale > 0)) throw new RangeError(`windowScale must be above 0, not ${windowScale}`);
  return {
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 0,
    users: options.users ?? ["alice", "bob"],
    publicUrl: options.publicUrl === undefined ? undefined : originOf(options.publicUrl),
    limits: options.limits ?? "off",
    windowScale,
    control: options.control ?? "loopback",
    label: options.label ?? "auto",
    refreshTokens: options.refreshTokens ?? false,
    rules: { ...defaultRules, ...options.rules },
  };
}

function originOf(publicUrl: string): string {
  if (!URL.canParse(publicUrl)) throw new TypeError(`publicUrl is not an address: ${publicUrl}`);
  const url = new URL(publicUrl);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(`publicUrl must start with http:// or https://, not ${url.protocol}`);
  }
  return url.origin;
}
