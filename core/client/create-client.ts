import { operations, type OperationName } from "../mastodon/operations.js";
import type { Operation } from "../mastodon/operation.js";
import { parseLinks } from "../mastodon/pages.js";
import type { RequestParams } from "../mastodon/request.js";
import type { Scope } from "../mastodon/scopes.js";
import type { Caller, Outlet, Reply } from "./call.js";
import { perform } from "./chain.js";
import type { Client, List, Page, WriteOptions } from "./client.js";

type Perform = (name: OperationName, operation: Operation, params: RequestParams, key?: string) => Promise<Reply>;
type Method = (params?: RequestParams, options?: WriteOptions) => unknown;

/**
 * The client of one caller. It has the shape of the operation table; what the caller's scopes do not permit throws
 * ScopeError when called past the compiler. Groups are made when they are first asked for.
 */
export function createClient<S extends Scope>(outlet: Outlet, caller: Caller): Client<S> {
  const call: Perform = (name, operation, params, key) => perform({ name, operation, params, key, caller, outlet });
  const client: Record<string, unknown> = {};
  for (const [group, rows] of Object.entries(operations)) {
    let made: Record<string, Method> | undefined;
    Object.defineProperty(client, group, { enumerable: true, get: () => (made ??= groupOf(group, rows, call)) });
  }
  // The table's own shape: the types and this object are mapped from the same rows.
  return client as Client<S>;
}

function groupOf(group: string, rows: Record<string, Operation>, call: Perform): Record<string, Method> {
  const methods: Record<string, Method> = {};
  for (const [row, operation] of Object.entries(rows)) {
    const name = `${group}.${row}` as OperationName;
    methods[row] = operation.paged
      ? (params = {}) => new PagedList((page) => call(name, operation, { ...params, ...page }))
      : async (params = {}, options) => (await call(name, operation, params, options?.key)).body;
  }
  return methods;
}

/** A list that is fetched when it is awaited or walked. */
class PagedList<T> implements List<T> {
  readonly #fetch: (page: RequestParams) => Promise<Reply>;

  constructor(fetch: (page: RequestParams) => Promise<Reply>) {
    this.#fetch = fetch;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- a list is awaited for its first page, as a query builder is
  then<A = Page<T>, B = never>(
    onfulfilled?: ((page: Page<T>) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#page({}).then(onfulfilled, onrejected);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (let page: Page<T> | undefined = await this.#page({}); page !== undefined; page = await page.next()) {
      yield* page.items;
    }
  }

  async #page(params: RequestParams): Promise<Page<T>> {
    const { body, headers } = await this.#fetch(params);
    const links = parseLinks(headers?.["link"]);
    const items = Array.isArray(body) ? (body as T[]) : [];
    const neighbour = async (link: Record<string, string> | undefined) =>
      link === undefined || items.length === 0 ? undefined : this.#page(link);
    return { items, next: () => neighbour(links.next), previous: () => neighbour(links.prev) };
  }
}
