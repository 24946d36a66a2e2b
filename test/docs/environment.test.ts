import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readEnvironment } from "../../core/cli/environment.js";
import { namesIn, Page } from "./documents.js";

const cli = new URL("../../core/cli/", import.meta.url);

/** Every variable that reading the environment asks for, and those that a command names by itself. */
function variablesRead(): Set<string> {
  const asked = new Set<string>();
  const variables = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get: (_target, name) => {
        if (typeof name === "string") asked.add(name);
        return undefined;
      },
    },
  );
  readEnvironment(variables);
  for (const file of readdirSync(cli)) {
    const source = readFileSync(new URL(file, cli), "utf8");
    for (const [, name = ""] of source.matchAll(/"(BOT_[A-Z_]+)"/g)) asked.add(name);
  }
  return asked;
}

test("docs/operating.md lists exactly the variables that are read", () => {
  const listed = namesIn(new Page("docs/operating.md").rows("## Environment")).filter((name) => name !== "variable");
  expect(listed.toSorted()).toEqual([...variablesRead()].toSorted());
});
