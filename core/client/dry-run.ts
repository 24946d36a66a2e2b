import type { Account, Status } from "../mastodon/entities.js";
import type { Relationship } from "../mastodon/social-entities.js";
import type { Link, OutgoingCall } from "./call.js";
import { notable } from "./notable.js";

/** In a dry run, says what a write would have done and answers what the server might have, without sending. */
export const dryRun: Link = async (call, next) => {
  if (!call.outlet.dryRun || call.operation.effect === "read") return next(call);
  const { caller, name, outlet, params } = call;
  outlet.simulated(caller.rider, name, params);
  const { invocation = "" } = caller.record ?? {};
  const line = { rider: caller.rider, invocation, operation: name, params: notable(params) };
  await outlet.ledger.note({ ...line, outcome: "dry-run", reason: "" });
  return { body: likely(call) };
};

function likely(call: OutgoingCall): unknown {
  const [group] = call.name.split(".");
  const id = typeof call.params["id"] === "string" ? call.params["id"] : "0";
  if (group === "statuses") return status(id, call.params["status"], call.outlet.personId);
  if (call.name === "accounts.updateCredentials") return account(call.outlet.personId);
  if (group === "accounts" || group === "followRequests") return relationship(id, call.name);
  return { id, type: "unknown", url: null };
}

function status(id: string, text: unknown, personId: string): Status {
  return {
    id,
    uri: "",
    url: null,
    created_at: new Date().toISOString(),
    edited_at: null,
    account: account(personId),
    content: typeof text === "string" ? text : "",
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
  };
}

function account(id: string): Account {
  return {
    id,
    username: "",
    acct: "",
    url: null,
    display_name: "",
    note: "",
    avatar: "",
    avatar_static: "",
    header: "",
    header_static: "",
    locked: false,
    bot: true,
    fields: [],
    emojis: [],
    created_at: new Date().toISOString(),
    statuses_count: 0,
    followers_count: 0,
    following_count: 0,
  };
}

function relationship(id: string, operation: string): Relationship {
  return {
    id,
    following: operation === "accounts.follow",
    showing_reblogs: true,
    notifying: false,
    followed_by: false,
    blocking: operation === "accounts.block",
    blocked_by: false,
    muting: operation === "accounts.mute",
    muting_notifications: operation === "accounts.mute",
    requested: false,
    requested_by: false,
    domain_blocking: false,
    endorsed: false,
    note: "",
  };
}
