import type { Account } from "../../core/mastodon/entities.js";
import { invalid, missing, notFound } from "../refusal.js";
import { renderAccount, renderCredentialAccount, renderRelationship } from "../render/account.js";
import { renderStatus } from "../render/status.js";
import { graphemes } from "../world/content.js";
import { findByHandle } from "../world/people.js";
import type { Person, Post } from "../world/records.js";
import { acceptRequest, block, follow, mute, unfollow } from "../world/relations.js";
import { canSee, hiddenFrom } from "../world/visibility.js";
import type { World } from "../world/world.js";
import { signedIn, type Call, type Handlers } from "./call.js";
import { related, target } from "./account-target.js";
import { moreOfAccounts } from "./more-of-accounts.js";
import { notSimulated } from "./not-simulated.js";
import { accountLimits, limitOf, page, timelineLimits } from "./page.js";
import type { Parameters } from "./parameters.js";

/** @see https://docs.joinmastodon.org/methods/accounts/ */
export const accounts: Handlers<"accounts"> = {
  verifyCredentials: (call) => renderCredentialAccount(call.world, signedIn(call)),
  updateCredentials: (call) => {
    const me = signedIn(call);
    updateProfile(call.world, me, call.parameters);
    return renderCredentialAccount(call.world, me);
  },
  get: (call) => renderAccount(call.world, target(call)),
  lookup: ({ world, parameters }) => {
    const person = findByHandle(world, parameters.text("acct") ?? "");
    if (person === undefined) throw notFound();
    return renderAccount(world, person);
  },
  search: (call) => {
    const me = signedIn(call);
    const following = call.parameters.flag("following") ?? false;
    const found = searchPeople(call.world, requiredQuery(call.parameters));
    const shown = found.filter((person) => !following || me.following.has(person.id));
    const offset = call.parameters.integer("offset") ?? 0;
    const limit = limitOf(call.parameters, accountLimits);
    return shown.slice(offset, offset + limit).map((person) => renderAccount(call.world, person));
  },
  relationships: (call) => {
    const me = signedIn(call);
    const suspended = call.parameters.flag("with_suspended") ?? false;
    const people = (call.parameters.texts("id") ?? []).flatMap((id) => call.world.people.get(id) ?? []);
    return people.filter((person) => suspended || !person.suspended).map((person) => renderRelationship(me, person));
  },
  statuses: (call) => {
    const person = target(call);
    const posts = person.posts.filter((post) => isListed(call, post));
    return page(posts, call.parameters, timelineLimits, (post) => renderStatus(call.world, call.person, post));
  },
  followers: (call) => {
    const person = visibleTarget(call);
    return page(person.followers.values(), call.parameters, accountLimits, ({ follower }) =>
      renderAccount(call.world, follower),
    );
  },
  following: (call) => {
    const person = visibleTarget(call);
    return page(person.following.values(), call.parameters, accountLimits, ({ target: followed }): Account =>
      renderAccount(call.world, followed),
    );
  },
  follow: (call) =>
    related(call, (me, other) =>
      follow(call.world, me, other, {
        reblogs: call.parameters.flag("reblogs"),
        notify: call.parameters.flag("notify"),
        languages: call.parameters.texts("languages"),
      }),
    ),
  unfollow: (call) => related(call, unfollow),
  block: (call) => related(call, (me, other) => block(call.world, me, other)),
  unblock: (call) => related(call, (me, other) => me.blocks.delete(other.id)),
  mute: (call) =>
    related(call, (me, other) =>
      mute(call.world, me, other, {
        notifications: call.parameters.flag("notifications") ?? true,
        durationSeconds: call.parameters.integer("duration") ?? 0,
      }),
    ),
  unmute: (call) => related(call, (me, other) => me.mutes.delete(other.id)),
  create: notSimulated,
  ...moreOfAccounts,
};

/** Whose followers are asked for; one who blocks the caller shows none of them. */
function visibleTarget(call: Call): Person {
  const person = target(call);
  if (call.person !== undefined && person.blocks.has(call.person.id)) throw notFound();
  return person;
}

function isListed(call: Call, post: Post): boolean {
  const { parameters } = call;
  if (!canSee(call.person, post)) return false;
  if (parameters.flag("pinned") && !post.author.kept.pinned.has(post.id)) return false;
  if (parameters.flag("exclude_reblogs") && post.reblogOf !== null) return false;
  if (parameters.flag("exclude_replies") && post.replyTo !== null && post.replyTo.author !== post.author) return false;
  if (parameters.flag("only_media") && post.media.length === 0) return false;
  const tag = parameters.filledText("tagged");
  if (tag !== undefined && !post.tags.includes(tag.toLowerCase())) return false;
  return post.reblogOf === null || !hiddenFrom(call.person, post.reblogOf.author);
}

/** The people whose name contains the query, exact matches first. */
export function searchPeople(world: World, query: string): Person[] {
  const exact = findByHandle(world, query);
  const wanted = query.replace(/^@/, "").toLowerCase();
  const others = [...world.people.values()].filter(
    (person) =>
      person !== exact &&
      (person.username.toLowerCase().includes(wanted) || person.displayName.toLowerCase().includes(wanted)),
  );
  return [...(exact === undefined ? [] : [exact]), ...others].filter((person) => !person.suspended);
}

/** The search text; 400 where it is missing. */
export function requiredQuery(parameters: Parameters): string {
  const query = parameters.filledText("q");
  if (query === undefined) throw missing("q");
  return query.trim();
}

function updateProfile(world: World, me: Person, parameters: Parameters): void {
  const displayName = parameters.text("display_name") ?? me.displayName;
  const note = parameters.text("note") ?? me.note;
  if (graphemes(displayName) > 30) throw invalid("Display name is too long (maximum is 30 characters)");
  if (graphemes(note) > 500) throw invalid("Note character limit of 500 exceeded");
  me.displayName = displayName;
  me.note = note;
  me.discoverable = parameters.flag("discoverable") ?? me.discoverable;
  const fields = parameters.nestedList("fields_attributes");
  if (fields !== undefined) {
    me.fields = fields
      .slice(0, 4)
      .map((field) => ({ name: field.text("name") ?? "", value: field.text("value") ?? "" }));
  }
  const bot = parameters.flag("bot");
  if (bot !== undefined) {
    me.bot = bot;
    me.botChosen = true;
  }
  setLocked(world, me, parameters.flag("locked") ?? me.locked);
}

/** Unlocking lets everybody in who waits. */
function setLocked(world: World, me: Person, locked: boolean): void {
  me.locked = locked;
  if (locked) return;
  for (const request of me.requests.values()) acceptRequest(world, me, request.follower);
}
