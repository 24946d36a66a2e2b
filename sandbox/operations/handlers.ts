import type { Operations } from "../../core/mastodon/operations.js";
import { accounts } from "./accounts.js";
import { apps } from "./apps.js";
import type { Call, Handlers } from "./call.js";
import { extraHandlers } from "./extras.js";
import { instance } from "./instance.js";
import { media } from "./media.js";
import { notifications } from "./notifications.js";
import { blocks, bookmarks, favourites, followRequests, lists, mutesList } from "./personal-lists.js";
import { reports } from "./reports.js";
import type { RouteName } from "./routes.js";
import { statuses } from "./statuses.js";
import { search, tags, timelines } from "./timelines.js";

const handlers: { readonly [G in keyof Operations]: Handlers<G> } = {
  accounts,
  apps,
  blocks,
  bookmarks,
  favourites,
  followRequests,
  instance,
  lists,
  media,
  mutes: mutesList,
  notifications,
  reports,
  search,
  statuses,
  tags,
  timelines,
};

/** Carries an operation out and gives what it answers: an entity, a `Reply` or a `Page`. */
export type AnyHandler = (call: Call) => unknown;

const byName = new Map<string, AnyHandler>([
  ...Object.entries(extraHandlers),
  ...Object.entries(handlers).flatMap(([group, rows]) =>
    Object.entries(rows).map(([name, handler]): [string, AnyHandler] => [`${group}.${name}`, handler as AnyHandler]),
  ),
]);

/** The handler of an operation. */
export function handlerOf(name: RouteName): AnyHandler {
  const handler = byName.get(name);
  if (handler === undefined) throw new Error(`no handler for ${name}`);
  return handler;
}
