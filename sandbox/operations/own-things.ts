import type { Marker } from "../../core/mastodon/social-entities.js";
import { invalid, missing, notFound } from "../refusal.js";
import { renderAccount } from "../render/account.js";
import { renderTag } from "../render/status.js";
import type { Kept, PolicyKey } from "../world/records.js";
import { signedIn, type Call, type Handlers } from "./call.js";
import { accountLimits, page } from "./page.js";

/** @see https://docs.joinmastodon.org/methods/preferences/ */
export const preferences: Handlers<"preferences"> = {
  get: (call) => {
    signedIn(call);
    return {
      "posting:default:visibility": "public",
      "posting:default:sensitive": false,
      "posting:default:language": null,
      "reading:expand:media": "default",
      "reading:expand:spoilers": false,
    };
  },
};

/** @see https://docs.joinmastodon.org/methods/markers/ */
export const markers: Handlers<"markers"> = {
  get: (call) => {
    const { home, notifications } = signedIn(call).kept.markers;
    const wanted = call.parameters.texts("timeline") ?? [];
    return {
      ...(home !== undefined && wanted.includes("home") ? { home } : {}),
      ...(notifications !== undefined && wanted.includes("notifications") ? { notifications } : {}),
    };
  },
  save: (call) => {
    const { kept } = signedIn(call);
    for (const timeline of ["home", "notifications"] as const) {
      const lastReadId = call.parameters.nested(timeline)?.filledText("last_read_id");
      if (lastReadId !== undefined) kept.markers[timeline] = nextMarker(kept.markers[timeline], lastReadId);
    }
    return { ...kept.markers };
  },
};

function nextMarker(before: Marker | undefined, lastReadId: string): Marker {
  return { last_read_id: lastReadId, version: (before?.version ?? 0) + 1, updated_at: new Date().toISOString() };
}

/** @see https://docs.joinmastodon.org/methods/endorsements/ */
export const endorsements: Handlers<"endorsements"> = {
  list: (call) =>
    page(signedIn(call).kept.endorsed.values(), call.parameters, accountLimits, ({ target }) =>
      renderAccount(call.world, target),
    ),
};

/** @see https://docs.joinmastodon.org/methods/domain_blocks/ */
export const domainBlocks: Handlers<"domainBlocks"> = {
  list: (call) =>
    page(signedIn(call).kept.domainBlocks.values(), call.parameters, accountLimits, ({ target }) => target),
  create: (call) => {
    const { kept } = signedIn(call);
    const domain = domainIn(call);
    if (!kept.domainBlocks.has(domain)) {
      kept.domainBlocks.set(domain, { id: call.world.ids.next(), target: domain, createdAt: Date.now() });
    }
    return {};
  },
  delete: (call) => {
    signedIn(call).kept.domainBlocks.delete(domainIn(call));
    return {};
  },
};

function domainIn({ parameters }: Call): string {
  const domain = parameters.filledText("domain");
  if (domain === undefined) throw missing("domain");
  return domain.toLowerCase();
}

/** @see https://docs.joinmastodon.org/methods/followed_tags/ */
export const followedTags: Handlers<"followedTags"> = {
  list: (call) =>
    page(signedIn(call).kept.followedTags.values(), call.parameters, accountLimits, ({ target }) => ({
      ...renderTag(call.world, target),
      following: true,
    })),
};

/** @see https://docs.joinmastodon.org/methods/notifications/#get-policy */
export const notificationPolicy: Handlers<"notificationPolicy"> = {
  get: (call) => ({ ...signedIn(call).kept.policy, summary: nothingFiltered }),
  update: (call) => {
    const { policy } = signedIn(call).kept;
    const changed = Object.entries(policy).map(([key, before]) => [key, filterIn(call, key) ?? before]);
    Object.assign(policy, Object.fromEntries(changed) as Pick<Kept["policy"], PolicyKey>);
    return { ...policy, summary: nothingFiltered };
  },
};

/** The policy is kept, and filters nothing. */
const nothingFiltered = { pending_requests_count: 0, pending_notifications_count: 0 };

function filterIn({ parameters }: Call, key: string): Kept["policy"][PolicyKey] | undefined {
  const text = parameters.filledText(key);
  if (text === undefined || text === "accept" || text === "filter" || text === "drop") return text;
  throw invalid(`${key} is not included in the list`);
}

/** Nothing is filtered, so nobody waits. @see https://docs.joinmastodon.org/methods/notifications/#get-requests */
export const notificationRequests: Handlers<"notificationRequests"> = {
  list: (call) => {
    signedIn(call);
    return { items: [], older: undefined, newer: undefined };
  },
  get: unknown,
  accept: unknown,
  dismiss: unknown,
  acceptMany: () => ({}),
  dismissMany: () => ({}),
  merged: () => ({ merged: true }),
};

function unknown(call: Call): never {
  signedIn(call);
  throw notFound();
}

/** There are none. @see https://docs.joinmastodon.org/methods/announcements/ */
export const announcements: Handlers<"announcements"> = {
  list: () => [],
  dismiss: unknown,
  addReaction: unknown,
  removeReaction: unknown,
};

/** Nothing trends. @see https://docs.joinmastodon.org/methods/trends/ */
export const trends: Handlers<"trends"> = { tags: () => [], statuses: () => [], links: () => [] };

/** Nobody is suggested. @see https://docs.joinmastodon.org/methods/suggestions/ */
export const suggestions: Handlers<"suggestions"> = { list: () => [], listV1: () => [], delete: () => ({}) };

/** @see https://docs.joinmastodon.org/methods/custom_emojis/ */
export const customEmojis: Handlers<"customEmojis"> = { list: () => [] };

/** @see https://docs.joinmastodon.org/methods/directory/ */
export const directory: Handlers<"directory"> = {
  list: ({ parameters, world }) => {
    const offset = parameters.integer("offset") ?? 0;
    const limit = Math.min(Math.abs(parameters.integer("limit") ?? 40), 80);
    const shown = [...world.people.values()].filter(({ discoverable, suspended }) => discoverable && !suspended);
    return shown.slice(offset, offset + limit).map((person) => renderAccount(world, person));
  },
};
