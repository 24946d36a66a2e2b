import "reflect-metadata";
import { expect, test } from "vitest";
import { RenewalSlots } from "../../core/auth/renewal-slots.js";
import { place } from "./services.js";

test("every account gets a number once, whoever asks at the same time, and after a restart too", async () => {
  const { corner, redis } = await place();
  const process = () => new RenewalSlots(redis, corner.keys);
  const names = Array.from({ length: 20 }, (_, at) => `bot${at}`);
  const told = await Promise.all(
    [process(), process(), process()].map((slots) => Promise.all(names.map((name) => slots.of(name)))),
  );
  const [first = []] = told;
  for (const other of told) expect(other).toEqual(first);
  expect(new Set(first).size).toBe(names.length);
  const restarted = process();
  expect(await Promise.all(names.map((name) => restarted.of(name)))).toEqual(first);
  expect(await restarted.of("another")).toBeGreaterThan(Math.max(...first));
});
