import { operationList } from "../mastodon/operations.js";
import type { Scope } from "../mastodon/scopes.js";
import type { Caller, Outlet } from "./call.js";
import { perform } from "./chain.js";
import type { OwnRequest, WriteOptions } from "./client.js";

/** Takes a request of a plugin's own through the whole chain. Throws TypeError for what the table has, or another server. */
export async function ownRequest(
  { caller, outlet }: { readonly caller: Caller; readonly outlet: Outlet },
  { body, method, path, query, scope }: OwnRequest<Scope>,
  options?: WriteOptions,
): Promise<unknown> {
  const target = pathOn(outlet.server, path);
  const known = operationAt(method, target.pathname);
  if (known !== undefined) throw new TypeError(`${method} ${path} has a row in the table: call client.${known}`);
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      target.searchParams.append(Array.isArray(value) ? `${name}[]` : name, String(one));
    }
  }
  // Braces would be taken for parameters of the path.
  const address = target.pathname + target.search.replaceAll("{", "%7B");
  const reply = await perform({
    name: `request ${method} ${target.pathname}`,
    operation: { ...row, method, path: address, scopes: [scope], ...(method === "GET" ? reading : writing) },
    params: { query, body },
    prepare: async () => body ?? {},
    key: options?.key,
    caller,
    outlet,
  });
  return reply.body;
}

const row = {
  scopesRule: "any",
  token: "user",
  buckets: [],
  bucket: "default",
  paged: false,
  idempotencyKey: false,
  since: undefined,
} as const;
const reading = { effect: "read", lookUp: "unneeded", body: "query" } as const;
const writing = { effect: "write", lookUp: "none", body: "json" } as const;

function pathOn(server: string, path: string): URL {
  const url = path.startsWith("/") && URL.canParse(path, server) ? new URL(path, server) : undefined;
  if (url === undefined || url.origin !== new URL(server).origin || /[{}]|%7b/i.test(url.pathname)) {
    throw new TypeError(
      `a request's path is one on the account's own server, such as /api/v1/pleroma/mascot: not ${path}`,
    );
  }
  return url;
}

const patterns = operationList.map(({ name, operation }) => ({
  name,
  method: operation.method,
  pattern: new RegExp(`^${operation.path.replaceAll(".", String.raw`\.`).replaceAll(/\{\w+\}/g, "[^/]+")}$`, "i"),
}));

/** The table's operation there, however the path is written. */
function operationAt(method: string, pathname: string): string | undefined {
  const plain = decoded(pathname).replaceAll(/\/+/g, "/").replace(/\/$/, "");
  return patterns.find((row) => row.method === method && row.pattern.test(plain))?.name;
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
