import type { Can } from "../client/client.js";
import type { Notification } from "../mastodon/notification-entities.js";

const pageLength = 80;

/**
 * The notifications after a position, oldest first, as long as the server has more; `""` is before the first.
 * @see https://docs.joinmastodon.org/methods/notifications/#get
 */
export async function* notificationsAfter(
  client: Can<"notifications.list">,
  position: string,
): AsyncGenerator<Notification> {
  if (position === "") {
    yield* allNotifications(client);
    return;
  }
  let reached = position;
  for (;;) {
    const page = await client.notifications.list({ limit: pageLength, min_id: reached });
    const newest = page.items[0];
    if (newest === undefined || newest.id === reached) return;
    yield* page.items.toReversed();
    reached = newest.id;
  }
}

/** Servers do not agree on an id before the first: the way leads back from the newest. */
async function* allNotifications(client: Can<"notifications.list">): AsyncGenerator<Notification> {
  const newestFirst: Notification[] = [];
  for await (const notification of client.notifications.list({ limit: pageLength })) newestFirst.push(notification);
  yield* newestFirst.toReversed();
}

/** The position of someone who begins now: the newest notification's, or before the first where there is none. */
export async function newestPosition(client: Can<"notifications.list">): Promise<string> {
  const page = await client.notifications.list({ limit: 1 });
  return page.items[0]?.id ?? "";
}

/** The position of someone who begins at a time (milliseconds since the epoch): the newest notification before it. */
export async function positionBefore(client: Can<"notifications.list">, time: number): Promise<string> {
  for await (const { created_at, id } of client.notifications.list({ limit: pageLength })) {
    if (Date.parse(created_at) < time) return id;
  }
  return "";
}
