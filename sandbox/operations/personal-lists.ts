import type { Status } from "../../core/mastodon/entities.js";
import { renderAccount, renderRelationship } from "../render/account.js";
import { renderStatus } from "../render/status.js";
import { personById } from "../world/people.js";
import type { Edge, Post } from "../world/records.js";
import { acceptRequest, rejectRequest } from "../world/relations.js";
import { canSee, mutes } from "../world/visibility.js";
import { signedIn, type Call, type Handlers } from "./call.js";
import { accountLimits, markedLimits, page, type Page } from "./page.js";

/** @see https://docs.joinmastodon.org/methods/blocks/ */
export const blocks: Handlers<"blocks"> = {
  list: (call) => {
    const me = signedIn(call);
    return page(me.blocks.values(), call.parameters, accountLimits, ({ target }) => renderAccount(call.world, target));
  },
};

/** @see https://docs.joinmastodon.org/methods/mutes/ */
export const mutesList: Handlers<"mutes"> = {
  list: (call) => {
    const me = signedIn(call);
    const active = [...me.mutes.values()].filter(({ target }) => mutes(me, target));
    return page(active, call.parameters, accountLimits, ({ target, expiresAt }) => ({
      ...renderAccount(call.world, target),
      mute_expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    }));
  },
};

/** @see https://docs.joinmastodon.org/methods/bookmarks/ */
export const bookmarks: Handlers<"bookmarks"> = {
  list: (call) => markedPosts(call, signedIn(call).bookmarks),
};

/** @see https://docs.joinmastodon.org/methods/favourites/ */
export const favourites: Handlers<"favourites"> = {
  list: (call) => markedPosts(call, signedIn(call).favourites),
};

function markedPosts(call: Call, edges: ReadonlyMap<string, Edge<Post>>): Page<Status> {
  const seen = [...edges.values()].filter(({ target }) => canSee(call.person, target));
  return page(seen, call.parameters, markedLimits, ({ target }) => renderStatus(call.world, call.person, target));
}

/** @see https://docs.joinmastodon.org/methods/follow_requests/ */
export const followRequests: Handlers<"followRequests"> = {
  list: (call) =>
    page(signedIn(call).requests.values(), call.parameters, accountLimits, ({ follower }) =>
      renderAccount(call.world, follower),
    ),
  authorize: (call) => {
    const me = signedIn(call);
    const other = personById(call.world, call.parameters.text("account_id"));
    acceptRequest(call.world, me, other);
    return renderRelationship(me, other);
  },
  reject: (call) => {
    const me = signedIn(call);
    const other = personById(call.world, call.parameters.text("account_id"));
    rejectRequest(me, other);
    return renderRelationship(me, other);
  },
};
