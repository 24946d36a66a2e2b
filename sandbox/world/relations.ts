import { notAllowed, notFound } from "../refusal.js";
import { forgetNotificationsFrom, notify } from "./notify.js";
import type { Follow, Person } from "./records.js";
import type { World } from "./world.js";

/** What a person may choose when they follow; undefined leaves it as it is. */
export interface FollowChoices {
  readonly reblogs?: boolean | undefined;
  readonly notify?: boolean | undefined;
  readonly languages?: string[] | undefined;
}

/** Follows, or asks to where the other is locked; following again only changes the choices. */
export function follow(world: World, me: Person, other: Person, choices: FollowChoices): void {
  if (me === other) throw notFound();
  if (other.suspended) throw notFound();
  if (me.blocks.has(other.id) || other.blocks.has(me.id)) throw notAllowed();
  const existing = me.following.get(other.id) ?? other.requests.get(me.id);
  if (existing !== undefined) {
    applyChoices(existing, choices);
    return;
  }
  const edge: Follow = {
    id: world.ids.next(),
    follower: me,
    target: other,
    createdAt: Date.now(),
    reblogs: true,
    notify: false,
    languages: null,
  };
  applyChoices(edge, choices);
  if (other.locked) other.requests.set(me.id, edge);
  else connect(edge);
  notify(world, other, { type: other.locked ? "follow_request" : "follow", from: me });
}

function applyChoices(edge: Follow, choices: FollowChoices): void {
  edge.reblogs = choices.reblogs ?? edge.reblogs;
  edge.notify = choices.notify ?? edge.notify;
  edge.languages = choices.languages ?? edge.languages;
}

function connect(edge: Follow): void {
  edge.follower.following.set(edge.target.id, edge);
  edge.target.followers.set(edge.follower.id, edge);
}

/** Ends a follow or takes a request back; nothing happens where there is none. */
export function unfollow(me: Person, other: Person): void {
  me.following.delete(other.id);
  other.followers.delete(me.id);
  other.requests.delete(me.id);
}

/** Lets a waiting follower in; throws 404 where nobody waits. */
export function acceptRequest(world: World, me: Person, other: Person): void {
  const request = me.requests.get(other.id);
  if (request === undefined) throw notFound();
  me.requests.delete(other.id);
  connect(request);
  notify(world, me, { type: "follow", from: other });
}

/** Sends a waiting follower away; throws 404 where nobody waits. */
export function rejectRequest(me: Person, other: Person): void {
  if (!me.requests.delete(other.id)) throw notFound();
}

/** Blocks: the two follow each other no longer, and what came from the other is forgotten. */
export function block(world: World, me: Person, other: Person): void {
  if (me === other || me.blocks.has(other.id)) return;
  unfollow(me, other);
  unfollow(other, me);
  me.blocks.set(other.id, { id: world.ids.next(), target: other, createdAt: Date.now() });
  forgetNotificationsFrom(me, other);
}

/** Mutes, for a time if `durationSeconds` is above 0. */
export function mute(
  world: World,
  me: Person,
  other: Person,
  choices: { readonly notifications: boolean; readonly durationSeconds: number },
): void {
  if (me === other) return;
  const { notifications, durationSeconds } = choices;
  const expiresAt = durationSeconds > 0 ? Date.now() + durationSeconds * 1000 : null;
  const id = me.mutes.get(other.id)?.id ?? world.ids.next();
  me.mutes.set(other.id, { id, target: other, createdAt: Date.now(), notifications, expiresAt });
  if (notifications) forgetNotificationsFrom(me, other);
}
