import { findPost } from "./find-post.js";
import { lookThrough } from "./look-for.js";
import type { Finder, OpenWrite } from "./open-write.js";
import { askedPost, isTypedAs, type AskedPost } from "./same-post.js";
import { at, listAt, textAt } from "./seen-post.js";

/**
 * Looks among the posts that are to come, then among those that are there: its time may have come, and some servers
 * post at once.
 */
export const findScheduled: Finder = async (write) => {
  const asked = askedPost(write.call.params);
  const wantedAt = Date.parse(textAt(write.call.params, "scheduled_at"));
  for (const entry of await lookThrough(write, "scheduledStatuses.list", { limit: 40 })) {
    if (isThat(entry, asked, wantedAt, write) && write.take(textAt(entry, "id"))) return { found: entry };
  }
  return findPost({ ...write, until: Math.max(write.until, Math.min(wantedAt, Date.now()) || 0) });
};

/** Mastodon shows the key that it was sent with; elsewhere words, target, files and time have to do. */
function isThat(entry: unknown, asked: AskedPost, wantedAt: number, { call }: OpenWrite): boolean {
  const params = at(entry, "params");
  const key = textAt(params, "idempotency");
  if (key !== "") return key === call.entry?.idempotencyKey;
  const mediaIds = listAt(entry, "media_attachments").map((media) => textAt(media, "id"));
  return (
    Math.abs(Date.parse(textAt(entry, "scheduled_at")) - wantedAt) < 1_000 &&
    isTypedAs(asked, { text: textAt(params, "text"), spoilerText: textAt(params, "spoiler_text") }) &&
    textAt(params, "in_reply_to_id") === asked.replyTo &&
    mediaIds.length === asked.mediaIds.length
  );
}
