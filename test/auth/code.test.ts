import * as fc from "fast-check";
import { expect, test } from "vitest";
import { codeIn } from "../../core/auth/code.js";

test.each([
  ["a bare code", "Zx9-_abc", "Zx9-_abc"],
  ["spaces and line breaks around it", " \n Zx9-_abc\r\n", "Zx9-_abc"],
  ["a code that was wrapped by a terminal", "Zx9\n  -_abc", "Zx9-_abc"],
  ["double quotes", '"Zx9-_abc"', "Zx9-_abc"],
  ["single quotes and spaces within them", "' Zx9-_abc '", "Zx9-_abc"],
  ["typographic quotes", "\u201cZx9-_abc\u201d", "Zx9-_abc"],
  ["backticks", "`Zx9-_abc`", "Zx9-_abc"],
  ["a zero-width space", "Zx9-_abc\u200b", "Zx9-_abc"],
  ["the page's address", "https://mastodon.example/oauth/authorize/native?code=Zx9-_abc", "Zx9-_abc"],
  ["the address in angle brackets", "<https://mastodon.example/oauth/authorize/native?code=Zx9-_abc>", "Zx9-_abc"],
  ["an address with more behind the code", "https://a.example/oauth/authorize/native?code=Zx9&state=1#top", "Zx9"],
  ["an encoded code in an address", "https://a.example/oauth/authorize/native?code=Zx%2B9", "Zx+9"],
  [
    "an older server's address with the code as its last part",
    "https://a.example/oauth/authorize/Zx9-_abc",
    "Zx9-_abc",
  ],
])("takes %s", (_what, pasted, code) => {
  expect(codeIn(pasted)).toBe(code);
});

test.each([
  ["nothing", ""],
  ["blanks", " \n\t"],
  ["quotes around nothing", '""'],
  ["the address of the page that asks", "https://a.example/oauth/authorize?client_id=1&scope=read"],
  ["the address of the code's page without the code", "https://a.example/oauth/authorize/native"],
  ["an address with an empty code", "https://a.example/oauth/authorize/native?code="],
  ["an address that cannot be read", "https://"],
])("finds no code in %s", (_what, pasted) => {
  expect(codeIn(pasted)).toBeUndefined();
});

const code = fc.stringMatching(/^[\w-]{8,64}$/);
const noise = fc.array(fc.constantFrom(" ", "\n", "\r\n", "\t"), { maxLength: 4 }).map((parts) => parts.join(""));

test("finds the same code bare, with noise and in an address", () => {
  fc.assert(
    fc.property(code, noise, noise, (value, before, after) => {
      expect(codeIn(before + value + after)).toBe(value);
      expect(codeIn(`${before}https://a.example/oauth/authorize/native?code=${value}${after}`)).toBe(value);
    }),
  );
});

test("never throws, whatever is pasted", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (pasted) => {
      const found = codeIn(pasted);
      expect(found === undefined || found.length > 0).toBe(true);
    }),
  );
});
