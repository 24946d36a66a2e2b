import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z, type Plugin } from "../../core/plugin.js";
import following from "../../plugins/following/index.js";
import moderation from "../../plugins/moderation/index.js";
import posting from "../../plugins/posting/index.js";
import { blocksInGuide, guide } from "../types/documentation.js";
import { mistakesIn } from "./rider.js";

const shipped: Readonly<Record<string, Plugin>> = { posting, following, moderation };

interface Use {
  readonly use: string;
  readonly with?: unknown;
}

/** Every plugin's use in the guide's YAML, in a whole file or alone. */
function usesIn(text: string): readonly Use[] {
  const document = parse(text) as readonly Use[] | { accounts: Record<string, { plugins: readonly Use[] }> };
  return "accounts" in document ? Object.values(document.accounts).flatMap(({ plugins }) => plugins) : document;
}

const uses = blocksInGuide("yaml")
  .flatMap(usesIn)
  .filter(({ use }) => use in shipped);

test.each(uses)("the guide's example of $use is right", ({ use, with: config }) => {
  expect(mistakesIn(shipped[use] ?? posting, config)).toEqual([]);
});

describe.each(Object.values(shipped))("$name", ({ name, scopes, optionalScopes, config }) => {
  const [, section = ""] = guide().split(`\n## ${name}\n`);
  const chapter = section.split("\n## ")[0] ?? "";

  test("the guide names its scopes", () => {
    for (const scope of [...scopes, ...optionalScopes]) expect(chapter).toContain(`\`${scope}\``);
  });

  test("the guide's tables hold its options and no others", () => {
    const inTables = [...chapter.matchAll(/^\| `(\w+)` /gm)].map(([, option]) => option);
    const schema = z.toJSONSchema(config ?? z.never(), { io: "input" });
    expect(new Set(inTables)).toEqual(new Set(optionsIn(schema)));
  });
});

/** The names of all options of a JSON schema, also of those within. */
function optionsIn(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const properties = "properties" in schema ? Object.entries(schema.properties ?? {}) : [];
  const within = "items" in schema ? optionsIn(schema.items) : [];
  return [...within, ...properties.flatMap(([name, inner]) => [name, ...optionsIn(inner)])];
}
