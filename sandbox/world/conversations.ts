import { renderConversation } from "../render/conversation.js";
import type { KeptConversation, Person, Post } from "./records.js";
import { threadOf } from "./thread.js";
import { hiddenFrom } from "./visibility.js";
import type { World } from "./world.js";

/**
 * Puts a direct post into the conversation of everybody in it: those of the same people in the same thread are one. It
 * is unread where somebody else has written last.
 * @see https://docs.joinmastodon.org/entities/Conversation/
 */
export function keepInConversations(world: World, post: Post): void {
  const members = new Set<Person>([post.author, ...post.mentions]);
  for (const member of members) {
    if (hiddenFrom(member, post.author) || member.suspended) continue;
    const others = [...members].filter((other) => other !== member);
    const conversation = conversationOf(world, member, others, post);
    conversation.posts.push(post);
    conversation.unread = member !== post.author;
    tell(world, member, conversation);
  }
}

/** Takes a post that is deleted out of every conversation; one that is empty then is gone. */
export function forgetInConversations(world: World, post: Post): void {
  if (post.visibility !== "direct") return;
  for (const { kept } of world.people.values()) {
    for (const conversation of kept.conversations.values()) {
      conversation.posts = conversation.posts.filter((other) => other !== post);
      if (conversation.posts.length === 0) kept.conversations.delete(conversation.id);
    }
  }
}

function conversationOf(world: World, member: Person, others: Person[], post: Post): KeptConversation {
  const thread = threadOf(world, post);
  const ids = others.map(({ id }) => id).toSorted();
  const key = `${thread} ${ids.join(" ")}`;
  const known = [...member.kept.conversations.values()].find((conversation) => conversation.key === key);
  if (known !== undefined) return known;
  const conversation: KeptConversation = { id: world.ids.next(), key, others, posts: [], unread: false };
  member.kept.conversations.set(conversation.id, conversation);
  return conversation;
}

function tell(world: World, member: Person, conversation: KeptConversation): void {
  const channel = `timeline:direct:${member.id}`;
  if (!world.broadcast.hasListeners(channel)) return;
  const payload = JSON.stringify(renderConversation(world, member, conversation));
  world.broadcast.publish(channel, { event: "conversation", payload });
}
