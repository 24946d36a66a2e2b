import { expect, test } from "vitest";
import { TimeLimits } from "../../core/host/time-limits.js";

const never = new Promise<never>(() => undefined);

test("work comes to what it comes to, and what takes too long is given up by its own limit", async () => {
  const limits = new TimeLimits(new AbortController().signal);
  const long = limits.within(never, 60_000, "the long one");
  await expect(limits.within(Promise.resolve(1), 5, "work")).resolves.toBe(1);
  await expect(limits.within(Promise.reject(new Error("no")), 5, "work")).rejects.toThrow("no");
  const outcomes = await Promise.allSettled([
    limits.within(never, 30, "the second"),
    limits.within(never, 10, "the first"),
  ]);
  expect(outcomes.map((outcome) => outcome.status === "rejected" && String(outcome.reason))).toEqual([
    "Error: the second took over 0.03 s",
    "Error: the first took over 0.01 s",
  ]);
  expect(await Promise.race([long, Promise.resolve("still waited for")])).toBe("still waited for");
});

test("work that begins after others ended is bounded too", async () => {
  const limits = new TimeLimits(new AbortController().signal);
  await limits.within(Promise.resolve(), 10, "work");
  await new Promise((resolve) => setTimeout(resolve, 30));
  await expect(limits.within(never, 10, "the next")).rejects.toThrow("the next took over 0.01 s");
});

test("when the signal aborts, nothing is waited for any more", async () => {
  const letGo = new AbortController();
  const limits = new TimeLimits(letGo.signal);
  const before = limits.within(never, 60_000, "the handler");
  letGo.abort();
  await expect(before).rejects.toThrow("the handler was told to end");
  await expect(limits.within(never, 60_000, "the next")).rejects.toThrow("the next was told to end");
});
