import type { Account, Notification, Relationship, Status } from "../../core/plugin.js";

/** An account that has been on another server for years. */
export function person(overrides: Partial<Account> = {}): Account {
  const acct = overrides.acct ?? "zoe@away.example";
  return {
    id: `id-${acct}`,
    username: acct.split("@")[0] ?? acct,
    acct,
    url: `https://away.example/@${acct}`,
    display_name: acct,
    note: "",
    avatar: "",
    avatar_static: "",
    header: "",
    header_static: "",
    locked: false,
    bot: false,
    fields: [],
    emojis: [],
    created_at: "2019-05-01T00:00:00.000Z",
    statuses_count: 12,
    followers_count: 1,
    following_count: 1,
    ...overrides,
  };
}

/** A public post of `person()`. */
export function post(overrides: Partial<Status> = {}): Status {
  return {
    id: "s1",
    uri: "https://away.example/s1",
    url: "https://away.example/s1",
    created_at: "2026-01-01T00:00:00.000Z",
    edited_at: null,
    account: person(),
    content: "<p>Hello</p>",
    visibility: "public",
    sensitive: false,
    spoiler_text: "",
    media_attachments: [],
    mentions: [],
    tags: [],
    emojis: [],
    reblogs_count: 0,
    favourites_count: 0,
    replies_count: 0,
    in_reply_to_id: null,
    in_reply_to_account_id: null,
    reblog: null,
    poll: null,
    card: null,
    language: null,
    ...overrides,
  };
}

/** A notification of the given type by `account`. */
export function notification(type: string, account: Account, status?: Status): Notification {
  const base = { id: `n-${type}-${account.id}`, type, created_at: "2026-01-01T00:00:00.000Z", account };
  return status === undefined ? base : { ...base, status };
}

/** Nothing between the two but what is given. */
export function relationship(id: string, overrides: Partial<Relationship> = {}): Relationship {
  return {
    id,
    following: false,
    showing_reblogs: false,
    notifying: false,
    followed_by: true,
    blocking: false,
    blocked_by: false,
    muting: false,
    muting_notifications: false,
    requested: false,
    requested_by: false,
    domain_blocking: false,
    endorsed: false,
    note: "",
    ...overrides,
  };
}
