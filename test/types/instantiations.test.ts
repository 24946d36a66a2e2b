import { expect, test } from "vitest";
import { compile } from "./compile.js";

/** What bots do. */
const calls = [
  'statuses.create({ status: "x" })',
  'statuses.get({ id: "1" })',
  'statuses.update({ id: "1", status: "x" })',
  'statuses.delete({ id: "1" })',
  'statuses.context({ id: "1" })',
  'statuses.favourite({ id: "1" })',
  'statuses.unfavourite({ id: "1" })',
  'statuses.reblog({ id: "1" })',
  'statuses.unreblog({ id: "1" })',
  'statuses.bookmark({ id: "1" })',
  'statuses.pin({ id: "1" })',
  'accounts.follow({ id: "1" })',
  'accounts.unfollow({ id: "1" })',
  'accounts.block({ id: "1" })',
  'accounts.mute({ id: "1" })',
  'accounts.relationships({ id: ["1"] })',
  'accounts.lookup({ acct: "a" })',
  'accounts.statuses({ id: "1" })',
  'accounts.followers({ id: "1" })',
  "timelines.home()",
  'timelines.tag({ hashtag: "a" })',
  "notifications.list()",
  'notifications.dismiss({ id: "1" })',
  'lists.create({ title: "a" })',
  'lists.addAccounts({ id: "1", account_ids: ["1"] })',
  'filters.create({ title: "a", context: ["home"] })',
  'polls.vote({ id: "1", choices: [0] })',
  'media.update({ id: "1" })',
  'search.query({ q: "x" })',
  'reports.create({ account_id: "1" })',
];

const plugin = `import { definePlugin } from "howdah";
export default definePlugin({ name: "x", scopes: ["read", "write"], setup({ every }) {
  every("x", { hours: 1 }, async ({ client }) => {
    ${calls.map((call) => `await client.${call};`).join("\n    ")}
  });
} });`;

// Outside the test, because loading the libraries' types takes most of the time.
const compiled = compile({ plugin });

// In all, the table's own types included: authors compile against declarations, which cost a fifth of that.
test("a plugin with 30 operations checks within 60,000 instantiations", () => {
  expect(calls.length).toBe(30);
  expect(compiled.errorsIn("plugin")).toEqual([]);
  expect(compiled.instantiations()).toBeGreaterThan(1_000);
  expect(compiled.instantiations()).toBeLessThan(60_000);
});
