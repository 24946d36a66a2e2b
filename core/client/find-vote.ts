import { lookFor, unreadable } from "./look-for.js";
import { Undecided, type Finder } from "./open-write.js";
import { at } from "./seen-post.js";

/** Whether the account has voted: nobody votes twice in a poll. */
export const findVote: Finder = async (write) => {
  const reply = await lookFor(write, "polls.get", { id: write.call.params["id"] });
  if (reply === undefined) throw new Undecided("the poll is not shown any more");
  const voted = at(reply.body, "voted");
  if (typeof voted !== "boolean") throw unreadable("polls.get");
  return voted ? { found: reply.body } : {};
};
