import { expect, test } from "vitest";
import { Recent, RecentKeys } from "../../core/events/recent.js";

test("at least the last so many keys are known, with their values, and never more than twice as many", () => {
  const recent = new Recent<number>(10);
  for (let number = 0; number < 95; number += 1) {
    recent.set(`key ${number}`, number);
    const known = Array.from({ length: number + 1 }, (_, at) => at).filter(
      (at) => recent.get(`key ${at}`) !== undefined,
    );
    expect(known.length).toBeGreaterThanOrEqual(Math.min(10, number + 1));
    expect(known.length).toBeLessThanOrEqual(20);
    expect(known.map((at) => recent.get(`key ${at}`))).toEqual(known);
    expect(known.at(-1)).toBe(number);
  }
  expect(recent.get("key 0")).toBeUndefined();
});

test("keys without values are known likewise, whether they are looked for at each or only at the end", () => {
  const [often, seldom] = [new RecentKeys(10), new RecentKeys(10)];
  for (let number = 0; number < 95; number += 1) {
    often.add(`key ${number}`);
    seldom.add(`key ${number}`);
    const known = Array.from({ length: number + 1 }, (_, at) => at).filter((at) => often.has(`key ${at}`));
    expect(known.length).toBeGreaterThanOrEqual(Math.min(10, number + 1));
    expect(known.length).toBeLessThanOrEqual(20);
    expect(known.at(-1)).toBe(number);
  }
  const all = Array.from({ length: 95 }, (_, at) => `key ${at}`);
  expect(all.filter((key) => seldom.has(key))).toEqual(all.filter((key) => often.has(key)));
});
