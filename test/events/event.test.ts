import { expect, test } from "vitest";
import { eventId, happenedAt, matches, scopeOfEvent, type Event, type ServerEvent } from "../../core/events/event.js";
import type { Status } from "../../core/mastodon/entities.js";
import type { Notification } from "../../core/mastodon/notification-entities.js";

function notification(id: string, type: string): ServerEvent {
  return { kind: "notification", notification: { id, type, created_at: "2026-01-02T03:04:05Z" } as Notification };
}

const status = { id: "5", created_at: "2026-01-02T03:04:05Z", edited_at: null } as Status;
const edited = { ...status, edited_at: "2026-01-03T00:00:00Z" };

test("a handler gets the events that it asked for and no others", () => {
  const mention = notification("1", "mention");
  expect(matches("notification", mention)).toBe(true);
  expect(matches("notification.mention", mention)).toBe(true);
  expect(matches("notification.follow", mention)).toBe(false);
  expect(matches("timeline.home", mention)).toBe(false);
  expect(matches("timeline.home", { kind: "status", timeline: "timeline.home", status })).toBe(true);
  expect(matches("timeline.tag:cats", { kind: "status", timeline: "timeline.tag:dogs", status })).toBe(false);
  expect(matches("status.edited", { kind: "edited", status })).toBe(true);
  expect(matches("status.deleted", { kind: "deleted", statusId: "5" })).toBe(true);
  expect(matches("status.deleted", { kind: "edited", status })).toBe(false);
});

test("a type that no one knows yet is a notification all the same", () => {
  expect(matches("notification", notification("1", "severed_teapots"))).toBe(true);
});

test("the same event has the same id, others have others", () => {
  const events: Event[] = [
    notification("5", "mention"),
    { kind: "status", timeline: "timeline.home", status },
    { kind: "status", timeline: "timeline.tag:cats", status },
    { kind: "edited", status },
    { kind: "edited", status: edited },
    { kind: "deleted", statusId: "5" },
    { kind: "tick", rider: "a", name: "5", dueAt: 5 },
    { kind: "tick", rider: "a", name: "5", dueAt: 6 },
  ];
  const ids = events.map((event) => eventId(event));
  expect(new Set(ids).size).toBe(events.length);
  expect(ids).toEqual(structuredClone(events).map((event) => eventId(event)));
});

test("an event happened when the server says so, if it does", () => {
  const at = Date.parse("2026-01-02T03:04:05Z");
  expect(happenedAt(notification("1", "mention"))).toBe(at);
  expect(happenedAt({ kind: "status", timeline: "timeline.home", status })).toBe(at);
  expect(happenedAt({ kind: "edited", status: edited })).toBe(Date.parse("2026-01-03T00:00:00Z"));
  expect(happenedAt({ kind: "edited", status })).toBe(at);
  expect(happenedAt({ kind: "deleted", statusId: "5" })).toBeUndefined();
  expect(happenedAt({ kind: "tick", rider: "a", name: "b", dueAt: 7 })).toBe(7);
  const odd = { kind: "notification", notification: { id: "1", created_at: "yesterday" } as Notification } as const;
  expect(happenedAt(odd)).toBeUndefined();
});

test("each event needs the scope of what it reads", () => {
  expect(scopeOfEvent("notification")).toBe("read:notifications");
  expect(scopeOfEvent("notification.follow")).toBe("read:notifications");
  expect(scopeOfEvent("timeline.list:3")).toBe("read:lists");
  expect(scopeOfEvent("timeline.tag:cats")).toBe("read:statuses");
  expect(scopeOfEvent("status.deleted")).toBe("read:statuses");
});
