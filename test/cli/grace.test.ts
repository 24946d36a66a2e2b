import { expect, test } from "vitest";
import { graceIn } from "../../core/cli/grace.js";

test.each([
  ["0s", 0],
  ["10s", 10_000],
  ["1h", 3_600_000],
])("--grace %s", (text, ms) => {
  expect(graceIn(text)).toBe(ms);
});

test.each(["", "soon", "-1s", "10", "2h", "1.5m"])("--grace %s is refused", (text) => {
  expect(() => graceIn(text)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});
