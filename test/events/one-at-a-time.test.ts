import { expect, test } from "vitest";
import { oneAtATime } from "../../core/events/one-at-a-time.js";
import { soon } from "../support/soon.js";

test("calls while one is under way are one more after it", async () => {
  const ends: (() => void)[] = [];
  const run = oneAtATime(() => new Promise((resolve) => ends.push(resolve)));
  const first = run();
  await Promise.resolve();
  const others = [run(), run(), run()];
  expect(ends).toHaveLength(1);
  ends[0]?.();
  await first;
  await expect.poll(() => ends.length, soon).toBe(2);
  ends[1]?.();
  await Promise.all(others);
  expect(ends).toHaveLength(2);
});

test("one that fails says so to who asked and does not stop the next", async () => {
  let runs = 0;
  const run = oneAtATime(async () => {
    runs += 1;
    if (runs === 1) throw new Error("Redis is away");
  });
  const first = run();
  await expect(first).rejects.toThrow("Redis is away");
  await run();
  expect(runs).toBe(2);
});
