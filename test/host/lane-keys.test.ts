import { expect, test } from "vitest";
import type { Event } from "../../core/events/event.js";
import { LaneKeys } from "../../core/host/lane-keys.js";
import type { Status } from "../../core/mastodon/entities.js";
import type { Notification } from "../../core/mastodon/notification-entities.js";

function post(id: string, by: string, answers: string | null = null): Status {
  return { id, account: { id: by }, in_reply_to_id: answers } as Status;
}

function mentioned(status: Status): Event {
  return {
    kind: "notification",
    notification: { id: `n${status.id}`, account: status.account, status } as Notification,
  };
}

test("an event is in the lanes of its person and of its conversation, from answer to answer", () => {
  const lanes = new LaneKeys();
  expect(lanes.of(mentioned(post("1", "zoe")))).toEqual(["person zoe", "conversation 1"]);
  expect(lanes.of(mentioned(post("2", "yan", "1")))).toEqual(["person yan", "conversation 1"]);
  expect(lanes.of({ kind: "status", timeline: "timeline.home", status: post("3", "zoe", "2") })).toEqual([
    "person zoe",
    "conversation 1",
  ]);
});

test("a post whose lanes nobody asked for is known to those that answer it", () => {
  const lanes = new LaneKeys();
  lanes.remember(mentioned(post("2", "yan", "1")));
  expect(lanes.of(mentioned(post("3", "zoe", "2")))[1]).toBe("conversation 1");
});

test("two answers to a post that never came by are one conversation", () => {
  const lanes = new LaneKeys();
  const [first, second] = [lanes.of(mentioned(post("8", "zoe", "5"))), lanes.of(mentioned(post("9", "yan", "5")))];
  expect(first[1]).toBe(second[1]);
});

test("who boosts a post is not in its conversation", () => {
  const boost = { id: "n", account: { id: "yan" }, status: post("1", "bot") } as Notification;
  expect(new LaneKeys().of({ kind: "notification", notification: boost })).toEqual(["person yan"]);
});

test("a clock's ticks are in one lane", () => {
  const tick = { kind: "tick", rider: "poet", name: "morning", dueAt: 5 } as const;
  expect(new LaneKeys().of(tick)).toEqual(["clock morning"]);
});
