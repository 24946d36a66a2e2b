import { expect, test } from "vitest";
import type { Event } from "../../core/events/event.js";
import { isStale } from "../../core/events/stale.js";
import type { Status } from "../../core/mastodon/entities.js";
import type { Notification } from "../../core/mastodon/notification-entities.js";

const hourMs = 60 * 60_000;
const now = Date.parse("2026-08-01T12:00:00Z");

function hoursAgo(hours: number): string {
  return new Date(now - hours * hourMs).toISOString();
}

function notification(type: string, hours: number): Event {
  return { kind: "notification", notification: { type, created_at: hoursAgo(hours) } as Notification };
}

function post(hours: number): Event {
  return { kind: "status", timeline: "timeline.home", status: { created_at: hoursAgo(hours) } as Status };
}

test("mentions go stale after 12 hours, posts after 6, other notifications not", () => {
  expect([11, 13].map((hours) => isStale(notification("mention", hours), undefined, now))).toEqual([false, true]);
  expect([5, 7].map((hours) => isStale(post(hours), undefined, now))).toEqual([false, true]);
  expect(isStale(notification("follow", 9_000), undefined, now)).toBe(false);
});

test("what accounts.yaml says holds for all of them", () => {
  expect(isStale(notification("follow", 2), hourMs, now)).toBe(true);
  expect(isStale(notification("mention", 9_000), Infinity, now)).toBe(false);
  expect(isStale(post(7), 8 * hourMs, now)).toBe(false);
});

test("what has no time that can be read is never too old", () => {
  expect(isStale({ kind: "deleted", statusId: "9" }, 1, now)).toBe(false);
  const odd = { type: "mention", created_at: "yesterday" } as Notification;
  expect(isStale({ kind: "notification", notification: odd }, 1, now)).toBe(false);
});
