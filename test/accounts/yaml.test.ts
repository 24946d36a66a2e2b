import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { load, loadFile, mistakesIn, scratch } from "./fleet-file.js";

const head = "contact: a@b\naccounts:\n  a:\n    server: https://x.y\n";

/** What is wrong, the file, and its mistakes without the file's name. */
const cases: [what: string, text: string, mistakes: string[]][] = [
  ["a tab", "accounts:\n\ta: 1\n", ["2:1: not YAML: Tabs are not allowed as indentation; indent with spaces"]],
  [
    "a handle that YAML reserves",
    `${head}    handle: @me\n`,
    ["5:13: not YAML: Plain value cannot start with reserved character @; put the value in quotes"],
  ],
  [
    "several slips",
    "a: @b\nc: `d`\ne: [1\n",
    [
      "1:4: not YAML: Plain value cannot start with reserved character @; put the value in quotes",
      "2:4: not YAML: Plain value cannot start with reserved character `; put the value in quotes",
      "4:1: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]; indent with the same number of spaces as the lines it belongs with, and close every [ and {",
    ],
  ],
  [
    "a reference inside braces without quotes",
    `${head}    plugins:\n      - { use: posting, with: { token: \${TOKEN} } }\n`,
    ['6:40: ${ } inside { } or [ ] reads as another map: put it in quotes, "${NAME}"'],
  ],
  [
    "a slip at the very beginning",
    "${ x\naccounts: {}\n",
    ["1:1: not YAML: Implicit keys need to be on a single line; write key: value, with a colon and a space"],
  ],
  [
    "two documents",
    "a: 1\n---\nb: 2\n",
    ["2:1: not YAML: a second document begins; take the --- out, one file holds one fleet"],
  ],
  [
    "keys written twice",
    "contact: a@b\ncontact: b@c\naccounts:\n  a:\n    server: https://x.y\n    server: https://z\n  a:\n    server: https://q.r\n",
    [
      '2:1: "contact" is written twice here, first on line 1: keep one of them',
      '6:5: "server" is written twice here, first on line 5: keep one of them',
      '7:3: "a" is written twice here, first on line 4: keep one of them',
    ],
  ],
  [
    "aliases that lead nowhere",
    "contact: a@b\naccounts:\n  a: &a\n    server: *nix\n    scopes: &s [*s]\n  c:\n    <<: 5\n    <<: *a\n",
    [
      "4:13: *nix has no &nix before it: write the anchor first",
      "5:17: *s stands inside what it names: take it out",
      "7:9: << takes a map or a list of maps: write <<: *name of an anchored map",
    ],
  ],
  [
    "tags",
    `${head}    handle: !!binary aGk=\n    timezone: !zone UTC\n`,
    [
      "5:22: the tag !!binary is not for this file: take it out",
      "6:21: the tag !zone is not for this file: take it out",
    ],
  ],
  [
    "things that are no keys",
    `${head}    __proto__: 1\n    ? [a]\n    : 1\n`,
    ["5:5: this cannot be a key: write a plain word", "6:7: this cannot be a key: write a plain word"],
  ],
  ["a control character", `${head}    handle: a\u0007\n`, ["5:14: a control character stands here: take it out"]],
  [
    "references that are none",
    `${head}    plugins:\n      - use: posting\n        with:\n          token: \${A-b}\n          feed: "\${unclosed"\n          visibility: \${A:-\${B}}\n`,
    [
      '8:18: "${A-b}" is no reference to the environment: write ${NAME} or ${NAME:-default}, and $$ for a dollar sign',
      '9:17: "${unclosed" is no reference to the environment: write ${NAME} or ${NAME:-default}, and $$ for a dollar sign',
      '10:23: "${A:-${B}" is no reference to the environment: write ${NAME} or ${NAME:-default}, and $$ for a dollar sign',
    ],
  ],
];

test.each(cases)("%s", async (_what, text, mistakes) => {
  expect(await mistakesIn(text)).toEqual(mistakes.map((mistake) => `accounts.yaml:${mistake}`));
});

