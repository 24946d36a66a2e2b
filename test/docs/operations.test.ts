import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { operationList } from "../../core/mastodon/operations.js";
import { operationsPage } from "../../script/operations-page.js";

test("docs/operations.md is what the table gives: npm run docs:operations writes it", () => {
  const written = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
  expect(withoutLayout(written)).toBe(withoutLayout(operationsPage()));
  for (const { name } of operationList) expect(operationsPage()).toContain(`| \`${name}\` |`);
});

/** Tables are laid out by the formatter. */
function withoutLayout(text: string): string {
  return text
    .replaceAll(/[ ]*\|[ ]*/g, "|")
    .replaceAll(/-{2,}/g, "-")
    .trim();
}
