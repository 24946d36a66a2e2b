import type { OperationName, Operations } from "../mastodon/operations.js";
import type { Permits, Scope } from "../mastodon/scopes.js";
import type { MediaAttachment } from "../mastodon/entities.js";
import type { Operation } from "../mastodon/operation.js";
import type { Upload } from "./upload-source.js";

/**
 * Stands where an operation would be that needs a scope the plugin does not declare. It is not callable, so the
 * compiler's error names the scope.
 */
export interface MissingScope<S extends string> {
  readonly "add this scope to the plugin's scopes": S;
}

/** Stands where a write would be on the client of a set-up: what acts belongs to a handler. */
export interface OnlyInHandlers {
  readonly "use the client that the handler receives": never;
}

/** One page of a list, with the way on; the server's `Link` header decides what is next. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Older entries (with `min_id`: what the server calls next); undefined at the end. */
  next(): Promise<Page<T> | undefined>;
  /** Newer entries; undefined where the server names none. */
  previous(): Promise<Page<T> | undefined>;
}

/** A list: `await` gives its first page, `for await` walks all entries page by page. */
export interface List<T> extends PromiseLike<Page<T>>, AsyncIterable<T> {}

/** What can be said about one write. */
export interface WriteOptions {
  /** Names this write within its invocation; default is derived from operation, parameters and occurrence. */
  readonly key?: string;
}

type Arguments<P, Options extends unknown[]> =
  Record<never, never> extends P ? [params?: P, ...Options] : [params: P, ...Options];

/** The call of one operation. */
export type Call<R> = R extends {
  readonly types?: { readonly params: infer P; readonly result: infer T };
  readonly effect: infer E;
  readonly paged: infer Paged;
}
  ? (
      ...args: Arguments<P, E extends "read" ? [] : [options?: WriteOptions]>
    ) => Paged extends true ? List<T> : Promise<T>
  : never;

type Fenced<R, Granted extends Scope> = R extends { readonly scopes: readonly (infer S extends Scope)[] }
  ? [S] extends [never]
    ? Call<R>
    : [Extract<S, Granted>] extends [never]
      ? MissingScope<S>
      : Call<R>
  : never;

type FencedTable<Granted extends Scope> = {
  readonly [G in keyof Operations]: {
    readonly [N in keyof Operations[G]]: Fenced<Operations[G][N], Granted>;
  };
};

type FencedReads<Granted extends Scope> = {
  readonly [G in keyof Operations]: {
    readonly [N in keyof Operations[G]]: Operations[G][N] extends { readonly effect: "read" }
      ? Fenced<Operations[G][N], Granted>
      : OnlyInHandlers;
  };
};

/** A request to an endpoint that only some servers have. */
export interface OwnRequest<S extends Scope, M extends Operation["method"] = Operation["method"]> {
  readonly method: M;
  /** From `/` on: it goes to the account's own server. */
  readonly path: string;
  /** The scope that the server asks for there; the plugin must have declared it. */
  readonly scope: S;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** Sent as JSON. */
  readonly body?: Readonly<Record<string, unknown>>;
}

/** What a client can do beside the table. */
interface Beside<Granted extends Scope> {
  readonly media: {
    /**
     * Uploads a file and waits until the server has processed it, so that it can be posted. `url` may only be an
     * address on the internet. Throws UploadError.
     */
    readonly upload: "write:media" extends Granted
      ? (source: Upload, options?: WriteOptions) => Promise<MediaAttachment>
      : MissingScope<"write:media">;
  };
  /**
   * Asks an endpoint that only the account's server has; `T` is what it answers, unchecked. What is not `GET` is a
   * write that cannot be looked up.
   */
  readonly request: <T = unknown>(call: OwnRequest<Granted>, options?: WriteOptions) => Promise<T>;
}

interface ReadsBeside<Granted extends Scope> {
  readonly media: { readonly upload: OnlyInHandlers };
  readonly request: <T = unknown>(call: OwnRequest<Granted, "GET">) => Promise<T>;
}

/** A client that can do what the scopes `S` permit. */
export type Client<S extends Scope> = FencedTable<Permits<S>> & Beside<Permits<S>>;

/** A client for set-up: it reads what the scopes `S` permit and writes nothing. */
export type ReadingClient<S extends Scope> = FencedReads<Permits<S>> & ReadsBeside<Permits<S>>;

type UnionToIntersection<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never;

type CanOne<N extends OperationName> = N extends `${infer G extends keyof Operations}.${infer M}`
  ? M extends keyof Operations[G]
    ? { readonly [K in G]: { readonly [L in M]: Call<Operations[G][M]> } }
    : never
  : never;

/** Any client that can do the operations named, for typing helpers: `Can<"statuses.create">`. */
export type Can<N extends OperationName> = UnionToIntersection<CanOne<N>>;
