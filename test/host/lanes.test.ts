import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Lanes } from "../../core/host/lanes.js";

/** Work that ends when it is told to. */
function held(name: string, began: string[]) {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const work = async (): Promise<void> => {
    began.push(name);
    await ended;
  };
  return { work, end: () => end() };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test("within a lane one after the other, over lanes side by side up to the limit", async () => {
  const lanes = new Lanes(2);
  const began: string[] = [];
  const works = ["a1", "a2", "b1", "c1"].map((name) => ({ name, ...held(name, began) }));
  for (const { name, work } of works) lanes.run(() => [name.charAt(0)], work);
  await settled();
  expect(began).toEqual(["a1", "b1"]);
  works[2]?.end();
  await settled();
  expect(began).toEqual(["a1", "b1", "c1"]);
  works[0]?.end();
  await settled();
  expect(began).toEqual(["a1", "b1", "c1", "a2"]);
  for (const { end } of works) end();
  await lanes.idle();
});

test("work that waits for another lane's gets there, as long as there is a place", async () => {
  const lanes = new Lanes(2);
  const began: string[] = [];
  const other = held("other", began);
  let seen = false;
  lanes.run(
    () => ["a"],
    async () => {
      lanes.run(() => ["b"], other.work);
      await settled();
      other.end();
      seen = began.includes("other");
    },
  );
  await lanes.idle();
  expect(seen).toBe(true);
});

test("whatever is queued runs once, in its lane's order, never more at a time than the limit", async () => {
  const lane = fc.constantFrom("a", "b", "c", "d");
  await fc.assert(
    fc.asyncProperty(fc.array(lane, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), async (queued, limit) => {
      const lanes = new Lanes(limit);
      const ran: [string, number][] = [];
      let running = 0;
      let most = 0;
      for (const [number, name] of queued.entries()) {
        lanes.run(
          () => [name],
          async () => {
            running += 1;
            most = Math.max(most, running);
            for (let turns = number % 3; turns > 0; turns -= 1) await Promise.resolve();
            ran.push([name, number]);
            running -= 1;
          },
        );
      }
      await lanes.idle();
      expect(most).toBeLessThanOrEqual(limit);
      expect(ran.map(([, number]) => number).toSorted((a, b) => a - b)).toEqual([...queued.keys()]);
      for (const name of new Set(queued)) {
        const inLane = ran.filter(([each]) => each === name).map(([, number]) => number);
        expect(inLane).toEqual(inLane.toSorted((a, b) => a - b));
      }
    }),
  );
});

test("work in two lanes waits for both, and holds both up", async () => {
  const lanes = new Lanes(8);
  const began: string[] = [];
  const works = ["a", "b", "both", "a again", "c"].map((name) => held(name, began));
  for (const [index, keys] of [["a"], ["b"], ["a", "b"], ["a"], ["c"]].entries()) {
    lanes.run(() => keys, works[index]?.work ?? (async () => undefined));
  }
  expect(began).toEqual(["a", "b", "c"]);
  works[0]?.end();
  await settled();
  expect(began).toEqual(["a", "b", "c"]);
  works[1]?.end();
  await settled();
  expect(began).toEqual(["a", "b", "c", "both"]);
  for (const { end } of works) end();
  await lanes.idle();
  expect(began.at(-1)).toBe("a again");
});

test("work that ends at once leaves its lanes free, also where it had to wait", async () => {
  const lanes = new Lanes(2);
  const ran: string[] = [];
  const atOnce = (name: string) => () => void ran.push(name);
  expect(lanes.run(() => ["a"], atOnce("first"))).toBe(false);
  const long = held("long", ran);
  expect(lanes.run(() => ["a"], long.work)).toBe(true);
  for (const name of ["second", "third"]) expect(lanes.run(() => ["a"], atOnce(name))).toBe(true);
  lanes.run(() => ["b"], atOnce("elsewhere"));
  expect(ran).toEqual(["first", "long", "elsewhere"]);
  long.end();
  await lanes.idle();
  expect(ran).toEqual(["first", "long", "elsewhere", "second", "third"]);
});
