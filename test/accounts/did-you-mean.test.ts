import { expect, test } from "vitest";
import { didYouMean } from "../../core/accounts/did-you-mean.js";

test.each([
  ["sever", "server"],
  ["dry-run", "dry_run"],
  ["dryRun", "dry_run"],
  ["HANDLE", "handle"],
  ["hnadle", "handle"],
  ["timezones", "timezone"],
  ["weather", undefined],
  ["x", undefined],
  ["", undefined],
])("%j is meant as %j", (word, meant) => {
  expect(didYouMean(word, ["server", "handle", "dry_run", "timezone"])).toBe(meant);
});
