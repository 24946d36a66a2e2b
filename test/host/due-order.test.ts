import { expect, test } from "vitest";
import type { DueRecord } from "../../core/host/delivery-store.js";
import { dueOrder, type DueSituation } from "../../core/host/due-order.js";
import type { Notification } from "../../core/mastodon/notification-entities.js";
import { tickOf } from "./desk.js";

const now = 1_000_000;

/** The usual situation: no rider is stopped or strict, and of missed ticks the last counts. */
const usual: DueSituation = {
  now,
  underWay: new Set(),
  traced: new Set(),
  lastTicks: new Map(),
  countsAll: () => false,
  restsUntil: () => undefined,
  strictLanes: () => [],
};

function order(records: readonly DueRecord[], over: Partial<DueSituation> = {}) {
  const { nextAt, ready, superseded } = dueOrder(records, { ...usual, ...over });
  const names = (some: readonly DueRecord[]) => some.map(({ invocation }) => invocation);
  return { ready: names(ready), superseded: names(superseded), nextAt };
}

function tick(dueAt: number, over: Partial<DueRecord> = {}, clock = "morning", rider = "poet"): DueRecord {
  return { ...tickOf(rider, clock, dueAt), ...over };
}

function mentioned(id: string, notBefore: number): DueRecord {
  const event = { kind: "notification", notification: { id } as Notification } as const;
  const invocation = `poet/notification/${id}`;
  return { invocation, rider: "poet", event, attempts: 1, waits: 0, notBefore, reason: "it threw", since: now };
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
  expect(order([tick(1), tick(2), tick(3)], { traced: new Set(["poet/tick/morning/1"]) })).toEqual({
    ready: ["poet/tick/morning/1"],
    superseded: ["poet/tick/morning/2"],
    nextAt: undefined,
  });
});

test("a tick that is being handled holds the later ones back", () => {
  expect(order([tick(1), tick(2)], { underWay: new Set(["poet/tick/morning/1"]) })).toEqual({
    ready: [],
    superseded: [],
    nextAt: undefined,
  });
});

test("a tick that comes to the list when a later one has begun comes too late", () => {
  const { ready, superseded } = order([tick(1), tick(2, { attempts: 1 })]);
  expect(ready).toEqual(["poet/tick/morning/2"]);
  expect(superseded).toEqual(["poet/tick/morning/1"]);
});

test("other events come each at their time", () => {
  const records = [mentioned("1", now), mentioned("2", now + 9), mentioned("3", now + 7), mentioned("4", now - 1)];
  expect(order(records, { underWay: new Set(["poet/notification/4"]) })).toEqual({
    ready: ["poet/notification/1"],
    superseded: [],
    nextAt: now + 7,
  });
});

test("nothing on the list is nothing to do", () => {
  expect(order([])).toEqual({ ready: [], superseded: [], nextAt: undefined });
});

test("a tick that comes to the list once more when it or a later one has ended is over, unless a human asked for it", () => {
  const lastTicks = new Map([["poet/morning", 2]]);
  expect(order([tick(1), tick(2), tick(3)], { lastTicks }).ready).toEqual(["poet/tick/morning/3"]);
  expect(order([tick(2)], { lastTicks }).superseded).toEqual(["poet/tick/morning/2"]);
  expect(order([tick(2, { again: true })], { lastTicks }).ready).toEqual(["poet/tick/morning/2"]);
  expect(order([tick(2, { attempts: 1 })], { lastTicks }).ready).toEqual(["poet/tick/morning/2"]);
});

test("where all missed ticks count they come one at a time, the oldest first", () => {
  const countsAll = () => true;
  expect(order([tick(3), tick(1), tick(2)], { countsAll })).toEqual({
    ready: ["poet/tick/morning/1"],
    superseded: [],
    nextAt: undefined,
  });
});

test("a rider that is stopped gets one event, the oldest, when its rest is over; others go on", () => {
  const other = { ...mentioned("7", now), invocation: "singer/notification/7", rider: "singer" };
  const records = [mentioned("2", 0), { ...mentioned("1", 0), since: now - 5 }, other];
  const until = (at: number) => (rider: string) => (rider === "poet" ? at : undefined);
  const rests = order(records, { restsUntil: until(now + 500) });
  expect(rests).toEqual({ ready: ["singer/notification/7"], superseded: [], nextAt: now + 500 });
  expect(order(records, { restsUntil: until(now) }).ready).toEqual(["poet/notification/1", "singer/notification/7"]);
});

test("what was held by its rider comes at once when the rider goes on", () => {
  expect(order([{ ...mentioned("1", now + 9_000), held: "stopped" }]).ready).toEqual(["poet/notification/1"]);
});

test("of a strict rider only the first event of a lane comes, and holds the others back while it waits", () => {
  const strictLanes = ({ invocation }: DueRecord) => (invocation.endsWith("/9") ? ["b"] : ["a"]);
  const records = [
    { ...mentioned("2", now), since: now + 1 },
    { ...mentioned("1", now + 500), since: now },
    { ...mentioned("9", now), since: now + 2 },
  ];
  expect(order(records, { strictLanes })).toEqual({
    ready: ["poet/notification/9"],
    superseded: [],
    nextAt: now + 500,
  });
});
