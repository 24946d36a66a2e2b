import type { Operation } from "../mastodon/operation.js";
import type { RequestParams } from "../mastodon/request.js";
import { findListed } from "./find-listed.js";
import { findPost } from "./find-post.js";
import { findScheduled } from "./find-scheduled.js";
import { findVote } from "./find-vote.js";
import type { Finder } from "./open-write.js";
import { textAt } from "./seen-post.js";

/** How a write of an operation is looked for; undefined where a server shows nothing of it, as of reports. */
export function finderOf({ lookUp }: Operation, params: RequestParams): Finder | undefined {
  if (lookUp === "own-statuses") return textAt(params, "scheduled_at") === "" ? findPost : findScheduled;
  if (lookUp === "poll") return findVote;
  return typeof lookUp === "object" ? findListed(lookUp) : undefined;
}
