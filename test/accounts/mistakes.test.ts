import { expect, test } from "vitest";
import { mistakesIn } from "./fleet-file.js";

const head = "contact: ops@example.org\naccounts:\n  a:\n    server: https://m.example\n";

/** What is wrong, the file, and its mistakes without the file's name. */
const cases: [what: string, text: string, mistakes: string[]][] = [
  [
    "unknown keys, near a known one",
    "contact: a@b\nacounts: {}\naccounts:\n  a:\n    sever: https://x.y\n    dry-run: true\n    Plugins: []\n",
    [
      '2:1: unknown key "acounts": did you mean "accounts"?',
      "4:3: server: missing: write the server's origin, such as https://mastodon.social",
      '5:5: unknown key "sever": did you mean "server"?',
      '6:5: unknown key "dry-run": did you mean "dry_run"?',
      '7:5: unknown key "Plugins": did you mean "plugins"?',
    ],
  ],
  [
    "known keys in the wrong map",
    `timezone: UTC\ndefaults:\n  server: https://x.y\n${head}    contact: a@b\n    with: {}\n    plugins:\n      - use: posting\n        feed: x\n        dry_run: true\n`,
    [
      '1:1: unknown key "timezone": it belongs to an account, or to defaults:',
      '3:3: unknown key "server": every account has its own, write it there',
      '8:5: unknown key "contact": it belongs to the top of the file, not indented',
      '9:5: unknown key "with": it belongs to an entry of plugins:',
      '12:9: unknown key "feed": write one of use, as, allow, since, stale_after, order, deadline, replies_per_thread, with',
      '13:9: unknown key "dry_run": it belongs to the account, beside plugins:',
    ],
  ],
  [
    "names and bodies of accounts",
    "contact: 5\naccounts:\n  News Bot:\n    server: 5\n  b:\n  c: hello\n  d: []\n",
    [
      '1:10: contact: 5 is not a text: write it in quotes, "5"',
      "3:3: News Bot: not a name that can be used: write a to z, 0 to 9, - and _, at most 63, beginning with a letter or digit",
      '4:13: server: 5 is not a text: write it in quotes, "5"',
      "5:3: b: empty: write its settings, at least server:",
      '6:6: c: expected a map, got "hello": write its settings, at least server:',
      "7:6: d: expected a map, got a list: write its settings, at least server:",
    ],
  ],
  [
    "accounts that were others",
    "accounts:\n  a: { server: http://localhost, was: a }\n  b: { server: http://localhost, was: c }\n  c: { server: http://localhost }\n  d: { server: http://localhost, was: b }\n  e: { server: http://localhost, was: old }\n  f: { server: http://localhost, was: old }\n  g: { server: http://localhost, was: Old Name }\n",
    [
      "2:39: was: this is its own name: write the one before, or take it out",
      "3:39: was: c is an account of this file still: take that entry out, or this line",
      "5:39: was: b is an account of this file, and was c itself: rename one step at a time",
      "7:39: was: old became e already, further up: keep one of them",
      "8:39: was: not a name that can be used: write a to z, 0 to 9, - and _, at most 63, beginning with a letter or digit",
    ],
  ],
  [
    "was: among the defaults",
    `defaults:\n  was: old\n${head}`,
    ['2:3: unknown key "was": every account has its own, write it there'],
  ],
  [
    "accounts as a list",
    "accounts:\n  - server: https://x.y\n",
    ["2:3: accounts: expected a map, got a list: write one entry per account: its name, and its settings under that"],
  ],
  ["no account", "accounts: {}\n", ["1:11: accounts: no account yet: write a name, and server: under it"]],
  [
    "accounts with nothing behind it",
    "accounts:\n",
    ["1:1: accounts: empty: write one entry per account: its name, and its settings under that"],
  ],
  [
    "no accounts at all",
    "contact: a@b\n",
    ["1:1: accounts: missing: write one entry per account: its name, and its settings under that"],
  ],
  ["a text", "hello\n", ["1:1: not a map of settings: write accounts:, under it a name, and under that server:"]],
  ["a list", "- a\n", ["1:1: not a map of settings: write accounts:, under it a name, and under that server:"]],
  [
    "values that do not fit, all at once",
    `${head}    scopes: [wrte, read:statuse, 5, ~]\n    timezone: Berlin\n    dry_run: yes\n    allow_http: 1\n    handle: 12\n    plugins: posting\n`,
    [
      '5:14: scopes[0]: "wrte" is not known here: did you mean "write"?',
      '5:20: scopes[1]: "read:statuse" is not known here: did you mean "read:statuses"?',
      "5:34: scopes[2]: 5 is not known here: write one of profile, push, read, write, follow, admin:read, admin:write, read:accounts, read:blocks, read:bookmarks, read:collections, read:favourites, …",
      "5:37: scopes[3]: expected one of profile, push, read, write, follow, admin:read, admin:write, read:accounts, read:blocks, read:bookmarks, read:collections, read:favourites, …, got nothing",
      '6:15: timezone: not a time zone that is known: did you mean "Europe/Berlin"?',
      '7:14: dry_run: expected true or false, got "yes"',
      "8:17: allow_http: expected true or false, got 1",
      '9:13: handle: 12 is not a text: write it in quotes, "12"',
      '10:14: plugins: expected a list, got "posting": write the account\'s plugins, each a name or use: with as:, allow: and with:',
    ],
  ],
  [
    "time zones and handles",
    "contact: nobody\ndefaults:\n  timezone: Europe/Berln\naccounts:\n  a:\n    server: https://x.y\n    handle: a b\n    timezone: +01:00\n  b:\n    server: https://x.y\n    handle: https://x.y/@me\n    timezone: nowhere at all\n",
    [
      "1:10: contact: reaches nobody: write an e-mail or web address, such as ops@example.org",
      '3:13: timezone: not a time zone that is known: did you mean "Europe/Berlin"?',
      '7:13: handle: not a handle: write newsbot, "@newsbot" or newsbot@mastodon.social',
      "8:15: timezone: not a time zone that is known: write an IANA name, such as Europe/Berlin",
      '11:13: handle: not a handle: write newsbot, "@newsbot" or newsbot@mastodon.social',
      "12:15: timezone: not a time zone that is known: write an IANA name, such as Europe/Berlin",
    ],
  ],
  [
    "a contact of two lines",
    'contact: "a@b\\r\\nX-Evil: 1"\naccounts:\n  a: { server: https://x.y }\n',
    ["1:10: contact: not fit for a header: write one line of ASCII, at most 200 characters"],
  ],
  [
    "one person twice",
    "contact: a@b\naccounts:\n  a: { server: https://x.y, handle: me }\n  b: { server: https://x.y/, handle: Me@z }\n  c: { server: https://x.z, handle: me }\n",
    ['4:38: handle: Me on https://x.y is account "a" already: keep one of them'],
  ],
  [
    "a mistake in the defaults is said once, and is no mistake of the accounts",
    "contact: a@b\ndefaults:\n  allow_http: maybe\n  dry_run: 5\n  plugins: [nix]\naccounts:\n  a: { server: http://x.y }\n  b: { server: http://x.z }\n",
    [
      '3:15: allow_http: expected true or false, got "maybe"',
      "4:12: dry_run: expected true or false, got 5",
      '5:13: no plugin is called "nix"',
    ],
  ],
];

