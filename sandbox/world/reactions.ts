import type { Visibility } from "../../core/mastodon/entities.js";
import { notAllowed } from "../refusal.js";
import { remove } from "./editing.js";
import { fanOut } from "./fan-out.js";
import { notify } from "./notify.js";
import { addPost } from "./posting.js";
import type { Person, Post } from "./records.js";
import type { World } from "./world.js";

/** Favourites the post, or the original of a reblog; once is enough. */
export function favourite(world: World, me: Person, post: Post): void {
  if (me.favourites.has(post.id)) return;
  const id = world.ids.next();
  me.favourites.set(post.id, { id, target: post, createdAt: Date.now() });
  post.favouritedBy.set(me.id, { id, target: me, createdAt: Date.now() });
  notify(world, post.author, { type: "favourite", from: me, post });
}

/** Takes a favourite back, with its notification. */
export function unfavourite(me: Person, post: Post): void {
  me.favourites.delete(post.id);
  post.favouritedBy.delete(me.id);
  takeBackNotice(me, post, "favourite");
}

/** Keeps a post for later; nobody is told. */
export function bookmark(world: World, me: Person, post: Post): void {
  if (me.bookmarks.has(post.id)) return;
  me.bookmarks.set(post.id, { id: world.ids.next(), target: post, createdAt: Date.now() });
}

/** Reblogs a post; a second time gives the same reblog. Throws 403 where the visibility forbids it. */
export function reblog(world: World, me: Person, original: Post, visibility: Visibility | undefined): Post {
  const earlier = original.reblogs.get(me.id);
  if (earlier !== undefined) return earlier;
  const own = original.author === me;
  if (original.visibility === "direct" || (original.visibility === "private" && !own)) throw notAllowed();
  const post = addPost(world, me, {
    text: "",
    spoilerText: "",
    sensitive: false,
    language: null,
    poll: undefined,
    visibility: original.visibility === "private" ? "private" : (visibility ?? "public"),
    application: null,
    media: [],
    replyTo: null,
    reblogOf: original,
  });
  original.reblogs.set(me.id, post);
  fanOut(world, post, "update");
  notify(world, original.author, { type: "reblog", from: me, post: original });
  return post;
}

/** Takes a reblog back, with its notification. */
export function unreblog(world: World, me: Person, original: Post): void {
  const post = original.reblogs.get(me.id);
  if (post !== undefined) remove(world, post);
  takeBackNotice(me, original, "reblog");
}

function takeBackNotice(from: Person, post: Post, type: "favourite" | "reblog"): void {
  const { author } = post;
  author.notifications = author.notifications.filter(
    (notice) => !(notice.type === type && notice.from === from && notice.post === post),
  );
}
