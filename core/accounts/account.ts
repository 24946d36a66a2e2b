import type { ZodType } from "zod";
import type { Scope } from "../mastodon/scopes.js";
import type { Since } from "./duration.js";
import type { Caps } from "./politeness.js";

/** What accounts.yaml needs to know of a plugin; the host hands in how to find one. */
export interface PluginFacts {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly optionalScopes: readonly Scope[];
  /** The schema of `with`; none: the plugin takes no configuration. */
  readonly config: ZodType | undefined;
}

/** One plugin on one account with one configuration, as accounts.yaml says it. */
export interface RiderEntry<P extends PluginFacts = PluginFacts> {
  /** Unique per account: `as`, else the plugin's name. */
  readonly name: string;
  /** As written: a shipped plugin, an npm package or a path. */
  readonly use: string;
  readonly plugin: P;
  /** The plugin's scopes with those optional ones that `allow` grants. */
  readonly scopes: readonly Scope[];
  /** Validated by the plugin's schema; undefined where it has none. */
  readonly config: unknown;
  /** What stands under `with`, before the plugin's schema; undefined: nothing does. */
  readonly given?: unknown;
  /** Where its first start begins; undefined: now. */
  readonly since?: Since | undefined;
  /** How old an event may be when it is handled, in milliseconds; undefined: as usual for its kind. */
  readonly staleAfterMs?: number | undefined;
  /** `strict`: an event that waits or is tried again holds up what comes after it in its conversation. */
  readonly order?: "strict" | undefined;
  /** How long a handler may take, in milliseconds; undefined: a minute. */
  readonly deadlineMs?: number | undefined;
  /** How many answers it may write in one thread within an hour; undefined: as usual. */
  readonly repliesPerThread?: number | undefined;
}

/** One entry of accounts.yaml, validated and frozen. */
export interface Account<P extends PluginFacts = PluginFacts> {
  readonly name: string;
  /** Its name before: what is stored under that is this account's. */
  readonly was?: string | undefined;
  /** The server's origin, for example `https://mastodon.social`. */
  readonly server: string;
  /** The local part of the handle that the person must have. */
  readonly handle: string | undefined;
  /** Authorized beyond what the riders need. */
  readonly scopes: readonly Scope[];
  /** An IANA name. */
  readonly timezone: string;
  readonly dryRun: boolean;
  /** Lets an account write that is not labelled as a bot on its server. */
  readonly allowUnlabelled: boolean;
  /** How much of the server's limits is used at most: over 0, up to 1. */
  readonly share: number;
  readonly caps: Caps;
  readonly riders: readonly RiderEntry<P>[];
}

/** accounts.yaml as a whole, validated and frozen. */
export interface Fleet<P extends PluginFacts = PluginFacts> {
  /** The file's absolute path. */
  readonly file: string;
  /** Goes into the User-Agent. */
  readonly contact: string | undefined;
  readonly accounts: readonly Account<P>[];
}
