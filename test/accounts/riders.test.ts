import { expect, test } from "vitest";
import { mistakesIn } from "./fleet-file.js";

const head = "contact: a@b\naccounts:\n  a:\n    server: https://x.y\n    plugins:\n";

/** What is wrong, the list of plugins (it begins on line 6), and the mistakes without the file's name. */
const cases: [what: string, list: string, mistakes: string[]][] = [
  [
    "entries that name no plugin",
    "      - 5\n      - {}\n      - as: x\n        usee: posting\n      -\n      - use:\n      - ''\n      - nix\n      - ./throws.ts\n",
    [
      "6:9: plugins[0]: expected a text or a map, got 5",
      "7:9: plugins[1].use: missing: write a shipped plugin, an npm package or a path",
      "8:9: plugins[2].use: missing: write a shipped plugin, an npm package or a path",
      '9:9: unknown key "usee": did you mean "use"?',
      "10:8: plugins[3]: expected a text or a map, got nothing",
      "11:9: plugins[4].use: empty: write a shipped plugin, an npm package or a path",
      "12:9: plugins[5]: empty: write the name of a plugin",
      '13:9: no plugin is called "nix"',
      '14:9: the plugin "./throws.ts" cannot be loaded (Unexpected token): correct it, or use another',
    ],
  ],
  [
    "names of riders",
    "      - following\n      - following\n      - { use: following, as: posting }\n      - posting\n      - { use: following, as: Bad Name }\n      - Loud Name\n      - { use: Loud Name, as: quiet }\n",
    [
      '7:9: a rider called "following" is on line 6 already: give one of them another name with as:',
      '9:9: a rider called "posting" is on line 8 already: give one of them another name with as:',
      "10:31: plugins[4].as: not a name that can be used: write a to z, 0 to 9, - and _, at most 63, beginning with a letter or digit",
      "11:9: the plugin's name \"Loud Name\" cannot be a rider's: give it one with as:",
    ],
  ],
  [
    "scopes that are not the plugin's to allow",
    "      - use: posting\n        allow: [write:media, write:statuses, write:medi, write:medai, push, read:status]\n      - { use: following, allow: [push] }\n",
    [
      "7:30: allow: write:statuses is what posting has anyway: take it out",
      '7:46: plugins[0].allow[2]: "write:medi" is not known here: did you mean "write:media"?',
      '7:58: plugins[0].allow[3]: "write:medai" is not known here: did you mean "write:media"?',
      "7:71: allow: push is no optional scope of posting: write one of write:media, read:statuses",
      '7:77: plugins[0].allow[5]: "read:status" is not known here: did you mean "read:statuses"?',
      "8:35: allow: push is not for following, which has no optional scopes: take it out",
    ],
  ],
  [
    "times that cannot be read",
    "      - { use: following, since: 2h, stale_after: never }\n      - { use: following, as: b, since: yesterday, stale_after: 12 }\n      - { use: following, as: c, since: 2026-13-01, stale_after: 5y }\n",
    [
      "7:41: plugins[1].since: not a duration or a time: write a number and a unit, such as 30m, 12h, 2d or 1w, or 2026-08-01T12:00:00Z",
      '7:65: plugins[1].stale_after: 12 is not a text: write it in quotes, "12"',
      "8:41: plugins[2].since: not a duration or a time: write a number and a unit, such as 30m, 12h, 2d or 1w, or 2026-08-01T12:00:00Z",
      "8:66: plugins[2].stale_after: not a duration: write a number and a unit, such as 30m, 12h, 2d or 1w, or never",
    ],
  ],
  [
    "orders and deadlines that are none",
    "      - { use: following, order: loose }\n      - { use: following, as: b, deadline: 0s }\n      - { use: following, as: c, deadline: 11m }\n      - { use: following, as: d, order: strict, deadline: 2m }\n",
    [
      '6:34: plugins[0].order: "loose" is not known here: write strict',
      "7:44: plugins[1].deadline: not a deadline: write 1s to 10m, such as 30s",
      "8:44: plugins[2].deadline: not a deadline: write 1s to 10m, such as 30s",
    ],
  ],
  [
    "settings that the plugin's schema refuses, each where it stands",
    `      - use: posting
        with:
          feed: nourl
          every_minutes: "5"
          sensitve: true
          visibility: publc
          token: 0123
          rules:
            - kind: word
            - kind: words
            - kind: count
              most: x
              wrod: y
            - 5
          since: [1]
          headers:
            y-a: b
            x-b: 1
`,
    [
      "8:17: with.feed: not a web address, such as https://example.org",
      '9:26: with.every_minutes: expected a number, got "5"',
      '10:11: unknown key "sensitve": did you mean "sensitive"?',
      '11:23: with.visibility: "publc" is not known here: did you mean "public"?',
      '12:18: with.token: 0123 is not a text: write it in quotes, "0123"',
      "14:15: with.rules[0].word: missing: write a text",
      '15:21: with.rules[1].kind: "words" is not known here: did you mean "word"?',
      '17:21: with.rules[2].most: expected a number, got "x"',
      '18:15: unknown key "wrod": did you mean "word"?',
      "19:15: with.rules[3]: expected a map, got 5",
      "20:18: with.since: expected a number or a map, got a list",
      "22:13: with.headers.y-a: a header begins with x-",
      '23:18: with.headers.x-b: 1 is not a text: write it in quotes, "1"',
    ],
  ],
  [
    "settings that are missing, or not wanted",
    "      - weather\n      - { use: weather, as: w2, with: {} }\n      - use: weather\n        as: w3\n        with:\n      - { use: weather, as: w4, with: Berlin }\n      - use: following\n        with: {}\n",
    [
      "6:9: with.city: missing: write a city, such as Berlin",
      "7:33: with.city: missing: write a city, such as Berlin",
      "10:9: with.city: missing: write a city, such as Berlin",
      '11:39: with: expected a map, got "Berlin"',
      "13:9: following takes no settings: take with: out",
    ],
  ],
  [
    "a schema with words of its own, and one that throws",
    "      - { use: picky, with: { planet: venus } }\n      - faulty\n",
    [
      "6:39: with.planet: pick a planet",
      "7:9: with: the schema of faulty failed on it (no such luck): correct the plugin",
    ],
  ],
];

test.each(cases)("%s", async (_what, list, mistakes) => {
  expect(await mistakesIn(head + list)).toEqual(mistakes.map((mistake) => `accounts.yaml:${mistake}`));
});

test("a list shared by an alias is wrong once, in the place where it is written", async () => {
  const text =
    `${head}      &list\n      - nix\n      - weather\n  b: { server: https://x.y, plugins: *list }\n`.replace(
      "plugins:\n      &list",
      "plugins: &list",
    );
  expect(await mistakesIn(text)).toEqual([
    'accounts.yaml:6:9: no plugin is called "nix"',
    "accounts.yaml:7:9: with.city: missing: write a city, such as Berlin",
  ]);
});
