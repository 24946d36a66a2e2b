import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

/** Fields by entity; `open` ones may be null or absent. @see https://docs.joinmastodon.org/entities/ */
const documented = JSON.parse(readFileSync(new URL("documented-entities.json", import.meta.url), "utf8")) as Readonly<
  Record<string, Readonly<Record<string, "open" | "set">>>
>;

/** Documented as entities of their own; here they are part of the one that holds them, or have another name. */
const elsewhere: Readonly<Record<string, string | undefined>> = {
  V1Instance: "InstanceV1",
  OEmbedResponse: "OEmbed",
};
const inside = [
  "AdminDimensionData",
  "AdminEmailDomainBlockHistory",
  "AdminIp",
  "AdminMeasureData",
  "AnnouncementAccount",
  "AnnouncementStatus",
  "Appeal",
  "CohortData",
  "InstanceIcon",
  "MetaDetails",
  "NotificationFallback",
  "PollOption",
  "PreviewCardAuthor",
  "ShallowTag",
  "TagHistory",
  "TranslationAttachment",
  "TranslationPoll",
  "TranslationPollOption",
];

/** What the entities have beside the field list: newer or older than it, or in the pages' text only. */
const beside: Readonly<Record<string, readonly string[]>> = {
  AdminTag: ["featuring", "following", "history", "id", "name", "url"],
  Preferences: ["posting:default:quote_policy"],
  Suggestion: ["source"],
  WebPushSubscription: ["policy"],
};

const folder = fileURLToPath(new URL("../../core/mastodon/", import.meta.url));
const files = readdirSync(folder)
  .filter((name) => name.endsWith("entities.ts"))
  .map((name) => folder + name);
const program = ts.createProgram(files, { strict: true, noEmit: true, module: ts.ModuleKind.NodeNext });
const checker = program.getTypeChecker();

const interfaces = new Map(
  files.flatMap((file) => {
    const source = program.getSourceFile(file);
    const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
    return module === undefined
      ? []
      : checker.getExportsOfModule(module).map((symbol) => [symbol.name, symbol] as const);
  }),
);

const tested = Object.entries(documented).filter(([name]) => !inside.includes(name));

test("no entity is left out", () => {
  expect(tested.map(([name]) => elsewhere[name] ?? name).filter((name) => !interfaces.has(name))).toEqual([]);
  expect(tested.length).toBeGreaterThan(70);
});

test.each(tested)("%s has the documented fields, open where they may be null", (name, fields) => {
  const symbol = interfaces.get(elsewhere[name] ?? name);
  const properties = symbol === undefined ? [] : checker.getDeclaredTypeOfSymbol(symbol).getProperties();
  const ours = properties.map((property) => property.name).filter((field) => !beside[name]?.includes(field));
  expect(ours.toSorted()).toEqual(Object.keys(fields).toSorted());
  const closed = properties.filter((property) => !isOpen(property)).map((property) => property.name);
  expect(closed.filter((field) => fields[field] === "open")).toEqual([]);
});

function isOpen(property: ts.Symbol): boolean {
  const type = checker.getTypeOfSymbol(property);
  const parts = type.isUnion() ? type.types : [type];
  return parts.some(({ flags }) => (flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)) !== 0);
}
