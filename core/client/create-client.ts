import { operations, type OperationName } from "../mastodon/operations.js";
import type { Operation } from "../mastodon/operation.js";
import { parseLinks } from "../mastodon/pages.js";
import type { RequestParams } from "../mastodon/request.js";
import type { Scope } from "../mastodon/scopes.js";
import type { Caller, Outlet, Reply } from "./call.js";
import { perform } from "./chain.js";
import type { Client, List, OwnRequest, Page, WriteOptions } from "./client.js";
import { ownRequest } from "./own-request.js";
import { upload } from "./upload.js";
import type { Upload } from "./upload-source.js";

type Method = (params?: RequestParams, options?: WriteOptions) => unknown;

/** On whose behalf a client calls, and by which way. */
interface Origin {
  readonly outlet: Outlet;
  readonly caller: Caller;
}

/**
 * The client of one caller. It has the shape of the operation table; what the caller's scopes do not permit throws
 * ScopeError when called past the compiler.
 */
export function createClient<S extends Scope>(outlet: Outlet, caller: Caller): Client<S> {
  // The table's own shape: the types and the getters are mapped from the same rows.
  return new Groups({ outlet, caller }) as unknown as Client<S>;
}

/**
 * A client, as thin as it can be, because every rider keeps one and every invocation makes one: the getters of its
 * groups stand on the prototype, and a group is made when it is asked for.
 */
class Groups {
  readonly #origin: Origin;

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  /** A request to an endpoint that is the server's own. */
  get request(): (call: OwnRequest<Scope>, options?: WriteOptions) => Promise<unknown> {
    return (call, options) => ownRequest(this.#origin, call, options);
  }

  static {
    for (const [group, rows] of Object.entries(operations)) {
      const Group = groupOf(group, rows);
      Object.defineProperty(Groups.prototype, group, {
        enumerable: true,
        get(this: Groups) {
          return new Group(this.#origin);
        },
      });
    }
  }
}

/** The class of one group: a getter per operation gives a method that may be kept and called without its group. */
function groupOf(group: string, rows: Record<string, Operation>): new (origin: Origin) => object {
  return class Group {
    readonly #origin: Origin;

    constructor(origin: Origin) {
      this.#origin = origin;
    }

    static {
      if (group === "media") {
        Object.defineProperty(Group.prototype, "upload", {
          enumerable: true,
          get(this: Group) {
            return (source: Upload, options?: WriteOptions) => upload(this.#origin, source, options);
          },
        });
      }
      for (const [row, operation] of Object.entries(rows)) {
        const name = `${group}.${row}` as OperationName;
        Object.defineProperty(Group.prototype, row, {
          enumerable: true,
          get(this: Group) {
            return methodOf(name, operation, this.#origin);
          },
        });
      }
    }
  };
}

function methodOf(name: OperationName, operation: Operation, { caller, outlet }: Origin): Method {
  const call = (params: RequestParams, key?: string) => perform({ name, operation, params, key, caller, outlet });
  return operation.paged
    ? (params = {}) => new PagedList((page) => call({ ...params, ...page }))
    : async (params = {}, options) => (await call(params, options?.key)).body;
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
    const items = Array.isArray(body) ? (body as T[]) : [];
    const links = headers?.["link"];
    const neighbour = async (side: "next" | "prev", without: RequestParams = {}) => {
      const link = items.length === 0 ? undefined : parseLinks(links)[side];
      return link === undefined || leadsTo(link, params) ? undefined : this.#page({ ...without, ...link });
    };
    return {
      items,
      next: () => neighbour("next"),
      // What bounded the list from above would hide all that is newer.
      previous: () => neighbour("prev", { max_id: undefined }),
    };
  }
}

/** Whether a link names the page that it stands on: following it would never end. */
function leadsTo(link: Record<string, string>, params: RequestParams): boolean {
  const names = Object.keys(link);
  return names.length > 0 && names.every((name) => link[name] === params[name]);
}
