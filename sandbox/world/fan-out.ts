import { renderStatus } from "../render/status.js";
import type { StreamEvent } from "./broadcast.js";
import type { Post } from "./records.js";
import { inHome, isPublicPost } from "./visibility.js";
import type { World } from "./world.js";

/** Sends a new or edited post to every stream that shows it. */
export function fanOut(world: World, post: Post, event: "update" | "status.update"): void {
  const channels = channelsOf(post).filter((channel) => world.broadcast.hasListeners(channel));
  if (channels.length > 0) {
    const payload = JSON.stringify(renderStatus(world, undefined, post));
    send(world, channels, { event, payload, authorId: post.author.id });
  }
}

/** Tells every stream that may have shown a post that it is gone. */
export function fanOutDeletion(world: World, post: Post): void {
  send(world, channelsOf(post), { event: "delete", payload: post.id });
}

function send(world: World, channels: readonly string[], event: StreamEvent): void {
  for (const channel of channels) world.broadcast.publish(channel, event);
}

function channelsOf(post: Post): string[] {
  const readers = [post.author, ...[...post.author.followers.values()].map((follow) => follow.follower)];
  const homes = readers.filter((reader) => inHome(reader, post)).map((reader) => `timeline:${reader.id}`);
  return [...homes, ...publicChannels(post)];
}

function publicChannels(post: Post): string[] {
  if (post.visibility !== "public" || post.reblogOf !== null) return [];
  const tags = post.tags.flatMap((tag) => [`timeline:hashtag:${tag}`, `timeline:hashtag:${tag}:local`]);
  if (!isPublicPost(post)) return tags;
  const media = post.media.length > 0 ? ["timeline:public:media", "timeline:public:local:media"] : [];
  return [...tags, "timeline:public", "timeline:public:local", ...media];
}
