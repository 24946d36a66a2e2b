import { expect, test } from "vitest";
import type { DueRecord } from "../../core/host/delivery-store.js";
import { dueOrder } from "../../core/host/due-order.js";
import type { Notification } from "../../core/mastodon/notification-entities.js";
import { tickOf } from "./desk.js";

const now = 1_000_000;

function order(records: readonly DueRecord[], underWay: readonly string[] = [], traced: readonly string[] = []) {
  const { nextAt, ready, superseded } = dueOrder(records, new Set(underWay), new Set(traced), now);
  const names = (some: readonly DueRecord[]) => some.map(({ invocation }) => invocation);
  return { ready: names(ready), superseded: names(superseded), nextAt };
}

function tick(dueAt: number, over: Partial<DueRecord> = {}, clock = "morning", rider = "poet"): DueRecord {
  return { ...tickOf(rider, clock, dueAt), ...over };
}

function mentioned(id: string, notBefore: number): DueRecord {
  const event = { kind: "notification", notification: { id } as Notification } as const;
  const invocation = `poet/notification/${id}`;
  return { invocation, rider: "poet", event, attempts: 1, waits: 0, notBefore, reason: "it threw" };
}

test("of the ticks that were missed the last one counts", () => {
  expect(order([tick(3), tick(1), tick(2)])).toEqual({
    ready: ["poet/tick/morning/3"],
    superseded: ["poet/tick/morning/1", "poet/tick/morning/2"],
    nextAt: undefined,
  });
});

test("clocks do not stand in each other's way, nor do riders with clocks of one name", () => {
  const { ready, superseded } = order([tick(1), tick(2, {}, "evening"), tick(3, {}, "morning", "singer")]);
  expect(ready).toHaveLength(3);
  expect(superseded).toEqual([]);
});

test("a tick that waits or is tried again holds the later ones back, of which the last stays", () => {
  for (const begun of [{ waits: 1 }, { attempts: 2 }]) {
    expect(order([tick(1, { ...begun, notBefore: now + 500 }), tick(2), tick(3)])).toEqual({
      ready: [],
      superseded: ["poet/tick/morning/2"],
      nextAt: now + 500,
    });
    expect(order([tick(1, begun), tick(2)]).ready).toEqual(["poet/tick/morning/1"]);
  }
});

test("a tick that left writes behind when its process died goes before the later ones", () => {
  expect(order([tick(1), tick(2), tick(3)], [], ["poet/tick/morning/1"])).toEqual({
    ready: ["poet/tick/morning/1"],
    superseded: ["poet/tick/morning/2"],
    nextAt: undefined,
  });
});

test("a tick that is being handled holds the later ones back", () => {
  expect(order([tick(1), tick(2)], ["poet/tick/morning/1"])).toEqual({ ready: [], superseded: [], nextAt: undefined });
});

test("a tick that comes to the list when a later one has begun comes too late", () => {
  const { ready, superseded } = order([tick(1), tick(2, { attempts: 1 })]);
  expect(ready).toEqual(["poet/tick/morning/2"]);
  expect(superseded).toEqual(["poet/tick/morning/1"]);
});

test("other events come each at their time", () => {
  const records = [mentioned("1", now), mentioned("2", now + 9), mentioned("3", now + 7), mentioned("4", now - 1)];
  expect(order(records, ["poet/notification/4"])).toEqual({
    ready: ["poet/notification/1"],
    superseded: [],
    nextAt: now + 7,
  });
});

test("nothing on the list is nothing to do", () => {
  expect(order([])).toEqual({ ready: [], superseded: [], nextAt: undefined });
});
