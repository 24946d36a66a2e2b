import type { Scope } from "./scopes.js";

/** The rate-limit buckets of Mastodon beside the general one per token. */
export type Bucket = "default" | "media" | "deletes" | "statuses" | "follows" | "reports";

/**
 * What an operation does on the server:
 * `read` changes nothing, `idempotent` may be sent again without a second effect,
 * `write` has another effect each time it is sent.
 */
export type Effect = "read" | "idempotent" | "write";

/** One API endpoint as data. */
export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With `{name}` where a parameter of that name goes. */
  readonly path: string;
  /** Any one of these permits the operation; none: every token may. */
  readonly scopes: readonly Scope[];
  readonly effect: Effect;
  readonly bucket: Bucket;
  /** How the parameters that are not in the path travel. */
  readonly body: "query" | "json" | "multipart";
  /** Whether the answer is a list with `Link` pages. */
  readonly paged: boolean;
  /** Whether Mastodon honours `Idempotency-Key` here. */
  readonly idempotencyKey: boolean;
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
  readonly effect?: Effect;
  readonly bucket?: Bucket;
  readonly body?: Operation["body"];
  readonly paged?: true;
  readonly idempotencyKey?: true;
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
  ): Row<P, R, ScopesOf<D>, EffectOf<M, D>, PagedOf<D>> => {
    const row: Operation = {
      method,
      path,
      scopes: data?.scopes ?? [],
      effect: data?.effect ?? (method === "GET" ? "read" : "write"),
      bucket: data?.bucket ?? "default",
      body: data?.body ?? (method === "GET" || method === "DELETE" ? "query" : "json"),
      paged: data?.paged ?? false,
      idempotencyKey: data?.idempotencyKey ?? false,
    };
    return row as Row<P, R, ScopesOf<D>, EffectOf<M, D>, PagedOf<D>>;
  };
}
