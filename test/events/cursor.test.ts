import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Cursor } from "../../core/events/cursor.js";
import { compareIds } from "../../core/mastodon/ids.js";

type Step =
  | { readonly do: "happen" }
  | { readonly do: "stream"; readonly which: number }
  | { readonly do: "catch-up" }
  | { readonly do: "finish"; readonly which: number };

const which = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>({ do: "happen" }),
  which.map((which): Step => ({ do: "stream", which })),
  fc.constant<Step>({ do: "catch-up" }),
  which.map((which): Step => ({ do: "finish", which })),
);

/** A server's notifications and one rider's cursor on them, as deliveries use it. */
class Model {
  readonly start: number;
  readonly cursor: Cursor;
  readonly happened: string[] = [];
  readonly underWay: string[] = [];
  readonly handled: string[] = [];

  constructor(start: number) {
    this.start = start;
    this.cursor = new Cursor(start === 0 ? "" : String(start));
  }

  take(step: Step): void {
    if (step.do === "happen") this.happened.push(String(this.start + this.happened.length + 1));
    if (step.do === "stream") this.offer(this.happened[step.which % Math.max(1, this.happened.length)]);
    if (step.do === "catch-up") this.catchUp();
    if (step.do === "finish") this.finish(this.underWay[step.which % Math.max(1, this.underWay.length)]);
  }

  offer(id: string | undefined): void {
    if (id !== undefined && this.cursor.begin(id)) this.underWay.push(id);
  }

  catchUp(): void {
    const { position } = this.cursor;
    const missed = this.happened.filter((id) => position === "" || compareIds(id, position) > 0);
    for (const id of missed) this.offer(id);
    this.cursor.caughtUp(missed.at(-1) ?? position);
  }

  finish(id: string | undefined): void {
    if (id === undefined) return;
    this.underWay.splice(this.underWay.indexOf(id), 1);
    this.handled.push(id);
    this.cursor.finish(id);
  }

  /** What would be lost if the process died now: behind the position, and not handled. */
  lost(position = this.cursor.position): string[] {
    return this.happened.filter((id) => compareIds(id, position) <= 0 && !this.handled.includes(id));
  }
}

const start = fc.constantFrom(0, 1, 8, 97);

test("the position never passes what is not handled, however streams and catch-ups interleave", () => {
  fc.assert(
    fc.property(start, fc.array(step, { maxLength: 80 }), (from, steps) => {
      const model = new Model(from);
      for (const each of steps) {
        const before = model.cursor.position;
        model.take(each);
        expect(model.lost()).toEqual([]);
        expect(before === "" || compareIds(model.cursor.position, before) >= 0).toBe(true);
        // Nothing is handled twice in one life of the cursor.
        expect(new Set(model.handled).size).toBe(model.handled.length);
      }
    }),
    { numRuns: 500 },
  );
});

test("once all is handled, two catch-ups bring the position to the end", () => {
  fc.assert(
    fc.property(start, fc.array(step, { maxLength: 80 }), (from, steps) => {
      const model = new Model(from);
      for (const each of steps) model.take(each);
      model.catchUp();
      while (model.underWay.length > 0) model.finish(model.underWay[0]);
      model.catchUp();
      expect(model.handled.toSorted(compareIds)).toEqual(model.happened);
      expect(model.cursor.position).toBe(model.happened.at(-1) ?? (from === 0 ? "" : String(from)));
    }),
    { numRuns: 500 },
  );
});

test("the position waits for the first that is not handled, and says what it has passed", () => {
  const cursor = new Cursor("10");
  for (const id of ["11", "12", "13"]) cursor.begin(id);
  cursor.caughtUp("13");
  cursor.caughtUp("13");
  cursor.finish("12");
  expect(cursor.position).toBe("10");
  expect([cursor.isBeyond("12"), cursor.takeCovered()]).toEqual([true, []]);
  cursor.finish("11");
  expect(cursor.position).toBe("12");
  expect([cursor.isBeyond("12"), cursor.takeCovered(), cursor.takeCovered()]).toEqual([false, ["12", "11"], []]);
});

test("the next owner's cursor takes up what was handled beyond the position", () => {
  const cursor = new Cursor("10", ["9", "12"]);
  expect(["11", "12", "13"].map((id) => cursor.begin(id))).toEqual([true, false, true]);
  expect(cursor.takeCovered()).toEqual(["9"]);
});

test("a stream that brings a later one first loses none", () => {
  const cursor = new Cursor("10");
  expect(cursor.begin("12")).toBe(true);
  cursor.finish("12");
  expect(cursor.begin("11")).toBe(true);
  expect(cursor.begin("12")).toBe(false);
});

test("a notification that the server shows late, behind a higher id, is still taken", () => {
  const cursor = new Cursor("10");
  cursor.begin("12");
  cursor.finish("12");
  cursor.caughtUp("12");
  expect(cursor.position).toBe("10");
  expect(cursor.begin("11")).toBe(true);
});
