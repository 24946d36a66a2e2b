import type { Dialect, RefreshTokenSettings } from "./dialects/dialect.js";
import { dialectNames, dialects, type DialectName } from "./dialects/dialects.js";

/** Numbers that a test may want smaller than the dialect has them. */
export interface SandboxRules {
  /** How long an authorization code lives; Mastodon: 600. */
  readonly codeLifetimeSeconds: number;
  /** How long an `Idempotency-Key` is remembered where it is honoured; Mastodon: 3600. */
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
  /** The server family to behave like; default `mastodon`. */
  readonly dialect?: DialectName;
  /** Names of the local people; default `alice` and `bob`. */
  readonly users?: readonly string[];
  /** Where the operator's browser reaches the server, if not where the bot does. */
  readonly publicUrl?: string;
  /** `mastodon`: those of the dialect. */
  readonly limits?: "mastodon" | "off";
  /** Multiplies the windows of the rate limits: 0.05 makes them twenty times shorter. */
  readonly windowScale?: number;
  /** Who may call `/sandbox/*`. */
  readonly control?: "loopback" | "any";
  /** Whose account is labelled as a bot: whoever authorizes an out-of-band app, everyone, nobody. */
  readonly label?: "auto" | "all" | "none";
  /** Instead of what the dialect does. */
  readonly refreshTokens?: false | RefreshTokenSettings;
  readonly rules?: Partial<SandboxRules>;
}

/** The options with their defaults filled in. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly dialect: Dialect;
  readonly users: readonly string[];
  readonly publicUrl: string | undefined;
  readonly limits: "mastodon" | "off";
  readonly windowScale: number;
  readonly control: "loopback" | "any";
  readonly label: "auto" | "all" | "none";
  readonly refreshTokens: false | RefreshTokenSettings;
  readonly rules: SandboxRules;
}

const rulesOf = ({ codes, idempotency }: Dialect): SandboxRules => ({
  codeLifetimeSeconds: codes.lifetimeSeconds,
  idempotencySeconds: idempotency?.seconds ?? 0,
  mediaProcessingMs: 50,
  maxCharacters: 500,
  pingIntervalMs: 30_000,
});

/** Fills in the defaults; throws a `RangeError` or `TypeError` for an option that makes no sense. */
export function settingsFrom(options: SandboxOptions): Settings {
  const windowScale = options.windowScale ?? 1;
  if (!(windowScale > 0)) throw new RangeError(`windowScale must be above 0, not ${windowScale}`);
  const dialect = dialectNamed(options.dialect ?? "mastodon");
  return {
    dialect,
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 0,
    users: options.users ?? ["alice", "bob"],
    publicUrl: options.publicUrl === undefined ? undefined : originOf(options.publicUrl),
    limits: options.limits ?? "off",
    windowScale,
    control: options.control ?? "loopback",
    label: options.label ?? "auto",
    refreshTokens: options.refreshTokens ?? dialect.tokens.refresh,
    rules: { ...rulesOf(dialect), ...options.rules },
  };
}

function dialectNamed(name: DialectName): Dialect {
  if (Object.hasOwn(dialects, name)) return dialects[name];
  throw new RangeError(`dialect must be one of ${dialectNames.join(", ")}, not ${name}`);
}

function originOf(publicUrl: string): string {
  if (!URL.canParse(publicUrl)) throw new TypeError(`publicUrl is not an address: ${publicUrl}`);
  const url = new URL(publicUrl);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(`publicUrl must start with http:// or https://, not ${url.protocol}`);
  }
  return url.origin;
}
