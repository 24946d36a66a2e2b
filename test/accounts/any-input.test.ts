import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigError, type Problem } from "../../core/errors.js";
import { load } from "./fleet-file.js";

const valid = `contact: ops@example.org
defaults: &defaults
  timezone: Europe/Berlin
  dry_run: \${DRY:-true}
accounts:
  newsbot:
    server: https://mastodon.social
    handle: "@newsbot"
    scopes: [read, write]
    plugins: &riders
      - use: posting
        as: headlines
        allow: [write:media]
        with: { feed: "https://example.org/\${NAME}", rules: [{ kind: word, word: a$$b }], since: 5 }
      - following
  second:
    <<: *defaults
    server: http://localhost:3000
    plugins: *riders
`;

const pieces = [
  ..."\t\n :-?,[]{}&*!|>'\"%@`#$<~".split(""),
  "\n  ",
  "<<: ",
  "*riders",
  "&riders ",
  "${",
  "${X}",
  "- ",
  ": ",
  "null",
  "__proto__: ",
  "constructor",
  "!!set ",
  "!!binary ",
  "!!omap ",
  "---\n",
  "...\n",
  "%YAML 1.1\n---\n",
  "\u0000",
  "\u{1F418}",
  "1e999",
  ".nan",
  "0x",
];

const edit = fc.record({
  at: fc.nat({ max: valid.length }),
  cut: fc.oneof(fc.nat({ max: 12 }), fc.nat({ max: valid.length })),
  insert: fc.oneof(fc.constant(""), fc.constantFrom(...pieces), fc.string({ unit: "binary", maxLength: 6 })),
});

/** Fleet or ConfigError: anything else that is thrown fails the test, and so does a problem that says nothing. */
async function outcome(text: string | Uint8Array): Promise<"fleet" | "problems"> {
  try {
    await load(text, { NAME: "x" });
    return "fleet";
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (error.problems.length > 0 && error.problems.every(isWhole)) return "problems";
    throw new Error(`no problem for an operator: ${JSON.stringify(error.problems)}`, { cause: error });
  }
}

function isWhole({ line, column, message }: Problem): boolean {
  const isPlaced = Number.isInteger(line) && Number.isInteger(column) && (line > 0 ? column > 0 : column === 0);
  return isPlaced && /^\S.*\S$/.test(message);
}

test("the file that is changed below is valid", async () => {
  expect(await outcome(valid)).toBe("fleet");
});

test("any cuts and insertions give a fleet or problems, never another error", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      const text = edits.reduce((old, { at, cut, insert }) => old.slice(0, at) + insert + old.slice(at + cut), valid);
      seen.add(await outcome(text));
    }),
    { numRuns: 1_500 },
  );
  expect(seen).toEqual(new Set(["fleet", "problems"]));
});

test("every beginning of the file gives a fleet or problems", async () => {
  for (let end = 0; end < valid.length; end++) await outcome(valid.slice(0, end));
  expect(await outcome("")).toBe("problems");
});

test("any bytes give problems", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      expect(await outcome(bytes)).toBe("problems");
    }),
    { numRuns: 300 },
  );
});
