/** Where a page's neighbours are: query parameters to lay over those of the page itself. */
export interface PageLinks {
  /** Older items. */
  next?: Record<string, string>;
  /** Newer items. */
  prev?: Record<string, string>;
}

const linkTargets = /<([^<>]*)>([^<]*)/g;
const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i;

/**
 * Reads a `Link` header. Only the query of each address is used, so that a server (or a proxy) cannot send a
 * token elsewhere; lists (`name[]`) are left to the caller's own parameters. What is no link is passed over.
 * @see https://docs.joinmastodon.org/api/guidelines/#pagination
 */
export function parseLinks(header: string | readonly string[] | undefined): PageLinks {
  const links: PageLinks = {};
  if (header === undefined) return links;
  const text = typeof header === "string" ? header : header.join(",");
  for (const [, address = "", attributes = ""] of text.matchAll(linkTargets)) {
    const [, quoted, bare] = relation.exec(attributes) ?? [];
    const names = (quoted ?? bare ?? "").toLowerCase().split(/\s+/);
    for (const name of ["next", "prev"] as const) {
      if (!names.includes(name) || links[name] !== undefined) continue;
      const query = queryOf(address);
      if (query !== undefined) links[name] = query;
    }
  }
  return links;
}

function queryOf(address: string): Record<string, string> | undefined {
  const mark = address.indexOf("?");
  if (mark === -1) return undefined;
  const pairs = [...new URLSearchParams(address.slice(mark + 1).split("#", 1)[0])];
  const single = pairs.filter(([name]) => !name.endsWith("[]"));
  return single.length === 0 ? undefined : Object.fromEntries(single);
}
