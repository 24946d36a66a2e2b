import { notFound } from "../refusal.js";
import { renderPoll } from "../render/status.js";
import { vote } from "../world/polls.js";
import type { Post } from "../world/records.js";
import { canSee } from "../world/visibility.js";
import { signedIn, type Call, type Handlers } from "./call.js";

/** @see https://docs.joinmastodon.org/methods/polls/ */
export const polls: Handlers<"polls"> = {
  get: (call) => {
    const { poll } = postWithPoll(call);
    if (poll === null) throw notFound();
    return renderPoll(call.person, poll);
  },
  vote: (call) => {
    const me = signedIn(call);
    const post = postWithPoll(call);
    if (post.poll === null) throw notFound();
    const choices = (call.parameters.texts("choices") ?? []).map(Number);
    vote(me, post, choices);
    return renderPoll(me, post.poll);
  },
};

function postWithPoll(call: Call): Post {
  const id = call.parameters.text("id");
  const post = [...call.world.posts.values()].find((other) => other.poll !== null && other.poll.id === id);
  if (post === undefined || !canSee(call.person, post)) throw notFound();
  return post;
}
