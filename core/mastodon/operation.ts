import type { Scope } from "./scopes.js";

/** The rate-limit buckets of Mastodon that single operations count in, beside the ones that every request counts in. */
export type SpecialBucket = "media" | "deletes" | "statuses" | "follows" | "reports";

/** A special bucket, or `default` for those that every request counts in. */
export type Bucket = "default" | SpecialBucket;

/**
 * What an operation does on the server:
 * `read` changes nothing, `idempotent` may be sent again without a second effect,
 * `write` has another effect each time it is sent.
 */
export type Effect = "read" | "idempotent" | "write";

/**
 * How it is found out what became of a write whose answer never came:
 * `own-statuses`: by text, target and time among the account's posts, or its scheduled ones where `scheduled_at` was given;
 * `poll`: the poll says whether the account has voted;
 * a listing: among what the operation `in` answers to the same parameters of its path, by fields that equal the parameters `by`;
 * `none`: it cannot be found out;
 * `unneeded`: it changes nothing, or may be sent again.
 */
export type LookUp =
  | "own-statuses"
  | "poll"
  | { readonly in: string; readonly by: readonly string[] }
  | "none"
  | "unneeded";

/** Whose token an operation takes: a person's; an app's too; or `public`, none at all. */
export type TokenKind = "user" | "app" | "public";

/** One API endpoint as data. */
export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With `{name}` where a parameter of that name goes. */
  readonly path: string;
  /** What permits the operation, as documented; none: every token may. */
  readonly scopes: readonly Scope[];
  /** Whether any one of the scopes is enough. */
  readonly scopesRule: "any" | "all";
  readonly token: TokenKind;
  readonly effect: Effect;
  readonly lookUp: LookUp;
  /** The special buckets that it counts in; what pages counts in one more, by its parameters. */
  readonly buckets: readonly SpecialBucket[];
  /** The tightest bucket that it counts in. */
  readonly bucket: Bucket;
  /** How the parameters that are not in the path travel. */
  readonly body: "query" | "json" | "multipart";
  /** Whether the answer is a list with `Link` pages. */
  readonly paged: boolean;
  /** Whether Mastodon honours `Idempotency-Key` here. */
  readonly idempotencyKey: boolean;
  /** The version of Mastodon that brought it; undefined: it was always there. */
  readonly since: string | undefined;
}

/**
 * An operation as a row of the table: `P` is what a caller passes, `R` what the server answers (one item of it
 * where it is paged). Scopes, effect and paging are literal types, so that the client can fence by them.
 */
export interface Row<P, R, S extends Scope, E extends Effect, Paged extends boolean> extends Operation {
  readonly scopes: readonly S[];
  readonly effect: E;
  readonly paged: Paged;
  /** Carries the types only; never set. */
  readonly types?: { readonly params: P; readonly result: R };
}

type Method = Operation["method"];

interface RowData {
  readonly scopes?: readonly Scope[];
  readonly scopesRule?: "all";
  readonly token?: TokenKind;
  readonly effect?: Effect;
  readonly lookUp?: Exclude<LookUp, "none" | "unneeded">;
  readonly buckets?: readonly SpecialBucket[];
  readonly body?: Operation["body"];
  readonly paged?: true;
  readonly idempotencyKey?: true;
  readonly since?: string;
}

type ScopesOf<D> = D extends { scopes: readonly (infer S extends Scope)[] } ? S : never;
type EffectOf<M extends Method, D> = D extends { effect: infer E extends Effect }
  ? E
  : M extends "GET"
    ? "read"
    : "write";
type PagedOf<D> = D extends { paged: true } ? true : false;

/**
 * Makes a row maker for operations that take `P` and answer `R`.
 * Called twice because TypeScript infers all type arguments of a call or none.
 */
export function operation<P, R>() {
  return <const M extends Method, const D extends RowData = Record<never, never>>(
    method: M,
    path: string,
    data?: D,
  ): Row<P, R, ScopesOf<D>, EffectOf<M, D>, PagedOf<D>> =>
    complete(method, path, data ?? {}) as Row<P, R, ScopesOf<D>, EffectOf<M, D>, PagedOf<D>>;
}

function complete(method: Method, path: string, data: RowData): Operation {
  const effect = data.effect ?? (method === "GET" ? "read" : "write");
  return {
    method,
    path,
    scopes: data.scopes ?? [],
    scopesRule: data.scopesRule ?? "any",
    token: data.token ?? "user",
    effect,
    lookUp: data.lookUp ?? (effect === "write" ? "none" : "unneeded"),
    buckets: data.buckets ?? [],
    bucket: data.buckets?.[0] ?? "default",
    body: data.body ?? (method === "GET" || method === "DELETE" ? "query" : "json"),
    paged: data.paged ?? false,
    idempotencyKey: data.idempotencyKey ?? false,
    since: data.since,
  };
}

/** Whether what is permitted (children listed) is enough for the operation. */
export function permits(operation: Operation, permitted: { has(scope: string): boolean }): boolean {
  const { scopes, scopesRule } = operation;
  if (scopesRule === "all") return scopes.every((scope) => permitted.has(scope));
  return scopes.length === 0 || scopes.some((scope) => permitted.has(scope));
}