test.each(cases)("%s", async (_what, text, mistakes) => {
  expect(await mistakesIn(text)).toEqual(mistakes.map((mistake) => `accounts.yaml:${mistake}`));
});

const servers: [server: string, mistake: string][] = [
  ["mastodon.social", "https:// is missing: write https://mastodon.social"],
  ["//mastodon.social/", "https:// is missing: write https://mastodon.social"],
  ["localhost:3000", "http:// is missing: write http://localhost:3000"],
  ["'@me@mastodon.social'", "https:// is missing: write https://mastodon.social"],
  ["https://user:hunter2@x.y", "a user or a password does not belong here: write https://x.y"],
  ["https://x.y/@me", "only the origin is wanted, nothing behind it: write https://x.y"],
  ["https://x.y:8443/?a=1", "only the origin is wanted, nothing behind it: write https://x.y:8443"],
  ["'https://x.y/#a'", "only the origin is wanted, nothing behind it: write https://x.y"],
  ["http://x.y/a", "http:// sends the token in clear: write https://x.y, or allow_http: true for a test server"],
  ["http://localhost/a", "only the origin is wanted, nothing behind it: write http://localhost"],
  ["ftp://x.y", "ftp:// is not for servers: write https://x.y"],
  ["''", "not an address: write one such as https://mastodon.social"],
  ["https://", "not an address: write one such as https://mastodon.social"],
  ["user:hunter2@@x y", "not an address: write one such as https://mastodon.social"],
];

test.each(servers)("server: %s", async (server, mistake) => {
  const text = `contact: a@b\naccounts:\n  a:\n    server: ${server}\n`;
  expect(await mistakesIn(text)).toEqual([`accounts.yaml:4:13: server: ${mistake}`]);
});
