import { forgetInConversations } from "./conversations.js";
import { referencesIn } from "./content.js";
import { fanOut, fanOutDeletion } from "./fan-out.js";
import { forgetNotificationsAbout, notify } from "./notify.js";
import type { Draft } from "./draft.js";
import { checkedMedia } from "./posting.js";
import { startPoll } from "./polls.js";
import type { Person, Post, Version } from "./records.js";
import type { World } from "./world.js";

/** Changes a post; the same content again is no edit. */
export function edit(world: World, author: Person, post: Post, draft: Draft): void {
  const media = checkedMedia(world, author, draft, post.id);
  if (isSame(post, draft)) return;
  post.versions.push(versionOf(post));
  const mentionedBefore = new Set(post.mentions);
  post.text = draft.text;
  post.spoilerText = draft.spoilerText;
  post.sensitive = draft.sensitive || draft.spoilerText !== "";
  post.language = draft.language;
  for (const dropped of post.media) if (!media.includes(dropped)) dropped.postId = null;
  for (const attached of media) attached.postId = post.id;
  post.media = media;
  replacePoll(world, post, draft);
  Object.assign(post, referencesIn(world, draft.text));
  post.editedAt = Date.now();
  fanOut(world, post, "status.update");
  for (const person of post.mentions) {
    if (!mentionedBefore.has(person)) notify(world, person, { type: "mention", from: author, post });
  }
  for (const reblog of post.reblogs.values()) notify(world, reblog.author, { type: "update", from: author, post });
}

/** What a post says at the moment. */
export function versionOf(post: Post): Version {
  const { createdAt, editedAt, media, poll, sensitive, spoilerText, text } = post;
  return { text, spoilerText, sensitive, media, options: poll?.options ?? null, createdAt: editedAt ?? createdAt };
}

function isSame(post: Post, draft: Draft): boolean {
  const mediaIds = post.media.map(({ id }) => id);
  return (
    post.text === draft.text &&
    post.spoilerText === draft.spoilerText &&
    post.sensitive === (draft.sensitive || draft.spoilerText !== "") &&
    post.language === draft.language &&
    mediaIds.join() === draft.mediaIds.join() &&
    samePoll(post, draft)
  );
}

function samePoll(post: Post, draft: Draft): boolean {
  if (post.poll === null || draft.poll === undefined) return post.poll === null && draft.poll === undefined;
  return post.poll.options.join("\n") === draft.poll.options.join("\n") && post.poll.multiple === draft.poll.multiple;
}

function replacePoll(world: World, post: Post, draft: Draft): void {
  if (samePoll(post, draft)) return;
  if (post.poll !== null) clearTimeout(post.poll.timer);
  post.poll = draft.poll === undefined ? null : startPoll(world, draft.poll, () => post);
}

/** Deletes a post with its reblogs, its notifications and every mark that others put on it. */
export function remove(world: World, post: Post): void {
  for (const reblog of [...post.reblogs.values()]) remove(world, reblog);
  fanOutDeletion(world, post);
  if (post.poll !== null) clearTimeout(post.poll.timer);
  for (const media of post.media) media.postId = null;
  forgetNotificationsAbout(world, post);
  forgetInConversations(world, post);
  post.reblogOf?.reblogs.delete(post.author.id);
  if (post.replyTo !== null) detach(world, post, post.replyTo.id);
  for (const person of world.people.values()) {
    person.favourites.delete(post.id);
    person.bookmarks.delete(post.id);
  }
  post.author.posts = post.author.posts.filter((other) => other !== post);
  world.posts.delete(post.id);
}

function detach(world: World, post: Post, parentId: string): void {
  const parent = world.posts.get(parentId);
  if (parent !== undefined) parent.replies = parent.replies.filter((other) => other !== post);
}
