import { expect, test } from "vitest";
import { Recent } from "../../core/events/recent.js";

test("at least the last so many keys are known, with their values, and never more than twice as many", () => {
  const recent = new Recent<number>(10);
  for (let number = 0; number < 95; number += 1) {
    recent.set(`key ${number}`, number);
    const known = Array.from({ length: number + 1 }, (_, at) => at).filter((at) => recent.has(`key ${at}`));
    expect(known.length).toBeGreaterThanOrEqual(Math.min(10, number + 1));
    expect(known.length).toBeLessThanOrEqual(20);
    expect(known.map((at) => recent.get(`key ${at}`))).toEqual(known);
    expect(known.at(-1)).toBe(number);
  }
  expect(recent.get("key 0")).toBeUndefined();
});
