import type { Poll } from "../../core/mastodon/entities.js";
import { operation, type Operation } from "../../core/mastodon/operation.js";
import { notFound } from "../refusal.js";
import { renderPoll } from "../render/status.js";
import { vote } from "../world/polls.js";
import type { Post } from "../world/records.js";
import { canSee } from "../world/visibility.js";
import { signedIn, type Call, type Handler } from "./call.js";

/** Operations that people on the server need and bots have no row for. */
export const extraOperations = {
  "polls.get": operation<{ id: string }, Poll>()("GET", "/api/v1/polls/{id}", {
    token: "public",
    scopes: ["read:statuses"],
  }),
  "polls.vote": operation<{ id: string; choices: number[] }, Poll>()("POST", "/api/v1/polls/{id}/votes", {
    scopes: ["write:statuses"],
  }),
  "emojis.list": operation<Record<never, never>, never[]>()("GET", "/api/v1/custom_emojis", { token: "public" }),
} as const satisfies Record<string, Operation>;

/** The name of an operation outside the table. */
export type ExtraName = keyof typeof extraOperations;

/** What carries them out. */
export const extraHandlers: { readonly [N in ExtraName]: Handler<(typeof extraOperations)[N]> } = {
  "polls.get": (call) => {
    const { poll } = postWithPoll(call);
    if (poll === null) throw notFound();
    return renderPoll(call.person, poll);
  },
  "polls.vote": (call) => {
    const me = signedIn(call);
    const post = postWithPoll(call);
    if (post.poll === null) throw notFound();
    const choices = (call.parameters.texts("choices") ?? []).map(Number);
    vote(me, post, choices);
    return renderPoll(me, post.poll);
  },
  "emojis.list": () => [],
};

function postWithPoll(call: Call): Post {
  const id = call.parameters.text("id");
  const post = [...call.world.posts.values()].find((other) => other.poll !== null && other.poll.id === id);
  if (post === undefined || !canSee(call.person, post)) throw notFound();
  return post;
}
