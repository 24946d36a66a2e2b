import { describe, expect, test } from "vitest";
import type { AccountState } from "../../core/auth/verdict.js";
import { compile } from "../types/compile.js";
import { namesIn, Page, pages } from "./documents.js";

describe("links to other pages lead somewhere", () => {
  test.each(pages)("$path", (page) => {
    const problems = page.relativeLinks().flatMap((link) => page.problemWith(link) ?? []);
    expect(problems).toEqual([]);
  });

  test("one that does not is found", () => {
    const readme = new Page("README.md");
    expect(readme.problemWith("docs/nowhere.md")).toBe("there is no docs/nowhere.md");
    expect(readme.problemWith("docs/errors.md#nowhere")).toBe("docs/errors.md has no heading for #nowhere");
    expect(readme.problemWith("docs/errors.md#servers")).toBeUndefined();
  });
});

describe("TypeScript that is a whole module compiles", () => {
  // The guide's is compiled by test/types; the sandbox is not part of what authors import.
  const blocks = pages
    .filter(({ path }) => path !== "docs/plugins.md")
    .flatMap((page) => page.blocks("ts").map(({ line, text }) => [`${page.path}:${line}`, text] as const))
    .filter(([, text]) => /from "howdah(?:\/testing)?"/.test(text));
  const names = blocks.map(([name]) => name.replaceAll("/", " "));
  const compiled = compile(Object.fromEntries(blocks.map(([, text], index) => [names[index] ?? "", text])));

  test("the README has one", () => {
    expect(names).toContainEqual(expect.stringMatching(/^README/));
  });

  test.each(names)("%s", (name) => {
    expect(compiled.errorsIn(name)).toEqual([]);
  });
});

test("docs/authorization.md lists exactly the states", () => {
  const states: Readonly<Record<AccountState, true>> = {
    ready: true,
    needs_authorization: true,
    unreachable: true,
    refused_by_server: true,
    held: true,
  };
  const listed = namesIn(new Page("docs/authorization.md").rows("## States")).filter((name) => name !== "state");
  expect(listed.toSorted()).toEqual(Object.keys(states).toSorted());
});

test("every decision is listed in docs/architecture.md", () => {
  const decisions = pages.map(({ path }) => path).filter((path) => path.startsWith("docs/decisions/"));
  const listed = new Page("docs/architecture.md").relativeLinks().map((link) => `docs/${link}`);
  expect(decisions.filter((path) => !listed.includes(path))).toEqual([]);
});
