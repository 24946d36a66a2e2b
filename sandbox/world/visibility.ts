import { notFound } from "../refusal.js";
import type { Person, Post } from "./records.js";
import type { World } from "./world.js";

/** Whether `viewer` mutes `other` at this moment. */
export function mutes(viewer: Person, other: Person): boolean {
  const mute = viewer.mutes.get(other.id);
  if (mute === undefined) return false;
  if (mute.expiresAt === null || mute.expiresAt > Date.now()) return true;
  viewer.mutes.delete(other.id);
  return false;
}

/** Whether a post may be shown to `viewer`; `undefined` is somebody without an account. */
export function canSee(viewer: Person | undefined, post: Post): boolean {
  const original = post.reblogOf;
  if (original !== null && !canSee(viewer, original)) return false;
  if (viewer === post.author) return true;
  if (post.author.suspended) return false;
  if (viewer !== undefined && post.author.blocks.has(viewer.id)) return false;
  switch (post.visibility) {
    case "public":
    case "unlisted":
      return true;
    case "private":
      return viewer !== undefined && (viewer.following.has(post.author.id) || post.mentions.includes(viewer));
    case "direct":
      return viewer !== undefined && post.mentions.includes(viewer);
  }
}

/** The post with this id if `viewer` may see it; throws 404 otherwise, as if it did not exist. */
export function visiblePost(world: World, viewer: Person | undefined, id: string | undefined): Post {
  const post = id === undefined ? undefined : world.posts.get(id);
  if (post === undefined || !canSee(viewer, post)) throw notFound();
  return post;
}

/** The post with this id if it is `author`'s own; throws 404 otherwise. */
export function ownPost(world: World, author: Person, id: string | undefined): Post {
  const post = visiblePost(world, author, id);
  if (post.author !== author) throw notFound();
  return post;
}

/** Whether `viewer` does not want to see what `other` does, or must not. */
export function hiddenFrom(viewer: Person | undefined, other: Person): boolean {
  if (viewer === undefined || viewer === other) return false;
  return viewer.blocks.has(other.id) || other.blocks.has(viewer.id) || mutes(viewer, other);
}

/** Whether a post belongs in `viewer`'s home timeline. */
export function inHome(viewer: Person, post: Post): boolean {
  if (!canSee(viewer, post) || hiddenFrom(viewer, post.author)) return false;
  if (post.author === viewer) return true;
  const follow = viewer.following.get(post.author.id);
  if (follow === undefined && post.visibility === "public" && followsTag(viewer, post)) return true;
  if (follow === undefined || post.visibility === "direct") return false;
  if (post.reblogOf !== null) return follow.reblogs && !hiddenFrom(viewer, post.reblogOf.author);
  if (post.mentions.some((person) => hiddenFrom(viewer, person))) return false;
  return post.replyTo === null || wantsReply(viewer, post.author, post.replyTo.author);
}

/** A hashtag that is followed brings public posts of everybody, no boosts. */
function followsTag(viewer: Person, post: Post): boolean {
  return post.reblogOf === null && post.tags.some((tag) => viewer.kept.followedTags.has(tag));
}

/** Replies to strangers stay out of a home timeline. */
function wantsReply(viewer: Person, author: Person, repliedTo: Person): boolean {
  return repliedTo === viewer || repliedTo === author || viewer.following.has(repliedTo.id);
}

/** Whether a post belongs in the public timelines: an original, and no reply to somebody else. */
export function isPublicPost(post: Post): boolean {
  const reply = post.replyTo !== null && post.replyTo.author !== post.author;
  return post.visibility === "public" && post.reblogOf === null && !reply && !post.author.suspended;
}
