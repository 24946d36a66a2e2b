import type { Reply } from "./call.js";
import { listed, lookFor, mostPages, unreadable } from "./look-for.js";
import { Undecided, type Finder, type OpenWrite } from "./open-write.js";
import { askedPost, fits, isTypedAs, wordsLike, type AskedPost } from "./same-post.js";
import { at, seenPost, textAt, type SeenPost } from "./seen-post.js";

/** Clocks differ; a post that is older than this before the admission, or younger after it settled, is another one. */
const clockToleranceMs = 120_000;
const listing = "accounts.statuses";

/** A post among the account's own, with the status as it came. */
interface Candidate {
  readonly post: SeenPost;
  readonly body: unknown;
}

/**
 * Looks through the account's own posts. One that is as asked to the letter is it; of one that only looks alike the
 * source is asked for, where the server shows that.
 */
export const findPost: Finder = async (write) => {
  const asked = askedPost(write.call.params);
  const others: Candidate[] = [];
  for await (const candidate of ownPosts(write)) {
    if (write.isAnothers(candidate.post.id)) continue;
    const isSame = fits(asked, candidate.post) && wordsLike(asked, candidate.post) === "same";
    if (isSame && write.take(candidate.post.id)) return { found: candidate.body };
    if (!isSame) others.push(candidate);
  }
  const target = { ...asked, replyTo: await replyTarget(write, asked, others) };
  let isUndecided = false;
  for (const candidate of others.filter(({ post }) => fits(target, post))) {
    const isThat = await isIt(candidate.post, target, write);
    if (isThat === true && write.take(candidate.post.id)) return { found: candidate.body };
    isUndecided ||= isThat === undefined;
  }
  if (isUndecided)
    throw new Undecided("a post of that time was edited, and the server does not show what it said before");
  return {};
};

/** Undefined: nobody can tell. */
async function isIt(post: SeenPost, asked: AskedPost, write: OpenWrite): Promise<boolean | undefined> {
  const like = wordsLike(asked, post);
  if (like === "other") return post.isEdited ? wasIt(post, asked, write) : false;
  if (like === "same") return true;
  if (post.source !== undefined) return isTypedAs(asked, { text: post.source, spoilerText: post.spoilerText });
  const source = (await lookFor(write, "statuses.source", { id: post.id }))?.body;
  // A server that does not show it has made of the words what mark-up does: no other write is known to have made them.
  if (textAt(source, "text") === "") return true;
  return isTypedAs(asked, { text: textAt(source, "text"), spoilerText: textAt(source, "spoiler_text") });
}

/** What an edited post said at first: servers list its versions, the oldest first. */
async function wasIt({ id }: SeenPost, asked: AskedPost, write: OpenWrite): Promise<boolean | undefined> {
  const history = (await lookFor(write, "statuses.history", { id }))?.body;
  const [first]: readonly unknown[] = Array.isArray(history) ? (history as unknown[]) : [];
  if (first === undefined) return undefined;
  const words = { content: textAt(first, "content"), spoilerText: textAt(first, "spoiler_text") };
  return wordsLike(asked, words) !== "other";
}

/** What a post answers is a reblog's original, where it was asked to answer the reblog. */
async function replyTarget(
  write: OpenWrite,
  { replyTo }: AskedPost,
  candidates: readonly Candidate[],
): Promise<string> {
  if (replyTo === "" || candidates.every(({ post }) => post.replyTo === "" || post.replyTo === replyTo)) return replyTo;
  const reblog = await lookFor(write, "statuses.get", { id: replyTo });
  return textAt(at(reblog?.body, "reblog"), "id") || replyTo;
}

/** Those that were made when the write may have taken effect, newest first. Throws Undecided: too many came after. */
async function* ownPosts(write: OpenWrite): AsyncGenerator<Candidate> {
  const { call, from, until } = write;
  const [earliest, latest] = [from - clockToleranceMs, until + clockToleranceMs];
  let before: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const params = { id: call.outlet.personId, limit: 40, exclude_reblogs: true, max_id: before };
    const reply = await lookFor(write, listing, params);
    if (reply === undefined) throw new Undecided("the server does not let the account read its own posts");
    const candidates = candidatesIn(reply);
    for (const candidate of candidates) {
      const { createdAt } = candidate.post;
      if (createdAt >= earliest && createdAt <= latest) yield candidate;
    }
    const oldest = candidates.at(-1)?.post;
    if (oldest === undefined || oldest.createdAt < earliest) return;
    before = oldest.id;
  }
  throw new Undecided("the account has posted too much since to be looked through");
}

function candidatesIn(reply: Reply): Candidate[] {
  return listed(reply, listing).map((body) => {
    const post = seenPost(body);
    if (post === undefined) throw unreadable(listing);
    return { post, body };
  });
}
