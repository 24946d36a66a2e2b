import { expect, test } from "vitest";
import type { List, Page } from "../../core/client/client.js";
import { lastBefore, mostPosts, overlap, readBack, timelinesIn } from "../../core/events/timelines.js";
import type { Status } from "../../core/mastodon/entities.js";

const minuteMs = 60_000;
const now = Date.parse("2026-08-01T12:00:00Z");

/** Posts with the ids 1 to `count`, one each `everyMs`, the newest now. */
function posts(count: number, everyMs = minuteMs): Status[] {
  return Array.from({ length: count }, (_, index) => {
    const created_at = new Date(now - (count - 1 - index) * everyMs).toISOString();
    return { id: String(index + 1), created_at } as Status;
  });
}

/** A timeline as a server shows it, and how many pages were asked for. */
function timeline(oldestFirst: readonly Status[]) {
  const newestFirst = oldestFirst.toReversed();
  const asked = { pages: 0 };
  const page = async (from: number): Promise<Page<Status>> => {
    asked.pages += 1;
    const next = async () => (from + 40 < newestFirst.length ? page(from + 40) : undefined);
    return { items: newestFirst.slice(from, from + 40), next, previous: async () => undefined };
  };
  return { list: page(0) as unknown as List<Status>, asked };
}

function idsOf(read: readonly Status[]): string[] {
  return read.map(({ id }) => id);
}

test("between gaps, no more is read than leads back to the mark", async () => {
  const { asked, list } = timeline(posts(500));
  const { isWhole, posts: read } = await readBack(list, "430", false);
  expect(isWhole).toBe(true);
  expect(idsOf(read).at(-1)).toBe("500");
  expect(idsOf(read)[0]).toBe("421");
  expect(asked.pages).toBe(2);
});

test("after a gap, what lies behind the mark is read again: 200 posts, and an hour", async () => {
  const slow = await readBack(timeline(posts(700)).list, "690", true);
  expect(slow.posts.filter(({ id }) => Number(id) <= 690).length).toBeGreaterThanOrEqual(overlap.posts);
  expect(slow.posts.length).toBeLessThanOrEqual(overlap.posts + 50);
  // Ten posts a minute: the hour is the further of the two.
  const fast = await readBack(timeline(posts(2_000, 6_000)).list, "1990", true);
  expect(Date.parse(fast.posts[0]?.created_at ?? "")).toBeLessThanOrEqual(now - overlap.ms);
  expect(fast.posts.length).toBeGreaterThan(600);
});

test("a gap that is larger than what is read, or than the server keeps, is no whole", async () => {
  const long = await readBack(timeline(posts(2_000)).list, "3", false);
  expect(long.isWhole).toBe(false);
  expect(long.posts).toHaveLength(mostPosts);
  expect(idsOf(long.posts).at(-1)).toBe("2000");
  const forgotten = await readBack(timeline(posts(400).slice(100)).list, "50", false);
  expect(forgotten.isWhole).toBe(false);
  expect(forgotten.posts).toHaveLength(300);
});

test("a short timeline whose marked post is gone, or that was empty before, is whole", async () => {
  expect((await readBack(timeline(posts(9).slice(3)).list, "2", true)).isWhole).toBe(true);
  const first = await readBack(timeline(posts(100)).list, "", true);
  expect(first).toMatchObject({ isWhole: true });
  expect(first.posts).toHaveLength(100);
  expect((await readBack(timeline([]).list, "", false)).posts).toEqual([]);
});

test("who begins at a time begins behind the newest post before it", async () => {
  const { list } = timeline(posts(100));
  expect(await lastBefore(list, now - 59.5 * minuteMs)).toBe("40");
  expect(await lastBefore(timeline(posts(100)).list, now - 1_000 * minuteMs)).toBe("");
  expect(await lastBefore(timeline([]).list, now)).toBe("");
  // So far back nobody reads: it begins at the oldest that was read.
  expect(await lastBefore(timeline(posts(2_000)).list, 0)).toBe(String(2_000 - mostPosts + 1));
});

test("timelines among what riders asked for", () => {
  expect(timelinesIn(["notification", "timeline.tag:cats", "status.edited", "timeline.home"])).toEqual([
    "timeline.tag:cats",
    "timeline.home",
  ]);
});
