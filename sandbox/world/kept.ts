import type { Kept } from "./records.js";

/** What somebody keeps who is new. */
export function nothingKept(): Kept {
  return {
    lists: new Map(),
    filters: new Map(),
    scheduled: new Map(),
    followedTags: new Map(),
    featuredTags: new Map(),
    conversations: new Map(),
    subscriptions: new Map(),
    domainBlocks: new Map(),
    notes: new Map(),
    endorsed: new Map(),
    pinned: new Set(),
    mutedThreads: new Set(),
    markers: {},
    policy: {
      for_not_following: "accept",
      for_not_followers: "accept",
      for_new_accounts: "accept",
      for_private_mentions: "accept",
      for_limited_accounts: "accept",
    },
  };
}
