import { notFound } from "../refusal.js";
import { renderConversation } from "../render/conversation.js";
import type { KeptConversation } from "../world/records.js";
import { signedIn, type Call, type Handlers } from "./call.js";
import { markedLimits, page } from "./page.js";

/** @see https://docs.joinmastodon.org/methods/conversations/ */
export const conversations: Handlers<"conversations"> = {
  // Pages run over the posts that were written last.
  list: (call) => {
    const me = signedIn(call);
    const rows = [...me.kept.conversations.values()].flatMap((conversation) => {
      const last = conversation.posts.at(-1);
      return last === undefined ? [] : [{ id: last.id, conversation }];
    });
    return page(rows, call.parameters, markedLimits, ({ conversation }) =>
      renderConversation(call.world, me, conversation),
    );
  },
  markRead: (call) => {
    const conversation = ownConversation(call);
    conversation.unread = false;
    return renderConversation(call.world, signedIn(call), conversation);
  },
  delete: (call) => {
    signedIn(call).kept.conversations.delete(ownConversation(call).id);
    return {};
  },
};

function ownConversation(call: Call): KeptConversation {
  const conversation = signedIn(call).kept.conversations.get(call.parameters.text("id") ?? "");
  if (conversation === undefined) throw notFound();
  return conversation;
}
