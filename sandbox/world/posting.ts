import { invalid, notAllowed, notFound, Refusal } from "../refusal.js";
import { keepInConversations } from "./conversations.js";
import { countedLength, graphemes, referencesIn } from "./content.js";
import { fanOut } from "./fan-out.js";
import { attachable } from "./media.js";
import { notify } from "./notify.js";
import type { Draft, NewDraft } from "./draft.js";
import { checkPoll, startPoll } from "./polls.js";
import type { Media, Person, Post } from "./records.js";
import { canSee } from "./visibility.js";
import type { World } from "./world.js";

/** Publishes a post; the same `Idempotency-Key` gives the same post again, where it is honoured. */
export function publish(world: World, author: Person, draft: NewDraft): Post {
  const remembered = placeOf(world, author, draft.idempotencyKey);
  const earlier = remembered === undefined ? undefined : world.idempotency.get(remembered);
  if (earlier !== undefined && earlier.until > Date.now()) {
    if (earlier.author !== author) throw notAllowed();
    return existing(world, earlier.postId);
  }
  const replyTo = draft.inReplyToId === undefined ? null : answered(world, author, draft.inReplyToId);
  const media = checkedMedia(world, author, draft, null);
  const post = addPost(world, author, { ...draft, media, replyTo, reblogOf: null });
  if (remembered !== undefined) {
    const until = Date.now() + world.settings.rules.idempotencySeconds * 1000;
    world.idempotency.set(remembered, { postId: post.id, author, until });
  }
  announce(world, post);
  return post;
}

/** What a key is kept under here; nothing where it is not this place that remembers it. */
function placeOf({ settings }: World, author: Person, key: string | undefined): string | undefined {
  const keptUnder = settings.dialect.idempotency?.keptUnder;
  if (key === undefined || keptUnder === undefined || keptUnder === "key-with-its-answer") return undefined;
  return keptUnder === "person" ? `${author.id}:${key}` : key;
}

function existing(world: World, id: string): Post {
  const post = world.posts.get(id);
  if (post === undefined) throw notFound();
  return post;
}

function answered(world: World, author: Person, id: string): Post {
  const post = world.posts.get(id);
  if (post === undefined || !canSee(author, post)) {
    throw notFound("The post you are trying to reply to does not appear to exist.");
  }
  return post.reblogOf ?? post;
}

/** Throws 422 for what breaks a rule; gives the files of the draft. */
export function checkedMedia(world: World, author: Person, draft: Draft, postId: string | null): Media[] {
  if (draft.mediaIds.length > 0 && draft.poll !== undefined) {
    throw new Refusal(422, "Cannot attach files to a post that already contains a poll");
  }
  const media = attachable(world, author, draft.mediaIds, postId);
  if (draft.text.trim() === "" && draft.spoilerText === "" && media.length === 0) throw invalid("Text can't be blank");
  const limit = world.settings.rules.maxCharacters;
  if (countedLength(draft.text) + graphemes(draft.spoilerText) > limit) {
    throw invalid(`Text character limit of ${limit} exceeded`);
  }
  if (draft.poll !== undefined) checkPoll(draft.poll);
  return media;
}

interface NewPost extends Omit<NewDraft, "mediaIds" | "inReplyToId" | "idempotencyKey"> {
  readonly media: Media[];
  readonly replyTo: Post | null;
  readonly reblogOf: Post | null;
}

/** Stores a post without telling anybody. */
export function addPost(world: World, author: Person, draft: NewPost): Post {
  const id = world.ids.next();
  const post: Post = {
    id,
    author,
    createdAt: Date.now(),
    visibility: draft.visibility,
    replyTo: draft.replyTo === null ? null : { id: draft.replyTo.id, author: draft.replyTo.author },
    reblogOf: draft.reblogOf,
    application: draft.application,
    text: draft.text,
    spoilerText: draft.spoilerText,
    sensitive: draft.sensitive || draft.spoilerText !== "",
    language: draft.language,
    editedAt: null,
    media: draft.media,
    poll: null,
    ...referencesIn(world, draft.text),
    favouritedBy: new Map(),
    reblogs: new Map(),
    replies: [],
    versions: [],
  };
  if (draft.poll !== undefined) post.poll = startPoll(world, draft.poll, () => post);
  for (const media of draft.media) media.postId = id;
  world.posts.set(id, post);
  author.posts.push(post);
  author.lastPostAt = post.createdAt;
  draft.replyTo?.replies.push(post);
  return post;
}

function announce(world: World, post: Post): void {
  fanOut(world, post, "update");
  if (post.visibility === "direct") keepInConversations(world, post);
  for (const person of post.mentions) notify(world, person, { type: "mention", from: post.author, post });
  announceToSubscribers(world, post);
}

/** Followers who asked to be notified of every post; not of replies to others. */
export function announceToSubscribers(world: World, post: Post): void {
  if (post.visibility === "direct") return;
  if (post.replyTo !== null && post.replyTo.author !== post.author) return;
  for (const { follower, notify: wanted } of post.author.followers.values()) {
    if (wanted && !post.mentions.includes(follower)) {
      notify(world, follower, { type: "status", from: post.author, post });
    }
  }
}
