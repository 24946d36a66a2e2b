import { expect, test } from "vitest";
import { exitCodeFor, exitCodes } from "../../core/cli/exit.js";
import { errorCodes, HowdahError, type ErrorCode } from "../../core/errors.js";
import { namesIn, Page } from "./documents.js";

const page = new Page("docs/errors.md");
const rows = page.rows("# Errors").filter(([first]) => first !== "code");

test("docs/errors.md lists exactly the codes of the catalogue, each once", () => {
  expect(namesIn(rows).toSorted()).toEqual(Object.keys(errorCodes).toSorted());
});

test.each(Object.entries(errorCodes))(
  "%s: its meaning is the catalogue's, and its exit code the command's",
  (code, means) => {
    const row = rows.find(([first]) => first === `\`${code}\``);
    expect(row?.[1]).toBe(means);
    expect(row?.[2]).not.toBe("");
    expect(["-", String(exitCodeFor(new HowdahError(code as ErrorCode, "")))]).toContain(row?.[3]);
  },
);

test("docs/operating.md lists the exit codes", () => {
  const listed = new Page("docs/operating.md").rows("## Exit codes").map(([first]) => first);
  expect(listed).toEqual(["code", ...Object.values(exitCodes).map(String)]);
});
