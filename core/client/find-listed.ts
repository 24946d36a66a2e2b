import type { LookUp } from "../mastodon/operation.js";
import type { RequestParams } from "../mastodon/request.js";
import { lookThrough } from "./look-for.js";
import type { Finder, OpenWrite } from "./open-write.js";
import { isSameText } from "./post-text.js";
import { at, textAt } from "./seen-post.js";

type Listing = Extract<LookUp, object>;

/**
 * Looks for what a write made in the list of its kind, by fields that were asked for. The newest comes first where
 * several are alike: one that was there before is as good as the one that was asked for, by all that the server shows.
 */
export function findListed(listing: Listing): Finder {
  return async (write) => {
    const items = await lookThrough(write, listing.in, pathParams(write));
    const alike = items.filter((item) => listing.by.every((field) => isAsked(item, field, write.call.params)));
    for (const item of alike.toSorted(newestFirst)) if (write.take(textAt(item, "id"))) return { found: item };
    return {};
  };
}

function pathParams({ call: { operation, params } }: OpenWrite): RequestParams {
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  return Object.fromEntries(names.map((name) => [name, params[name]]));
}

/** What was left to the server to choose may be anything. */
function isAsked(item: unknown, field: string, params: RequestParams): boolean {
  const [asked, shown] = [params[field], at(item, field)];
  if (asked === undefined) return true;
  if (Array.isArray(asked))
    return Array.isArray(shown) && asked.length === shown.length && asked.every((one) => shown.includes(one));
  return isSameText(plain(asked), plain(shown));
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** Ids of one server grow: by length, then by text. */
function newestFirst(one: unknown, other: unknown): number {
  const [a, b] = [textAt(one, "id"), textAt(other, "id")];
  return b.length - a.length || (a < b ? 1 : -1);
}
