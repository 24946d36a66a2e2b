import type { Can, List } from "../client/client.js";
import type { Status } from "../mastodon/entities.js";
import { compareIds } from "../mastodon/ids.js";
import type { EventName, TimelineName } from "./event.js";

/** A client that reads every timeline. */
export type ReadsTimelines = Can<"timelines.home" | "timelines.public" | "timelines.tag" | "timelines.list">;

/**
 * How far behind its mark a catch-up looks again, the further of the two: ids of posts from other servers follow
 * those servers' clocks, so a post may come late and stand below others that were handled long before.
 */
export const overlap = { ms: 60 * 60_000, posts: 200 } as const;

/** The most posts that one catch-up reads of a timeline; servers keep about as many of a home timeline. */
export const mostPosts = 800;

const pageLength = 40;

/** The timelines among the events that riders asked for. */
export function timelinesIn(wanted: Iterable<EventName>): TimelineName[] {
  return [...wanted].filter((name): name is TimelineName => name.startsWith("timeline."));
}

/** Whether every account of a server sees the same there. */
export function isSharedTimeline(timeline: TimelineName): boolean {
  return timeline === "timeline.local" || timeline === "timeline.public" || timeline.startsWith("timeline.tag:");
}

/** A timeline from its newest post on. @see https://docs.joinmastodon.org/methods/timelines/ */
export function timelineList({ timelines }: ReadsTimelines, timeline: TimelineName): List<Status> {
  const limit = pageLength;
  switch (timeline) {
    case "timeline.home":
      return timelines.home({ limit });
    case "timeline.local":
      return timelines.public({ limit, local: true });
    case "timeline.public":
      return timelines.public({ limit });
    default: {
      const name = timeline.slice(timeline.indexOf(":") + 1);
      return timeline.startsWith("timeline.tag:")
        ? timelines.tag({ limit, hashtag: name })
        : timelines.list({ limit, list_id: name });
    }
  }
}

/** What a catch-up read of a timeline. */
export interface Stretch {
  /** Oldest first. */
  readonly posts: readonly Status[];
  /** False where it ends before the mark: what lies between was not read, or the server does not keep it. */
  readonly isWhole: boolean;
}

/** Reads back from the newest post to the mark, and with `deep` the overlap behind it. The mark `""` is before the first. */
export async function readBack(list: List<Status>, mark: string, deep: boolean): Promise<Stretch> {
  const isCovered = (posts: readonly Status[]) => {
    const behind = mark === "" ? [] : posts.filter(({ id }) => compareIds(id, mark) <= 0);
    return behind.length > 0 && (!deep || isOverlap(behind));
  };
  const { posts, isAll } = await readUntil(list, isCovered);
  const reached = mark !== "" && posts.some(({ id }) => compareIds(id, mark) <= 0);
  // A short timeline whose marked post was deleted is whole; a long one has lost its end.
  return { posts: posts.toReversed(), isWhole: reached || (isAll && (mark === "" || posts.length < pageLength)) };
}

/** The id of the newest post that is older than `time` (milliseconds since the epoch), or `""` where none is. */
export async function lastBefore(list: List<Status>, time: number): Promise<string> {
  const isBefore = ({ created_at }: Status) => Date.parse(created_at) < time;
  const { posts, isAll } = await readUntil(list, (read) => read.some(isBefore));
  return posts.find(isBefore)?.id ?? (isAll ? "" : (posts.at(-1)?.id ?? ""));
}

/** The id of the newest post, or `""`. */
export async function newestPost(list: List<Status>): Promise<string> {
  return (await list).items[0]?.id ?? "";
}

/** Newest first, page by page, until it is enough, there are no more, or it is the most that is read. */
async function readUntil(
  list: List<Status>,
  isEnough: (posts: readonly Status[]) => boolean,
): Promise<{ posts: Status[]; isAll: boolean }> {
  const posts: Status[] = [];
  let page: Awaited<List<Status>> | undefined = await list;
  for (;;) {
    if (page === undefined) return { posts, isAll: true };
    posts.push(...page.items);
    if (isEnough(posts) || posts.length >= mostPosts) return { posts, isAll: false };
    page = await page.next();
  }
}

/** Whether the posts behind the mark, newest first, are as many and reach as far back as an overlap. */
function isOverlap(behind: readonly Status[]): boolean {
  const [newest] = behind;
  const oldest = behind.at(-1);
  if (newest === undefined || oldest === undefined || behind.length < overlap.posts) return false;
  return Date.parse(oldest.created_at) <= Date.parse(newest.created_at) - overlap.ms;
}
