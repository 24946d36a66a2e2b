import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { EventName } from "../../core/events/event.js";
import { eventIn, subscriptionsFor, wantsNotifications } from "../../core/events/subscriptions.js";
import { parseMessage } from "../../core/mastodon/stream-frame.js";

function subscribed(...names: EventName[]) {
  return subscriptionsFor(new Set(names));
}

test("notifications alone come without the whole home timeline", () => {
  expect(subscribed("notification.mention", "notification.follow")).toEqual([{ stream: "user:notification" }]);
  expect(subscriptionsFor(new Set(["notification.mention"] as const), "gotosocial")).toEqual([{ stream: "user" }]);
  expect(subscribed("notification", "timeline.home")).toEqual([{ stream: "user" }]);
  expect(subscribed("status.deleted")).toEqual([{ stream: "user" }]);
});

test("each timeline has its stream", () => {
  expect(subscribed("timeline.local", "timeline.public", "timeline.tag:cats", "timeline.list:7")).toEqual([
    { stream: "public:local" },
    { stream: "public" },
    { stream: "hashtag", tag: "cats" },
    { stream: "list", list: "7" },
  ]);
  expect(subscribed()).toEqual([]);
});

test("whether any of the events is a notification", () => {
  expect(wantsNotifications(new Set(["timeline.home"]))).toBe(false);
  expect(wantsNotifications(new Set(["timeline.home", "notification.poll"]))).toBe(true);
});

const post = { id: "9", account: { id: "1" }, content: "" };

function eventOf(stream: readonly string[], event: string, payload: unknown) {
  return eventIn({ streams: [...stream], event, payload });
}

test("every kind of stream becomes the timeline that riders ask for", () => {
  const timelines = [["user"], ["public"], ["public:local"], ["hashtag", "cats"], ["list", "7"]].map((stream) => {
    const event = eventOf(stream, "update", post);
    return event?.kind === "status" ? event.timeline : event;
  });
  expect(timelines).toEqual([
    "timeline.home",
    "timeline.public",
    "timeline.local",
    "timeline.tag:cats",
    "timeline.list:7",
  ]);
});

test("notifications, edits and deletions are events of their own", () => {
  expect(eventOf(["user", "user:notification"], "notification", post)).toEqual({
    kind: "notification",
    notification: post,
  });
  expect(eventOf(["user"], "status.update", post)).toEqual({ kind: "edited", status: post });
  expect(eventOf(["user"], "delete", "9")).toEqual({ kind: "deleted", statusId: "9" });
});

test("what is none of ours is passed over", () => {
  const none: [readonly string[], string, unknown][] = [
    [["user"], "filters_changed", undefined],
    [["user"], "notifications_merged", "1"],
    [["user"], "announcement", { id: "3" }],
    [["user"], "delete", { id: "9" }],
    [["user"], "update", "9"],
    [["user"], "update", null],
    [["user"], "update", { id: "9" }],
    [["direct"], "update", post],
    [["hashtag"], "update", post],
    [["list"], "update", post],
    [[], "update", post],
    [["user"], "notification", { type: "mention" }],
  ];
  for (const [stream, event, payload] of none) expect(eventOf(stream, event, payload)).toBeUndefined();
});

test("no message from a server throws", () => {
  const events = fc.constantFrom("update", "notification", "status.update", "delete", "x");
  const streams = fc.oneof(fc.anything(), fc.array(fc.constantFrom("user", "hashtag", "list", "cats")));
  const message = fc.record({ event: events, stream: streams, payload: fc.oneof(fc.anything(), fc.json()) });
  const read = (text: string) => {
    const parsed = parseMessage(text);
    if (parsed.kind === "frame") eventIn(parsed.frame);
  };
  const check = () => fc.assert(fc.property(message, (each) => read(JSON.stringify(each, dropBigInts))));
  expect(check).not.toThrow();
});

function dropBigInts(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? undefined : value;
}
