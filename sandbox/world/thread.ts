import type { Post } from "./records.js";
import type { World } from "./world.js";

/** The id of the post that a conversation began with. */
export function threadOf(world: World, post: Post): string {
  let first = post;
  for (let above = parentOf(world, first); above !== undefined; above = parentOf(world, first)) first = above;
  return first.id;
}

/** The post that is answered, where it is still there. */
export function parentOf(world: World, post: Post): Post | undefined {
  return post.replyTo === null ? undefined : world.posts.get(post.replyTo.id);
}
