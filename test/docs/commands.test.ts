import { describe, expect, test } from "vitest";
import { commandLinesIn, helpOfAll, problemWith } from "./command-help.js";
import { pages } from "./documents.js";

const help = await helpOfAll();

test("help names the commands", () => {
  expect([...help.keys()]).toEqual(expect.arrayContaining(["run", "auth", "check", "status", "sandbox"]));
  expect(help.get("auth")?.options).toContain("--code");
});

test("what is not there is found", () => {
  expect(problemWith("frobnicate", help)).toBe('there is no command "frobnicate"');
  expect(problemWith("auth newsbot --cod x", help)).toBe("auth has no option --cod");
  expect(problemWith("auth newsbot --code x", help)).toBeUndefined();
  expect(problemWith("--version", help)).toBeUndefined();
  expect(commandLinesIn("npx bot run | cat; `bot auth --all`\n$(npx howdah keys list)")).toEqual([
    "run",
    "keys list",
    "auth --all",
  ]);
});

describe("commands and options in the pages exist", () => {
  test.each(pages)("$path", ({ text }) => {
    expect(commandLinesIn(text).flatMap((line) => problemWith(line, help) ?? [])).toEqual([]);
  });
});

test("the README shows commands", () => {
  const readme = pages.find(({ path }) => path === "README.md");
  expect(commandLinesIn(readme?.text ?? "").length).toBeGreaterThan(4);
});
