import type { z, ZodType } from "zod";
import type { Client, MissingScope, ReadingClient } from "./client/client.js";
import type { EventName, EventPayload, EventScope } from "./events/event.js";
import type { Status } from "./mastodon/entities.js";
import type { Permits, Scope } from "./mastodon/scopes.js";

export { z } from "zod";
export { HowdahError } from "./errors.js";
export {
  BudgetError,
  NetworkError,
  NotReadyError,
  PausedError,
  RepliesExhaustedError,
  ReplayMismatchError,
  ScopeError,
  ServerRefusedError,
  UncertainOutcomeError,
  UploadError,
  WriteOutsideHandler,
} from "./errors.js";
export { plainText } from "./mastodon/plain-text.js";
export type { Upload, UploadSource } from "./client/upload-source.js";
export type { Can, Client, List, MissingScope, OwnRequest, Page, WriteOptions } from "./client/client.js";
export type { EventName } from "./events/event.js";
export type * from "./mastodon/admin-entities.js";
export type * from "./mastodon/collection-entities.js";
export type * from "./mastodon/entities.js";
export type * from "./mastodon/filter-entities.js";
export type * from "./mastodon/instance-entities.js";
export type * from "./mastodon/notification-entities.js";
export type * from "./mastodon/social-entities.js";
export type { List as ListEntity } from "./mastodon/social-entities.js";
export type { OperationName } from "./mastodon/operations.js";
export type { Scope } from "./mastodon/scopes.js";

/** Writes to the log, with the account's and the rider's names; known secrets are redacted. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** The account that a plugin rides. */
export interface AccountFacts {
  /** Its name in accounts.yaml. */
  readonly name: string;
  /** The server's origin. */
  readonly server: string;
  /** The person's id on the server. */
  readonly id: string;
  /** The local part of the handle. */
  readonly username: string;
  /** An IANA name. */
  readonly timezone: string;
}

/**
 * A rider's own storage: JSON values by name. What a handler puts is stored together with the acknowledgement of
 * its event, so that a handler that is tried again starts from what was there before.
 */
export interface State {
  get<T = unknown>(name: string): Promise<T | undefined>;
  set(name: string, value: unknown): void;
  delete(name: string): void;
}

/**
 * Posts an answer in the same visibility, mentioning whom it answers. After 5 answers of the rider in one thread within
 * an hour (`replies_per_thread` in accounts.yaml) it throws RepliesExhaustedError; a handler that lets that through is done.
 */
export type Reply = (text: string, options?: { key?: string }) => Promise<Status>;

/** What every handler receives. `S` is the plugin's scopes, `O` its optional ones. */
export interface Invocation<S extends Scope, O extends Scope> {
  /** Does what the scopes permit; each write is recorded, so that a retried handler does not repeat it. */
  readonly client: Client<S>;
  readonly state: State;
  /** Computes a JSON value once per invocation: a later attempt gets the same. */
  readonly once: <T>(name: string, compute: () => T | Promise<T>) => Promise<T>;
  /** A client with an optional scope too, or undefined where accounts.yaml does not allow it. */
  readonly grant: <G extends O>(scope: G) => Client<S | G> | undefined;
  readonly log: Log;
  /** The same over all attempts. */
  readonly id: string;
  /** From 1. */
  readonly attempt: number;
  /** Aborts at the handler's deadline and when the account is let go. */
  readonly signal: AbortSignal;
  /** How long after it happened the event is handled, in milliseconds. */
  readonly lateMs: number;
}

/** What a handler of an event that carries a status receives in addition. */
export interface Answering<S extends Scope> {
  readonly reply: "write:statuses" extends Permits<S> ? Reply : MissingScope<"write:statuses">;
}

/** What a handler of a command receives in addition. */
export interface CommandCall<S extends Scope> extends Answering<S> {
  /** The words after the command. */
  readonly args: readonly string[];
  readonly status: Status;
}

/** Whose mentions a handler gets. Without it, those of other people only: bots that answer each other never stop. */
export interface MentionOptions {
  /** Also those of accounts that are labelled as bots. */
  readonly bots?: boolean;
  /** Also the account's own. */
  readonly own?: boolean;
}

/** A clock's duration: the parts add up. */
export interface Duration {
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
}

