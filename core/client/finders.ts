import type { Operation } from "../mastodon/operation.js";
import { findListed } from "./find-listed.js";
import { findPost } from "./find-post.js";
import { findVote } from "./find-vote.js";
import type { Finder } from "./open-write.js";

/** How a write of an operation is looked for; undefined where a server shows nothing of it, as of reports. */
export function finderOf({ lookUp }: Operation): Finder | undefined {
  if (lookUp === "own-statuses") return findPost;
  if (lookUp === "poll") return findVote;
  return typeof lookUp === "object" ? findListed(lookUp) : undefined;
}
