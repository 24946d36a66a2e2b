import { expect, test } from "vitest";
import { leastPollMs, nextPollMs } from "../../core/events/polling.js";

const timing = { pollFastestMs: 15_000, pollSlowestMs: 300_000 };

test("polls are frequent after activity, and get rare while nothing happens", () => {
  const intervals = [15_000];
  for (let poll = 0; poll < 12; poll += 1) intervals.push(nextPollMs(intervals.at(-1) ?? 0, false, timing));
  expect(intervals.slice(0, 4)).toEqual([15_000, 22_500, 33_750, 50_625]);
  expect(intervals.at(-1)).toBe(300_000);
  expect(nextPollMs(300_000, true, timing)).toBe(15_000);
});

test("half of what the server's limit leaves stays with the riders", () => {
  const limit = { bucket: "token", left: 40, resetsAt: 100_000 };
  expect(leastPollMs([limit], 2, 0)).toBe(10_000);
  expect(leastPollMs([{ ...limit, left: 0 }], 2, 0)).toBe(100_000);
  expect(leastPollMs([limit], 2, 200_000)).toBe(0);
  expect(leastPollMs([{ ...limit, bucket: "media" }], 2, 0)).toBe(0);
  expect(leastPollMs([], 1, 0)).toBe(0);
});