/** What `every` takes in the end. */
export interface ClockOptions {
  /**
   * What becomes of ticks that came due while no process ran the account: the `last` one is handled late (the default),
   * `all` of them are, up to a hundred, or `none` that is more than a minute late.
   */
  readonly missed?: "last" | "all" | "none";
}

/** What `cron` takes in the end. */
export interface CronOptions extends ClockOptions {
  /**
   * How long after its time a tick may be handled, so that not everything in the world happens on the hour. Each clock has
   * its own delay within it, the same each time, and never more than a quarter of the time between two ticks. Two minutes
   * unless given; 0 is on time.
   */
  readonly jitter?: Duration | 0;
}

type Allowed<N extends EventName, S extends Scope> = EventScope<N> extends Permits<S> ? N : MissingScope<EventScope<N>>;

type Clock<S extends Scope, O extends Scope> = (invocation: Invocation<S, O> & { readonly dueAt: Date }) => unknown;

/** What a plugin's set-up receives: the ways to be called, and what is known about the account. */
export interface Setup<S extends Scope, O extends Scope, Config> {
  /**
   * Calls `handler` for each such event; for mentions, those of bots and the account's own are left out unless `options`
   * asks for them. `notification` leaves out nothing.
   */
  readonly on: <N extends EventName>(
    event: Allowed<N, S>,
    handler: (
      invocation: Invocation<S, O> & EventPayload<N> & (N extends "notification.mention" ? Answering<S> : unknown),
    ) => unknown,
    options?: [N] extends ["notification.mention"] ? MentionOptions : never,
  ) => void;
  /**
   * Calls `handler` when a mention's first word is `name`, with or without `!` or `/` before it. Mentions of bots and the
   * account's own are left out unless `options` asks for them.
   */
  readonly command: (
    name: "read:notifications" extends Permits<S> ? string : MissingScope<"read:notifications">,
    handler: (invocation: Invocation<S, O> & CommandCall<S>) => unknown,
    options?: MentionOptions,
  ) => void;
  /**
   * Calls `handler` by a cron expression (five fields, or six with seconds first) in the account's time zone. `name` is
   * its identity. A time that a change to summer time leaves out comes an hour later; one that comes twice counts once.
   */
  readonly cron: (name: string, expression: string, handler: Clock<S, O>, options?: CronOptions) => void;
  /** Calls `handler` at a fixed interval of at least a second. `name` is its identity. */
  readonly every: (name: string, interval: Duration, handler: Clock<S, O>, options?: ClockOptions) => void;
  readonly config: Config;
  readonly account: AccountFacts;
  /** Reads; a write here is `WriteOutsideHandler`. */
  readonly client: ReadingClient<S>;
  readonly log: Log;
}

/** A plugin's clean-up. */
export type CleanUp = () => unknown;

type ConfigOf<C> = C extends ZodType ? z.output<C> : undefined;

/** What `definePlugin` takes. */
export interface PluginDefinition<
  S extends readonly Scope[],
  O extends readonly Scope[],
  C extends ZodType | undefined,
> {
  /** `[a-z0-9][a-z0-9_-]*` */
  name: string;
  /** What the plugin needs; none: `read`. */
  scopes?: S;
  /** What it can use where accounts.yaml allows it. */
  optionalScopes?: O;
  /** The schema of `with` in accounts.yaml. */
  config?: C;
  setup(setup: Setup<S[number], O[number], ConfigOf<C>>): void | CleanUp | Promise<void | CleanUp>;
}

/** A plugin as the host knows it: its types have done their work. */
export interface Plugin {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly optionalScopes: readonly Scope[];
  readonly config: ZodType | undefined;
  readonly setup: (setup: Setup<Scope, Scope, unknown>) => void | CleanUp | Promise<void | CleanUp>;
}

/** Defines a plugin: a plain value, the module's default export. */
export function definePlugin<
  const S extends readonly Scope[] = readonly ["read"],
  const O extends readonly Scope[] = readonly [],
  C extends ZodType | undefined = undefined,
>(definition: PluginDefinition<S, O, C>): Plugin {
  return {
    name: definition.name,
    scopes: definition.scopes ?? ["read"],
    optionalScopes: definition.optionalScopes ?? [],
    config: definition.config,
    // The host hands every plugin the same set-up; its types were narrowed for the author only.
    setup: (setup) => definition.setup(setup as unknown as Setup<S[number], O[number], ConfigOf<C>>),
  };
}
