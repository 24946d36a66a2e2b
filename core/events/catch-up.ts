import type { Can } from "../client/client.js";
import type { Notification } from "../mastodon/entities.js";

const pageLength = 80;

/**
 * The notifications after a position, oldest first, as long as the server has more.
 * @see https://docs.joinmastodon.org/methods/notifications/#get
 */
export async function* notificationsAfter(
  client: Can<"notifications.list">,
  position: string,
): AsyncGenerator<Notification> {
  let reached = position;
  for (;;) {
    const page = await client.notifications.list({ limit: pageLength, ...(reached !== "" && { min_id: reached }) });
    const newest = page.items[0];
    if (newest === undefined || newest.id === reached) return;
    yield* page.items.toReversed();
    reached = newest.id;
  }
}

/** The position of someone who begins now: the newest notification's, or before the first where there is none. */
export async function newestPosition(client: Can<"notifications.list">): Promise<string> {
  const page = await client.notifications.list({ limit: 1 });
  return page.items[0]?.id ?? "";
}
