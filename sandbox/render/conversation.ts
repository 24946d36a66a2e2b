import type { Conversation } from "../../core/mastodon/social-entities.js";
import type { KeptConversation, Person } from "../world/records.js";
import type { World } from "../world/world.js";
import { renderAccount } from "./account.js";
import { renderStatus } from "./status.js";

/** A conversation as one of its people sees it; who writes to nobody is alone in it. */
export function renderConversation(
  world: World,
  me: Person,
  { id, others, posts, unread }: KeptConversation,
): Conversation {
  const last = posts.at(-1);
  return {
    id,
    unread,
    accounts: (others.length === 0 ? [me] : others).map((person) => renderAccount(world, person)),
    last_status: last === undefined ? null : renderStatus(world, me, last),
  };
}
