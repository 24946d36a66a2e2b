import { expect, test } from "vitest";
import { scopeNotes } from "../../core/auth/scope-notes.js";

const fine = ["read:accounts", "write:statuses"];
const as = (asked: readonly string[], granted = asked, needed = asked) => ({ asked, granted, needed });

test.each<[what: string, software: string | undefined, version: string | undefined, ReturnType<typeof as>, RegExp[]]>([
  ["Mastodon", "mastodon", "4.4.1", as(fine), []],
  ["an unknown server", undefined, undefined, as(fine), []],
  ["GoToSocial", "gotosocial", "0.19.0+git-1a2b3c4", as(fine), []],
  ["GoToSocial before 0.19", "gotosocial", "0.18.3+git-1a2b3c4", as(fine), [/ignores scopes/]],
  ["GoToSocial of an unknown version", "gotosocial", "git", as(fine), []],
  ["Friendica", "friendica", "2.8.0", as(fine), [/loosely/]],
  ["Mitra", "mitra", "4.0.0", as(fine), [/does not look at scopes/]],
  ["Akkoma, for staff", "akkoma", "2.7.2", as(["read", "admin:read"]), []],
  ["Akkoma, for others", "akkoma", "2.7.2", as(["read", "admin:read"], ["read"]), [/what needs admin:read waits/]],
  ["Pixelfed", "pixelfed", "3.5.3", as(["read", "write"], ["read", "write"], fine), [/all of read write;/]],
  ["Mastodon, where whole scopes are needed", "mastodon", "4.4.1", as(["read", "write"]), []],
])("%s", (_what, software, version, scopes, expected) => {
  const notes = scopeNotes({ software, version }, scopes);
  expect(notes.length).toBe(expected.length);
  for (const [at, pattern] of expected.entries()) expect(notes[at]).toMatch(pattern);
});
