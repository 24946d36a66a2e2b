import type { MediaAttachment, Poll as PollEntity, Status, StatusEdit } from "../../core/mastodon/entities.js";
import type { Tag } from "../../core/mastodon/social-entities.js";
import { contentHtml } from "../world/content.js";
import { threadOf } from "../world/thread.js";
import type { Media, Person, Poll, Post, Version } from "../world/records.js";
import type { World } from "../world/world.js";
import { renderAccount } from "./account.js";

/** A post as `viewer` sees it; without one, what only a signed-in person is told is left out, as in streams. */
export function renderStatus(world: World, viewer: Person | undefined, post: Post): Status {
  const { reblogOf } = post;
  const shown = reblogOf ?? post;
  const url = `${world.base}/@${post.author.username}/${post.id}`;
  return {
    id: post.id,
    created_at: new Date(post.createdAt).toISOString(),
    in_reply_to_id: post.replyTo?.id ?? null,
    in_reply_to_account_id: post.replyTo?.author.id ?? null,
    sensitive: shown.sensitive,
    spoiler_text: shown.spoilerText,
    visibility: post.visibility,
    language: shown.language,
    uri: `${world.base}/users/${post.author.username}/statuses/${post.id}${reblogOf === null ? "" : "/activity"}`,
    url: reblogOf === null ? url : `${world.base}/users/${post.author.username}/statuses/${post.id}/activity`,
    replies_count: shown.replies.length,
    reblogs_count: shown.reblogs.size,
    favourites_count: shown.favouritedBy.size,
    edited_at: shown.editedAt === null ? null : new Date(shown.editedAt).toISOString(),
    ...(viewer === undefined ? {} : viewersPart(world, viewer, shown)),
    content: contentHtml(world, shown.text),
    reblog: reblogOf === null ? null : renderStatus(world, viewer, reblogOf),
    application: post.application,
    account: renderAccount(world, post.author),
    media_attachments: shown.media.map((media) => renderMedia(world, media)),
    mentions: shown.mentions.map((person) => ({
      id: person.id,
      username: person.username,
      url: `${world.base}/@${person.username}`,
      acct: person.username,
    })),
    tags: shown.tags.map((name) => ({ name, url: tagUrl(world, name) })),
    emojis: [],
    card: null,
    poll: shown.poll === null ? null : renderPoll(viewer, shown.poll),
  };
}

function viewersPart(world: World, viewer: Person, post: Post): Partial<Status> {
  return {
    favourited: viewer.favourites.has(post.id),
    reblogged: post.reblogs.has(viewer.id),
    muted: viewer.kept.mutedThreads.has(threadOf(world, post)),
    bookmarked: viewer.bookmarks.has(post.id),
    ...(viewer === post.author ? { pinned: viewer.kept.pinned.has(post.id) } : {}),
  };
}

/** What a post said at some time. */
export function renderVersion(world: World, { author }: Post, version: Version): StatusEdit {
  const { createdAt, media, options, sensitive, spoilerText, text } = version;
  return {
    content: contentHtml(world, text),
    spoiler_text: spoilerText,
    sensitive,
    created_at: new Date(createdAt).toISOString(),
    account: renderAccount(world, author),
    media_attachments: media.map((file) => renderMedia(world, file)),
    emojis: [],
    ...(options !== null && { poll: { options: options.map((title) => ({ title })) } }),
  };
}

/** A file as it is attached; without an address while it is processed. */
export function renderMedia(world: World, media: Media): MediaAttachment {
  const url = media.readyAt <= Date.now() ? `${world.base}/system/media_attachments/${media.id}` : null;
  const meta = media.focus === null ? {} : { focus: media.focus };
  return {
    id: media.id,
    type: media.type,
    url,
    preview_url: url,
    remote_url: null,
    meta,
    description: media.description,
    blurhash: null,
  };
}

/** A poll with the viewer's own votes, and with the counts unless they are hidden until its end. */
export function renderPoll(viewer: Person | undefined, poll: Poll): PollEntity {
  const expired = poll.expiresAt <= Date.now();
  const votes = [...poll.votes.values()].flat();
  const own = viewer === undefined ? undefined : poll.votes.get(viewer.id);
  return {
    id: poll.id,
    expires_at: new Date(poll.expiresAt).toISOString(),
    expired,
    multiple: poll.multiple,
    votes_count: votes.length,
    voters_count: poll.votes.size,
    options: poll.options.map((title, index) => ({
      title,
      votes_count: poll.hideTotals && !expired ? null : votes.filter((vote) => vote === index).length,
    })),
    emojis: [],
    ...(viewer === undefined ? {} : { voted: own !== undefined, own_votes: [...(own ?? [])] }),
  };
}

/** A hashtag with the uses of today. */
export function renderTag(world: World, name: string): Tag {
  const uses = [...world.posts.values()].filter((post) => post.visibility === "public" && post.tags.includes(name));
  const day = String(Math.floor(Date.now() / 86_400_000) * 86_400);
  const accounts = new Set(uses.map((post) => post.author)).size;
  return { name, url: tagUrl(world, name), history: [{ day, uses: String(uses.length), accounts: String(accounts) }] };
}

const tagUrl = (world: World, name: string): string => `${world.base}/tags/${encodeURIComponent(name)}`;