describe("files that hold too much", () => {
  test("a bomb of aliases is refused at once", async () => {
    const letters = "abcdefghijklmnop".split("");
    const lines = letters.map((letter, index) => {
      const inner = index === 0 ? "1" : `*${letters[index - 1]}`;
      return `    - &${letter} [${Array.from({ length: 9 }, () => inner).join(", ")}]\n`;
    });
    const started = performance.now();
    const mistakes = await mistakesIn(`${head}    scopes:\n${lines.join("")}`);
    expect(performance.now() - started).toBeLessThan(5_000);
    const refusal = /: the aliases of this file hold too much when written out: write fewer of them$/;
    expect(mistakes.filter((mistake) => refusal.test(mistake))).toHaveLength(1);
  });

  test("nesting has an end, written out or by aliases", async () => {
    const nested = (depth: number) => `${head}    scopes: ${"[".repeat(depth)}${"]".repeat(depth)}\n`;
    expect(await mistakesIn(nested(80))).toContain("accounts.yaml:5:71: nested deeper than 60 levels: take levels out");
    expect((await mistakesIn(nested(20_000))).join("\n")).toMatch(
      /^accounts\.yaml:5:\d+: not YAML: nested too deeply/m,
    );
    const chain = Array.from({ length: 3_000 }, (_, index) => `    - &n${index} [*n${index - 1}]\n`);
    const chained = await mistakesIn(`${head}    scopes:\n    - &n0 [1]\n${chain.slice(1).join("")}`);
    expect(chained.join("\n")).toContain("nested deeper than 60 levels");
  });

  test("a fleet of thousands that share their riders is none of these", async () => {
    const accounts = Array.from(
      { length: 2_000 },
      (_, index) => `  a${index}: { server: "http://[::1]", plugins: *p }\n`,
    );
    const first =
      "  first:\n    server: http://localhost\n    plugins: &p [following, { use: posting, with: { token: x } }]\n";
    const fleet = await load(`accounts:\n${first}${accounts.join("")}`);
    expect(fleet.accounts).toHaveLength(2_001);
  });
});

describe("files that cannot be read", () => {
  test.each(["", "# nothing yet\n", "---\n", "\u{FEFF}\n"])("nothing in it: %j", async (text) => {
    expect(await mistakesIn(text)).toEqual([
      "accounts.yaml: empty: write accounts:, under it a name, and under that server:",
    ]);
  });

  test("a byte order mark moves no column", async () => {
    expect(await mistakesIn("\u{FEFF}oops: 1\naccounts: {}\n")).toContain(
      'accounts.yaml:1:1: unknown key "oops": write one of contact, defaults, accounts',
    );
  });

  test("another encoding", async () => {
    const utf16 = Buffer.from("\u{FEFF}accounts: {}\n", "utf16le");
    expect(await mistakesIn(utf16)).toEqual(["accounts.yaml: not UTF-8: save the file in that encoding"]);
  });

  test("a directory, a device, a loop of links, a name that cannot be", async () => {
    const directory = scratch("directory");
    mkdirSync(directory);
    await expect(loadFile(directory)).rejects.toThrow(`${directory}: a directory, not a file: name the file in it`);
    await expect(loadFile("/dev/null")).rejects.toThrow("/dev/null: not a file: name one that holds the accounts");
    const loop = scratch("loop.yaml");
    symlinkSync(loop, loop);
    await expect(loadFile(loop)).rejects.toThrow(
      `${loop}: cannot be read (ELOOP): name a readable file with --accounts FILE`,
    );
    await expect(loadFile("a\0b")).rejects.toThrow(/cannot be read \(ERR_INVALID_ARG_VALUE\)/);
  });

  test.skipIf(process.getuid?.() === 0)("no permission", async () => {
    const file = scratch("locked.yaml");
    writeFileSync(file, "accounts: {}\n");
    chmodSync(file, 0);
    await expect(loadFile(file)).rejects.toThrow(`${file}: may not be read: give this user the permission to read it`);
  });
});
