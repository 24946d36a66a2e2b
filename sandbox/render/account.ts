import type { Account, CredentialAccount, Field } from "../../core/mastodon/entities.js";
import type { Relationship } from "../../core/mastodon/social-entities.js";
import { contentHtml } from "../world/content.js";
import type { Person } from "../world/records.js";
import { mutes } from "../world/visibility.js";
import type { World } from "../world/world.js";

/** A person as everybody sees them. */
export function renderAccount(world: World, person: Person): Account {
  const avatar = `${world.base}/avatars/original/missing.png`;
  const header = `${world.base}/headers/original/missing.png`;
  const account: Account = {
    id: person.id,
    username: person.username,
    acct: person.username,
    display_name: person.displayName,
    locked: person.locked,
    bot: person.bot,
    discoverable: person.discoverable,
    indexable: false,
    group: false,
    created_at: `${new Date(person.createdAt).toISOString().slice(0, 10)}T00:00:00.000Z`,
    note: contentHtml(world, person.note),
    url: `${world.base}/@${person.username}`,
    uri: `${world.base}/users/${person.username}`,
    avatar,
    avatar_static: avatar,
    header,
    header_static: header,
    followers_count: person.followers.size,
    following_count: person.following.size,
    statuses_count: person.posts.length,
    last_status_at: person.lastPostAt === null ? null : new Date(person.lastPostAt).toISOString().slice(0, 10),
    emojis: [],
    fields: fieldsOf(person, (value) => contentHtml(world, value)),
  };
  return person.suspended ? { ...account, suspended: true } : account;
}

/** A person as they see themselves. */
export function renderCredentialAccount(world: World, person: Person): CredentialAccount {
  return {
    ...renderAccount(world, person),
    source: {
      privacy: "public",
      sensitive: false,
      language: null,
      note: person.note,
      fields: fieldsOf(person, (value) => value),
      follow_requests_count: person.requests.size,
    },
    role: { id: "-99", name: "", permissions: "0", color: "", highlighted: false },
  };
}

function fieldsOf(person: Person, render: (value: string) => string): Field[] {
  return person.fields.map(({ name, value }) => ({ name, value: render(value), verified_at: null }));
}

/** How `me` and `other` stand to each other. */
export function renderRelationship(me: Person, other: Person): Relationship {
  const follow = me.following.get(other.id);
  const muting = mutes(me, other);
  return {
    id: other.id,
    following: follow !== undefined,
    showing_reblogs: follow?.reblogs ?? false,
    notifying: follow?.notify ?? false,
    languages: follow?.languages ?? null,
    followed_by: me.followers.has(other.id),
    blocking: me.blocks.has(other.id),
    blocked_by: other.blocks.has(me.id),
    muting,
    muting_notifications: muting && (me.mutes.get(other.id)?.notifications ?? false),
    requested: other.requests.has(me.id),
    requested_by: me.requests.has(other.id),
    domain_blocking: false,
    endorsed: me.kept.endorsed.has(other.id),
    note: me.kept.notes.get(other.id) ?? "",
  };
}
