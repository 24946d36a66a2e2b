import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StatusTurns, type StatusWriter } from "../../core/host/status-turns.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Writers that count, and forget what they were told as the real ones do. */
function writers(turns: StatusTurns, count: number): (StatusWriter & { written: number })[] {
  return Array.from({ length: count }, () => ({
    written: 0,
    async write() {
      turns.forget(this);
      this.written += 1;
    },
  }));
}

const written = (all: readonly { written: number }[]) => all.map((writer) => writer.written);

test("what changes within a tenth of a second is written once, and again when it changes again", () => {
  const turns = new StatusTurns();
  const all = writers(turns, 3);
  for (const writer of [...all, ...all]) turns.soon(writer);
  vi.advanceTimersByTime(100);
  expect(written(all)).toEqual([1, 1, 1]);
  for (const writer of all.slice(1)) turns.soon(writer);
  vi.advanceTimersByTime(1_000);
  expect(written(all)).toEqual([1, 2, 2]);
});

test("what was written meanwhile, or belongs to nobody any more, is not written again", () => {
  const turns = new StatusTurns();
  const [writer, gone] = writers(turns, 2);
  if (writer === undefined || gone === undefined) throw new Error("two were made");
  turns.soon(writer);
  turns.soon(gone);
  void writer.write();
  turns.leave(gone);
  vi.advanceTimersByTime(1_000);
  expect(written([writer, gone])).toEqual([1, 0]);
});

test("each writes once in five seconds, a part of them at a time, until it leaves", () => {
  const turns = new StatusTurns();
  const all = writers(turns, 50);
  for (const writer of [...all, ...all]) turns.join(writer);
  vi.advanceTimersByTime(250);
  const first = written(all).reduce((sum, count) => sum + count, 0);
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(10);
  vi.advanceTimersByTime(4_750);
  expect(written(all)).toEqual(all.map(() => 1));
  for (const writer of all) turns.leave(writer);
  vi.advanceTimersByTime(20_000);
  expect(written(all)).toEqual(all.map(() => 1));
  expect(vi.getTimerCount()).toBe(0);
});
