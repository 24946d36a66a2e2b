import { notAllowed } from "../refusal.js";
import { renderAccount } from "../render/account.js";
import type { Person } from "../world/records.js";
import { unfollow } from "../world/relations.js";
import { related, target } from "./account-target.js";
import { signedIn, type Call, type Handlers } from "./call.js";
import { featuredBy } from "./featured-tags.js";
import { renderList } from "./lists.js";
import { accountLimits, page } from "./page.js";

type More =
  | "getMany"
  | "familiarFollowers"
  | "featuredTags"
  | "lists"
  | "endorsements"
  | "identityProofs"
  | "removeFromFollowers"
  | "endorse"
  | "unendorse"
  | "pin"
  | "unpin"
  | "setNote";

/** What is asked of accounts less often. @see https://docs.joinmastodon.org/methods/accounts/ */
export const moreOfAccounts: Pick<Handlers<"accounts">, More> = {
  getMany: (call) => named(call).map((person) => renderAccount(call.world, person)),
  familiarFollowers: (call) => {
    const me = signedIn(call);
    return named(call).map((person) => ({
      id: person.id,
      accounts: [...person.followers.values()]
        .filter(({ follower }) => me.following.has(follower.id))
        .map(({ follower }) => renderAccount(call.world, follower)),
    }));
  },
  featuredTags: (call) => featuredBy(call.world, target(call)),
  identityProofs: (call) => {
    target(call);
    return [];
  },
  lists: (call) => {
    const other = target(call);
    return [...signedIn(call).kept.lists.values()].filter(({ members }) => members.has(other.id)).map(renderList);
  },
  endorsements: (call) =>
    page(target(call).kept.endorsed.values(), call.parameters, accountLimits, ({ target: endorsed }) =>
      renderAccount(call.world, endorsed),
    ),
  removeFromFollowers: (call) => related(call, (me, other) => unfollow(other, me)),
  endorse,
  unendorse,
  pin: endorse,
  unpin: unendorse,
  setNote: (call) =>
    related(call, (me, other) => {
      const comment = call.parameters.filledText("comment");
      if (comment === undefined) me.kept.notes.delete(other.id);
      else me.kept.notes.set(other.id, comment);
    }),
};

function named(call: Call): Person[] {
  return (call.parameters.texts("id") ?? []).flatMap((id) => call.world.people.get(id) ?? []);
}

function endorse(call: Call): ReturnType<typeof related> {
  return related(call, (me, other) => {
    if (!me.following.has(other.id)) throw notAllowed();
    me.kept.endorsed.set(other.id, { id: call.world.ids.next(), target: other, createdAt: Date.now() });
  });
}

function unendorse(call: Call): ReturnType<typeof related> {
  return related(call, (me, other) => me.kept.endorsed.delete(other.id));
}
