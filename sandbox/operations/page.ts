import { compareIds } from "../world/ids.js";
import type { Parameters } from "./parameters.js";

/** One page of a list, newest first, with the cursors that its `Link` header names. */
export interface Page<T> {
  readonly items: T[];
  /** Cursor of the next older page, if one may follow. */
  readonly older: string | undefined;
  /** Cursor of what is newer. */
  readonly newer: string | undefined;
}

/** How many items a list gives. */
export interface PageLimits {
  readonly standard: number;
  readonly most: number;
  /** Whether a page that is not full still names a next one, as timelines do. */
  readonly alwaysOlder: boolean;
}

export const timelineLimits: PageLimits = { standard: 20, most: 40, alwaysOlder: true };
export const notificationLimits: PageLimits = { standard: 40, most: 80, alwaysOlder: true };
export const accountLimits: PageLimits = { standard: 40, most: 80, alwaysOlder: false };
export const markedLimits: PageLimits = { standard: 20, most: 40, alwaysOlder: false };

/**
 * Cuts a page out of `entries` (in any order) by `max_id`, `since_id`, `min_id` and `limit`. `min_id` gives what comes
 * right after the cursor, `since_id` the newest that come after it.
 * @see https://docs.joinmastodon.org/api/guidelines/#pagination
 */
export function page<E extends { readonly id: string }, T>(
  entries: Iterable<E>,
  parameters: Parameters,
  limits: PageLimits,
  render: (entry: E) => T,
): Page<T> {
  const minId = parameters.filledText("min_id");
  const limit = limitOf(parameters, limits);
  const inside = [...entries].filter(({ id }) => isWithin(id, parameters)).toSorted((a, b) => compareIds(b.id, a.id));
  const shown = minId === undefined ? inside.slice(0, limit) : inside.slice(Math.max(0, inside.length - limit));
  const goesOn = limits.alwaysOlder || shown.length === limit;
  return { items: shown.map(render), older: goesOn ? shown.at(-1)?.id : undefined, newer: shown[0]?.id };
}

/** Whether an id lies between the cursors that were given. */
export function isWithin(id: string, parameters: Parameters): boolean {
  const maxId = parameters.filledText("max_id");
  const lower = parameters.filledText("min_id") ?? parameters.filledText("since_id");
  if (maxId !== undefined && compareIds(id, maxId) >= 0) return false;
  return lower === undefined || compareIds(id, lower) > 0;
}

/** The `limit` asked for, within what the list allows. */
export function limitOf(parameters: Parameters, limits: Pick<PageLimits, "standard" | "most">): number {
  const asked = parameters.integer("limit");
  return asked === undefined ? limits.standard : Math.min(Math.abs(asked), limits.most);
}

/** The `Link` header of a page, for the address that was asked; nothing where there is no other page. */
export function linkHeader(asked: URL, cursors: Pick<Page<unknown>, "older" | "newer">): string | undefined {
  const links = [
    ...(cursors.older === undefined ? [] : [`<${withCursor(asked, "max_id", cursors.older)}>; rel="next"`]),
    ...(cursors.newer === undefined ? [] : [`<${withCursor(asked, "min_id", cursors.newer)}>; rel="prev"`]),
  ];
  return links.length === 0 ? undefined : links.join(", ");
}

function withCursor(asked: URL, cursor: "max_id" | "min_id", id: string): string {
  const url = new URL(asked);
  for (const name of ["max_id", "min_id", "since_id", "access_token"]) url.searchParams.delete(name);
  url.searchParams.set(cursor, id);
  return url.href;
}
