import { invalid, notAllowed } from "../refusal.js";
import type { PollDraft } from "./draft.js";
import { graphemes } from "./content.js";
import { notify } from "./notify.js";
import type { Person, Poll, Post } from "./records.js";
import type { World } from "./world.js";

/** Limits of polls, as the instance announces them. */
export const pollLimits = { options: 4, characters: 50, minSeconds: 300, maxSeconds: 2_629_746 } as const;

/** Throws 422 for a poll that Mastodon would not take. */
export function checkPoll(draft: PollDraft): void {
  if (draft.options.length < 2) throw invalid("Poll must have more than one item");
  if (draft.options.length > pollLimits.options) throw invalid("Poll can't contain more than 4 items");
  if (draft.options.some((option) => graphemes(option) > pollLimits.characters)) {
    throw invalid("Poll options cannot be longer than 50 characters each");
  }
  if (new Set(draft.options).size !== draft.options.length) throw invalid("Poll contains duplicate items");
  if (draft.expiresInSeconds > pollLimits.maxSeconds) throw invalid("Expires at is too far into the future");
  if (draft.expiresInSeconds < pollLimits.minSeconds) throw invalid("Expires at is too soon");
}

/** Starts a poll; when it ends, its author and its voters are notified. `post` is asked for then. */
export function startPoll(world: World, draft: PollDraft, post: () => Post): Poll {
  const lifetimeMs = draft.expiresInSeconds * 1000;
  const timer = setTimeout(() => endPoll(world, post()), Math.min(lifetimeMs, 2 ** 31 - 1));
  timer.unref();
  return {
    id: world.ids.next(),
    expiresAt: Date.now() + lifetimeMs,
    multiple: draft.multiple,
    hideTotals: draft.hideTotals,
    options: draft.options,
    votes: new Map(),
    voters: new Map(),
    timer,
  };
}

function endPoll(world: World, post: Post): void {
  if (post.poll === null || !world.posts.has(post.id)) return;
  const receivers = new Set([post.author, ...post.poll.voters.values()]);
  for (const receiver of receivers) notify(world, receiver, { type: "poll", from: post.author, post });
}

/** Casts a vote; throws 422 for one that cannot be. */
export function vote(voter: Person, post: Post, choices: readonly number[]): void {
  const { poll } = post;
  if (poll === null) return;
  if (post.author === voter) throw notAllowed();
  if (poll.expiresAt <= Date.now()) throw invalid("The poll has already ended");
  if (poll.votes.has(voter.id)) throw invalid("You have already voted on this poll");
  if (choices.length === 0 || (choices.length > 1 && !poll.multiple))
    throw invalid("The chosen vote option does not exist");
  if (choices.some((choice) => poll.options[choice] === undefined))
    throw invalid("The chosen vote option does not exist");
  poll.votes.set(voter.id, [...new Set(choices)]);
  poll.voters.set(voter.id, voter);
}
