import type { NotificationType } from "../../core/mastodon/notification-entities.js";
import type { Person, Post } from "./records.js";

const longestSpanMs = 12 * 60 * 60 * 1_000;
const hourMs = 60 * 60 * 1_000;

/**
 * The group that a notification belongs to: favourites and boosts of one post, and follows, are one group each for as
 * long as twelve hours; everything else is a group of its own.
 * @see https://docs.joinmastodon.org/methods/grouped_notifications/
 */
export function groupKeyFor(
  receiver: Person,
  { id, post, type }: { readonly id: string; readonly post: Post | undefined; readonly type: NotificationType },
): string {
  const subject = subjectOf(type, post);
  if (subject === undefined) return `ungrouped-${id}`;
  const since = Date.now() - longestSpanMs;
  const first = receiver.notifications.find(
    ({ createdAt, groupKey }) => createdAt > since && groupKey.startsWith(`${subject}-`),
  );
  return first?.groupKey ?? `${subject}-${Math.floor(Date.now() / hourMs)}`;
}

function subjectOf(type: NotificationType, post: Post | undefined): string | undefined {
  if (type === "follow") return type;
  return (type === "favourite" || type === "reblog") && post !== undefined ? `${type}-${post.id}` : undefined;
}
